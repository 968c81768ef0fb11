import type { GomodfsError } from "../lib/gomodfs_error.ts";
import { type FileSyntax, isLineBlock, type Line } from "./go_mod_syntax.ts";
import { unquote } from "./go_string.ts";
import type { Version } from "./module_version.ts";
import { isCanonical } from "./path.ts";
import { canonicalVersion, pathMajorProblem, splitPathVersion } from "./path_major.ts";
import { quote } from "./quote.ts";
import { fields, trimSpace } from "./space.ts";

/** How a file is read. */
export interface ReadOptions {
  /** The words that may begin a block; all that may follow them stands one to a line. */
  readonly blocks: ReadonlySet<string>;
  /** Passes over blocks of other kinds instead of failing. */
  readonly lax: boolean;
}

/** The directives of a file in order, those inside blocks each by itself. */
export function* readDirectives(syntax: FileSyntax, options: ReadOptions): Generator<Directive> {
  for (const statement of syntax.statements) {
    if (!isLineBlock(statement)) {
      yield new Directive(syntax, statement, statement.tokens);
      continue;
    }
    const [verb = "", ...others] = statement.tokens;
    if (others.length === 0 && options.blocks.has(verb)) {
      for (const line of statement.lines) {
        yield new Directive(syntax, line, [verb, ...line.tokens], statement);
      }
    } else if (!options.lax) {
      throw syntax.error(
        `unknown block type: ${quote(statement.tokens.join(" "))}`,
        statement.offset,
      );
    }
  }
}

/** A directive such as `require example.com/a v1.2.3`, and the means to read its arguments. */
export class Directive {
  readonly verb: string;
  readonly args: readonly string[];
  readonly #syntax: FileSyntax;
  readonly #line: Line;
  readonly #block: Line | undefined;

  constructor(syntax: FileSyntax, line: Line, tokens: readonly string[], block?: Line) {
    this.#syntax = syntax;
    this.#line = line;
    this.#block = block;
    [this.verb = "", ...this.args] = tokens;
  }

  error(message: string): GomodfsError {
    return this.#syntax.error(message, this.#line.offset);
  }

  /**
   * The only argument.
   *
   * @throws GomodfsError `INVALID` with `usage` if there is not exactly one
   */
  onlyArgument(usage = `${this.verb} directive expects exactly one argument`): string {
    const [argument] = this.args;
    if (argument === undefined || this.args.length !== 1) throw this.error(usage);
    return argument;
  }

  /** The value of an argument, which may be in double quotes. */
  string(token: string): string {
    const value = token.startsWith('"') ? unquote(token) : token;
    if (value === undefined) throw this.error(`invalid quoted string: ${quote(token)}`);
    if (value === token && /["'`]/.test(token)) {
      throw this.error("invalid quoted string: unquoted string cannot contain quote");
    }
    return value;
  }

  /** A version, which is made canonical. */
  version(token: string): Version {
    const text = this.string(token);
    const version = canonicalVersion(text);
    if (isCanonical(version)) return version;
    throw this.error(`version ${quote(text)} invalid: must be of the form v1.2.3`);
  }

  /** Checks that a module path's suffix, if it has one, agrees with a version, if there is one. */
  checkPathMajor(path: string, version: Version | undefined): void {
    const split = splitPathVersion(path);
    if (split === undefined) throw this.error(`${quote(path)}: invalid module path`);
    const problem = version === undefined ? undefined : pathMajorProblem(version, split.pathMajor);
    if (problem === undefined) return;
    throw this.error(
      `${this.verb} ${quote(path)}: version ${quote(version ?? "")} invalid: ${problem}`,
    );
  }

  /** Whether an end-of-line comment says that the requirement is there for other modules only. */
  get isIndirect(): boolean {
    const words = fields(withoutSlashes(this.#line.suffix ?? ""));
    return words.length === 1 ? words[0] === "indirect" : words[0] === "indirect;";
  }

  /** The text of its comments, or of its block's where it has none. */
  get comment(): string {
    const { before, suffix } = this.#line;
    const hasComments = before.length > 0 || suffix !== undefined;
    const lines = hasComments ? [...before, suffix ?? ""] : (this.#block?.before ?? []);
    return lines
      .filter((line) => line !== "")
      .map((line) => trimSpace(withoutSlashes(line)))
      .join("\n");
  }
}

function withoutSlashes(comment: string): string {
  return comment.startsWith("//") ? comment.slice(2) : comment;
}
