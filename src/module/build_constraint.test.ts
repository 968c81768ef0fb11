import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import {
  type BuildConstraint,
  constraintOfHeader,
  evaluateConstraint,
  parseBuildConstraint,
} from "./build_constraint.ts";

function tag(text: string): BuildConstraint {
  return { kind: "tag", tag: text };
}

function not(operand: BuildConstraint): BuildConstraint {
  return { kind: "not", operand };
}

function and(...operands: readonly BuildConstraint[]): BuildConstraint {
  return { kind: "and", operands };
}

function or(...operands: readonly BuildConstraint[]): BuildConstraint {
  return { kind: "or", operands };
}

/** The code of the error that a line meets; undefined if it meets none. */
function refusalOf(line: string): string | undefined {
  try {
    parseBuildConstraint(line);
    return undefined;
  } catch (error) {
    if (error instanceof GomodfsError) return error.code;
    throw error;
  }
}

/** As a `//go:build` line spells it, with more parentheses than it needs. */
function format(constraint: BuildConstraint): string {
  switch (constraint.kind) {
    case "tag":
      return constraint.tag;
    case "not":
      return `!${format(constraint.operand)}`;
    case "and":
      return `(${constraint.operands.map(format).join(" && ")})`;
    case "or":
      return `(${constraint.operands.map(format).join(" || ")})`;
  }
}

const [x, y, z] = [tag("x"), tag("y"), tag("z")];

// The cases are from go/build/constraint of the Go standard library, BSD-3-Clause.
describe("parseBuildConstraint()", () => {
  it.each<[string, BuildConstraint]>([
    ["x", x],
    ["x.y", tag("x.y")],
    ["x_y", tag("x_y")],
    ["αx", tag("αx")],
    ["go1.2", tag("go1.2")],
    ["386", tag("386")],
    ["x&&y", and(x, y)],
    ["x||y", or(x, y)],
    ["(x)", x],
    ["\tx\t&& y ", and(x, y)],
    ["x||y&&z", or(x, and(y, z))],
    ["x&&y||z", or(and(x, y), z)],
    ["x&&(y||z)", and(x, or(y, z))],
    ["(x||y)&&z", and(or(x, y), z)],
    ["!(x&&y)", not(and(x, y))],
    ["!x && y", and(not(x), y)],
  ])("parses //go:build %s", (expression, constraint) => {
    expect(parseBuildConstraint(`//go:build ${expression}`)).toEqual(constraint);
  });

  it.each([
    ["", "at offset 0: unexpected end of expression"],
    ["x && ", "at offset 4: unexpected end of expression"],
    ["x && (", "at offset 6: unexpected end of expression"],
    ["x && ||", "at offset 5: unexpected token ||"],
    ["x && !", "at offset 6: unexpected end of expression"],
    ["x && !!", "at offset 6: double negation not allowed"],
    ["x !", "at offset 2: unexpected token !"],
    ["x y", "at offset 2: unexpected token y"],
    ["x && (y", "at offset 5: missing close paren"],
    ["x~", 'at offset 1: invalid syntax at "~"'],
    ["x &y", 'at offset 2: invalid syntax at "&"'],
    ["αx²", 'at offset 2: invalid syntax at "²"'],
  ])("refuses //go:build %s", (expression, problem) => {
    expect(() => parseBuildConstraint(`//go:build ${expression}`)).toThrow(problem);
  });

  it.each<[string, BuildConstraint]>([
    ["x", x],
    ["x,y", and(x, y)],
    ["x y", or(x, y)],
    ["x y,z", or(x, and(y, z))],
    ["x,y z", or(and(x, y), z)],
    ["x,!y !z", or(and(x, not(y)), not(z))],
    ["!! x", or(tag("ignore"), x)],
    ["!!x", tag("ignore")],
    ["!x", not(x)],
    ["!", tag("ignore")],
    ["x~", tag("ignore")],
    ["", tag("ignore")],
  ])("parses // +build %s", (expression, constraint) => {
    expect(parseBuildConstraint(`// +build ${expression}`)).toEqual(constraint);
    expect(parseBuildConstraint(`//+build ${expression}\n`)).toEqual(constraint);
  });

  it.each([
    "// +build x y \n ",
    "// +build x y \nmore",
    " //+build x y",
    "// +builder x",
    "//go:build x && y\n ",
    "//go:build x && y\nmore",
    " //go:build x && y",
    "// go:build x",
    "//go:builder x",
    "package x",
    "",
  ])("does not take %j for a constraint", (line) => {
    expect(parseBuildConstraint(line)).toBeUndefined();
  });

  it.each([
    `//go:build ${"a || ".repeat(1002)}`,
    `//go:build ${"a && ".repeat(1002)}`,
    `//go:build ${"(a &&".repeat(1002)}`,
    `//go:build ${"(".repeat(1002)}`,
    `//go:build ${"!".repeat(100_000)}`,
    `//go:build ${"a".repeat(100_000)}`,
    `// +build ${"a ".repeat(102)}`,
    `// +build ${"a,".repeat(102)}`,
  ])("bounds the size of an expression", (line) => {
    expect(() => parseBuildConstraint(line)).toThrow(
      expect.objectContaining({ code: "TOO_LARGE" }),
    );
  });

  it("allows as many operands as go/build", () => {
    const line = `//go:build ${"(".repeat(998)}a || b${")".repeat(998)}`;
    expect(parseBuildConstraint(line)).toEqual(or(tag("a"), tag("b")));
  });

  it("keeps what an expression means", () => {
    const constraints = fc.letrec<{ constraint: BuildConstraint }>((tie) => ({
      constraint: fc.oneof(
        { maxDepth: 5, depthSize: "small" },
        fc.constantFrom("a", "b", "c", "d").map(tag),
        fc
          .tuple(
            fc.constantFrom("and" as const, "or" as const),
            fc.array(tie("constraint"), { minLength: 2, maxLength: 3 }),
          )
          .map(([kind, operands]): BuildConstraint => ({ kind, operands })),
        tie("constraint").map((operand) =>
          operand.kind === "not" ? operand.operand : not(operand),
        ),
      ),
    })).constraint;
    fc.assert(
      fc.property(constraints, (constraint) => {
        expect(parseBuildConstraint(`//go:build ${format(constraint)}`)).toEqual(constraint);
      }),
    );
  });

  it("never fails otherwise than by an error of its own", () => {
    const words = fc.constantFrom("(", ")", "!", "&&", "||", " ", "x", "~", "\ud800", "é");
    fc.assert(
      fc.property(fc.array(words), (parts) => {
        expect([undefined, "INVALID"]).toContain(refusalOf(`//go:build ${parts.join("")}`));
      }),
    );
  });
});

