import { type Directive, readDirectives } from "./go_mod_directive.ts";
import { parseSyntax } from "./go_mod_syntax.ts";
import { unquote } from "./go_string.ts";
import type { ModulePath, Version } from "./module_version.ts";
import type { Mutable } from "./mutable.ts";
import { parseReplaceLine, type Replacement } from "./replacement.ts";
import { parseRetractLine, type Retraction } from "./retraction.ts";
import { trimSpace } from "./space.ts";
import {
  type Godebug,
  parseGodebugLine,
  parseGoLine,
  parseToolchainLine,
} from "./toolchain_directives.ts";

/** A `require` line. */
export interface Requirement extends ModuleReference {
  /** It is there for the sake of other modules: `// indirect`. */
  readonly indirect: boolean;
}

/**
 * A module that a go.mod names. The version is canonical and agrees with the path's major version suffix; the path is as
 * written, since replaced modules may have paths that no source can serve.
 */
export interface ModuleReference {
  readonly path: string;
  readonly version: Version;
}

/** What a go.mod file says. */
export interface GoMod {
  /** The module's path. */
  readonly module?: string;
  /** Why the module should not be used any more. */
  readonly deprecated?: string;
  /** Minimum Go version: "1.23.0". */
  readonly go?: string;
  /** Suggested toolchain: "go1.23.4". */
  readonly toolchain?: string;
  readonly godebug: readonly Godebug[];
  readonly require: readonly Requirement[];
  readonly exclude: readonly ModuleReference[];
  readonly replace: readonly Replacement[];
  readonly retract: readonly Retraction[];
  /** Import paths of packages. */
  readonly tool: readonly string[];
  /** Directories. */
  readonly ignore: readonly string[];
}

const BLOCKS: ReadonlySet<string> = new Set([
  "module",
  "godebug",
  "require",
  "exclude",
  "replace",
  "retract",
  "tool",
  "ignore",
]);
/** What counts in the go.mod of a dependency; the rest is for the main module, or of the future. */
const LAX_VERBS: ReadonlySet<string> = new Set(["go", "module", "retract", "require", "ignore"]);
const DEPRECATION_PATTERN = /(?:^|\n\n)Deprecated: *(.*?)(?:$|\n\n)/s;

/**
 * Parses the go.mod of a main module (x/mod/modfile Parse). Versions are made canonical.
 *
 * @param file names the text in messages
 * @throws GomodfsError `INVALID` naming line and column of the first error, `TOO_LARGE` past 16 Mi characters
 */
export function parseGoMod(text: string, file = "go.mod"): GoMod {
  return parse(text, file, false);
}

/**
 * Parses the go.mod of a dependency (x/mod/modfile ParseLax): like {@linkcode parseGoMod}, but statements that matter to
 * main modules only, and unknown ones, are passed over.
 */
export function parseGoModLax(text: string, file = "go.mod"): GoMod {
  return parse(text, file, true);
}

/**
 * The module path that the text of a go.mod file declares, whatever else is wrong in it; "" if there is none
 * (x/mod/modfile ModulePath).
 */
export function declaredModulePath(text: string): string {
  for (let start = 0, end: number; start < text.length; start = end + 1) {
    end = text.indexOf("\n", start);
    if (end < 0) end = text.length;
    const [line = ""] = text.slice(start, end).split("//", 1);
    const match = /^module(.+)$/s.exec(trimSpace(line));
    const path = trimSpace(match?.[1] ?? "");
    if (path === "" || path === match?.[1]) continue;
    return /^["`]/.test(path) ? (unquote(path) ?? "") : path;
  }
  return "";
}

/**
 * The go.mod that the go command makes up for a module without one (cmd/go/internal/modfetch/coderepo.go, legacyGoMod).
 * Module paths never need quotes.
 */
export function synthesizeGoMod(path: ModulePath): string {
  return `module ${path}\n`;
}

function parse(text: string, file: string, lax: boolean): GoMod {
  const builder = new GoModBuilder(lax);
  for (const directive of readDirectives(parseSyntax(text, file), { blocks: BLOCKS, lax })) {
    if (!lax || LAX_VERBS.has(directive.verb)) builder.add(directive);
  }
  return builder.goMod;
}

class GoModBuilder {
  readonly #lax: boolean;
  readonly #seen = new Set<string>();
  readonly goMod: Mutable<GoMod> = {
    godebug: [],
    require: [],
    exclude: [],
    replace: [],
    retract: [],
    tool: [],
    ignore: [],
  };

  constructor(lax: boolean) {
    this.#lax = lax;
  }

  add(directive: Directive): void {
    const { goMod } = this;
    switch (directive.verb) {
      case "module":
        this.#once(directive);
        this.#addModule(directive);
        return;
      case "go":
        this.#once(directive);
        goMod.go = parseGoLine(directive, this.#lax);
        return;
      case "toolchain":
        this.#once(directive);
        goMod.toolchain = parseToolchainLine(directive);
        return;
      case "godebug":
        goMod.godebug.push(parseGodebugLine(directive));
        return;
      case "require":
        goMod.require.push({ ...parseReference(directive), indirect: directive.isIndirect });
        return;
      case "exclude":
        goMod.exclude.push(parseReference(directive));
        return;
      case "replace":
        goMod.replace.push(parseReplaceLine(directive));
        return;
      case "retract":
        goMod.retract.push(...parseRetractLine(directive, this.#lax));
        return;
      case "tool":
      case "ignore":
        goMod[directive.verb].push(directive.string(directive.onlyArgument()));
        return;
      default:
        throw directive.error(`unknown directive: ${directive.verb.slice(0, 100)}`);
    }
  }

  #addModule(directive: Directive): void {
    const deprecated = DEPRECATION_PATTERN.exec(directive.comment)?.[1] ?? "";
    this.goMod.module = directive.string(directive.onlyArgument("usage: module module/path"));
    if (deprecated !== "") this.goMod.deprecated = deprecated;
  }

  #once(directive: Directive): void {
    if (this.#seen.has(directive.verb))
      throw directive.error(`repeated ${directive.verb} statement`);
    this.#seen.add(directive.verb);
  }
}

function parseReference(directive: Directive): ModuleReference {
  const [path, version] = directive.args;
  if (path === undefined || version === undefined || directive.args.length !== 2) {
    throw directive.error(`usage: ${directive.verb} module/path v1.2.3`);
  }
  const reference = { path: directive.string(path), version: directive.version(version) };
  directive.checkPathMajor(reference.path, reference.version);
  return reference;
}
