import { GomodfsError } from "../lib/gomodfs_error.ts";
import { type BuildConstraint, joinConstraints, parseBuildExpression } from "./build_expression.ts";
import { fields, trimSpace } from "./space.ts";

export type { BuildConstraint } from "./build_expression.ts";

const GO_BUILD = "//go:build";
const PLUS_BUILD = "+build";
const TAG_PATTERN = /^[\p{L}\p{Nd}_.]+$/u;
/** go/build/constraint parsePlusBuildExpr allows 100 operators in an old line, whose uses were always simple. */
const MAX_PLUS_BUILD_OPERATORS = 100;
/** A tag that nobody sets stands for what is malformed in an old line. */
const IGNORE: BuildConstraint = { kind: "tag", tag: "ignore" };

/** Whether a constraint holds where `hasTag` says which tags are set. */
export function evaluateConstraint(
  constraint: BuildConstraint,
  hasTag: (tag: string) => boolean,
): boolean {
  switch (constraint.kind) {
    case "tag":
      return hasTag(constraint.tag);
    case "not":
      return !evaluateConstraint(constraint.operand, hasTag);
    case "and":
      return constraint.operands.every((operand) => evaluateConstraint(operand, hasTag));
    case "or":
      return constraint.operands.some((operand) => evaluateConstraint(operand, hasTag));
  }
}

/**
 * Parses one line `//go:build x && y` or `// +build x,y`, with or without its newline (go/build/constraint Parse).
 *
 * @returns undefined if the line is neither
 * @throws GomodfsError `INVALID` or `TOO_LARGE` for an expression that breaks the rules
 */
export function parseBuildConstraint(line: string): BuildConstraint | undefined {
  const goBuild = goBuildExpression(line);
  if (goBuild !== undefined) return parseBuildExpression(goBuild);
  const plusBuild = plusBuildExpression(line);
  return plusBuild === undefined ? undefined : parsePlusBuild(plusBuild);
}

/**
 * The build constraint of a Go file (go/build shouldBuild): its `//go:build` line, else all its `// +build` lines, which
 * count only if a blank line follows them.
 *
 * @param header the file up to its package clause, or further
 * @returns undefined if there is none: the file is always built
 * @throws GomodfsError `INVALID` or `TOO_LARGE` for a malformed `//go:build` line, `INVALID` for two of them
 */
export function constraintOfHeader(header: string): BuildConstraint | undefined {
  const { goBuild, leading } = readHeader(header);
  if (goBuild !== undefined) return parseBuildConstraint(goBuild);
  const constraints = leading.flatMap((line) => readPlusBuild(line) ?? []);
  return constraints.length === 0 ? undefined : joinConstraints("and", constraints);
}

interface Header {
  readonly goBuild: string | undefined;
  /** The line comments before the last blank line that only line comments and blank lines precede. */
  readonly leading: readonly string[];
}

/** As go/build parseFileHeader: only `//go:build` lines that begin outside of comments count. */
function readHeader(header: string): Header {
  const lines = linesOf(header);
  let goBuild: string | undefined;
  let leadingEnd = 0;
  let ended = false;
  let inComment = false;
  for (const [index, line] of lines.entries()) {
    if (line === "" && !ended) leadingEnd = index;
    else if (!line.startsWith("//")) ended = true;
    if (!inComment && goBuildExpression(line) !== undefined) {
      if (goBuild !== undefined) {
        throw new GomodfsError("INVALID", "the file has more than one //go:build line");
      }
      goBuild = line;
    }
    const rest = skipComments(line, inComment);
    if (rest === "code") break;
    inComment = rest === "comment";
  }
  return { goBuild, leading: lines.slice(0, leadingEnd) };
}

/** Without white space at their ends; a newline at the very end begins no further line. */
function linesOf(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line) => (line === "" ? line : trimSpace(line)));
}

/** What a line ends in: nothing but comments, an open block comment, or it has something else. */
function skipComments(line: string, inComment: boolean): "blank" | "comment" | "code" {
  let position = 0;
  let inside = inComment;
  for (;;) {
    if (inside) {
      const end = line.indexOf("*/", position);
      if (end < 0) return "comment";
      position = end + 2;
      inside = false;
    }
    const rest = trimSpace(line.slice(position));
    if (rest === "" || rest.startsWith("//")) return "blank";
    if (!rest.startsWith("/*")) return "code";
    position = line.length - rest.length + 2;
    inside = true;
  }
}

function readPlusBuild(line: string): BuildConstraint | undefined {
  const expression = plusBuildExpression(line);
  if (expression === undefined) return undefined;
  try {
    return parsePlusBuild(expression);
  } catch (error) {
    // go/build passes over an old line that it cannot parse.
    if (error instanceof GomodfsError) return undefined;
    throw error;
  }
}

function goBuildExpression(line: string): string | undefined {
  const text = withoutNewline(line);
  return text.startsWith(GO_BUILD) ? afterKeyword(text, GO_BUILD) : undefined;
}

function plusBuildExpression(line: string): string | undefined {
  const text = withoutNewline(line);
  if (!text.startsWith("//")) return undefined;
  const comment = trimSpace(text.slice("//".length));
  return comment.startsWith(PLUS_BUILD) ? afterKeyword(comment, PLUS_BUILD) : undefined;
}

/** Text of several lines is no constraint, and becomes "". */
function withoutNewline(line: string): string {
  const text = line.endsWith("\n") ? line.slice(0, -1) : line;
  return text.includes("\n") ? "" : text;
}

/** Undefined if the keyword is but the beginning of a longer word. */
function afterKeyword(text: string, keyword: string): string | undefined {
  const rest = trimSpace(text).slice(keyword.length);
  const expression = trimSpace(rest);
  return rest !== "" && rest === expression ? undefined : expression;
}

/** Spaces are `||`, commas are `&&` (go/build/constraint parsePlusBuildExpr). */
function parsePlusBuild(text: string): BuildConstraint {
  const clauses = fields(text).map((clause) => clause.split(","));
  const operators = clauses.reduce((sum, literals) => sum + literals.length, -1);
  if (operators > MAX_PLUS_BUILD_OPERATORS) {
    throw new GomodfsError(
      "TOO_LARGE",
      `+build line is too complex (limit is ${MAX_PLUS_BUILD_OPERATORS} operators)`,
    );
  }
  if (clauses.length === 0) return IGNORE;
  return joinConstraints(
    "or",
    clauses.map((literals) => joinConstraints("and", literals.map(parsePlusBuildLiteral))),
  );
}

function parsePlusBuildLiteral(literal: string): BuildConstraint {
  if (literal === "!" || literal.startsWith("!!")) return IGNORE;
  if (literal.startsWith("!")) return { kind: "not", operand: tagOf(literal.slice(1)) };
  return tagOf(literal);
}

function tagOf(word: string): BuildConstraint {
  return TAG_PATTERN.test(word) ? { kind: "tag", tag: word } : IGNORE;
}