describe("evaluateConstraint()", () => {
  // From go/build/constraint, BSD-3-Clause.
  it.each([
    ["x", false],
    ["x && y", false],
    ["x || y", false],
    ["!x && yes", true],
    ["yes || y", true],
    ["!(x || yes)", false],
    ["!(x && yes)", true],
  ])("%s", (expression, holds) => {
    const constraint = parseBuildConstraint(`//go:build ${expression}`) ?? tag("unparsed");
    expect(evaluateConstraint(constraint, (text) => text === "yes")).toBe(holds);
  });
});

// Most cases are from go/build's TestShouldBuild, BSD-3-Clause.
describe("constraintOfHeader()", () => {
  it.each<[string, string, BuildConstraint | undefined]>([
    ["//go:build", "//go:build yes\n\npackage main\n", tag("yes")],
    ["no blank line after it", "//go:build yes\npackage main\n", tag("yes")],
    ["+build", "// +build yes\n\npackage main\n", tag("yes")],
    ["+build without a blank line", "// +build no\npackage main\n", undefined],
    ["+build in the last line", "// +build no\n", undefined],
    ["several +build", "// +build x\n// +build y\n\npackage p\n", and(x, y)],
    ["both", "//go:build yes\n\n// +build no\n\npackage main\n", tag("yes")],
    ["after the package clause", "package p\n\n//go:build no\n", undefined],
    ["in a comment", "/*\n//go:build no\n*/\n\npackage main\n", undefined],
    ["after a comment", "/*\nCopyright */\n\n//go:build x\n\npackage p\n", x],
    ["+build after a comment", "/*\nCopyright */\n\n// +build no\n\npackage p\n", undefined],
    ["on the line of a comment", "/*Copyright*/ //go:build no\npackage p\n", undefined],
    ["indented", "// Copyright\n\n  //go:build x  \r\npackage p\n", x],
    ["a malformed +build", `// +build ${"a ".repeat(200)}\n// +build x\n\npackage p`, x],
    ["a comment that seems to end", "/*/ //go:build no\n//go:build no\n*/package p\n", undefined],
    ["nothing", "", undefined],
  ])("%s", (_, header, constraint) => {
    expect(constraintOfHeader(header)).toEqual(constraint);
  });

  it("refuses two //go:build lines", () => {
    const header = "//go:build x\n//go:build y\n\npackage p\n";
    expect(() => constraintOfHeader(header)).toThrow("more than one //go:build line");
  });
});
