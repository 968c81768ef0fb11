import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type GoImports, readGoImports } from "./go_imports.ts";

function read(source: string): GoImports | undefined {
  return readGoImports(Buffer.from(source));
}

const PATHS = fc.oneof(
  fc.constantFrom("fmt", "C", "net/http", "github.com/a/b/v2", "gopkg.in/yaml.v3", "é/日本"),
  fc.stringMatching(/^[a-z0-9.~_/+@-]{1,40}$/),
);
const BLANKS = fc.constantFrom(" ", "\t", "\r\n", "\n", "\f", "/* x */", "// import (\n", "/**/ ");
const QUOTED = PATHS.chain((path) =>
  fc.constantFrom(`"${path}"`, `\`${path}\``, JSON.stringify(path)).map((text) => ({ path, text })),
);
const IMPORTS = fc
  .tuple(fc.constantFrom("", ".", "_", "name", "名", "i"), BLANKS, QUOTED)
  .map(([name, blank, { path, text }]) => ({ path, text: `${name}${blank}${text}` }));
const DECLARATIONS = fc.oneof(
  fc.tuple(BLANKS, IMPORTS).map(([blank, { path, text }]) => ({
    paths: [path],
    text: `import${blank}${text}\n`,
  })),
  fc.tuple(BLANKS, fc.array(IMPORTS)).map(([blank, imports]) => ({
    paths: imports.map(({ path }) => path),
    text: `import${blank}(${imports.map(({ text }) => `${text};${blank}`).join("")})${blank}`,
  })),
);

describe("readGoImports()", () => {
  // Most of the sources are from go/build's read_test.go, BSD-3-Clause.
  it.each<[string, readonly string[]]>([
    ["package p", []],
    ['package p; import "x"', ["x"]],
    ['package p; import . "x"', ["x"]],
    ['package p; import "x";func f() {}', ["x"]],
    ["package p; import ()", []],
    ["package p; import (); func f()", []],
    ['package p; import "é"', ["é"]],
    ['package p; import "\\x66\\u006dt"', ["fmt"]],
    ["package p\n\nimport `fmt`\nimport `ne\rt`", ["fmt", "net"]],
    [
      '// C\n\n/* D\n*/ package p // x\nimport (\n\t"a" // "no"\n\t_ "b"; c "c"\n)\nvar x = 1',
      ["a", "b", "c"],
    ],
    [
      'package p\nimport "a"\nimport /**/ ( "b"\n"a" )\nconst i = `\nimport "no"\n`',
      ["a", "b", "a"],
    ],
    ['package p\n/*\n#include <x.h>\n*/\nimport "C"\n', ["C"]],
    ['\ufeffpackage p\nimport "x"\n', ["x"]],
    ['/***/package p;import"x"', ["x"]],
    ['/*/ package q;import "y" */package p;import"x"', ["x"]],
    ["package importer\ntype imports int", []],
  ])("reads %j", (source, imports) => {
    expect(read(source)?.imports).toEqual(imports);
    expect(read(source)?.constraint).toBeUndefined();
  });

  it.each([
    "",
    "p",
    "pack",
    "packagep",
    "package",
    "package 'x'",
    'import "x"',
    "\ufeff\ufeffpackage p",
    "package p; import",
    "package p; import (",
    'package p; import ("x"',
    'package p; import "',
    'package p; import "x',
    'package p; import "x\n"',
    "package p; import `x",
    'package p; import ""',
    "package p; import 'x'",
    'package p; import "a b"',
    'package p; import "a\\nb"',
    'package p; import "a\\qb"',
    'package p; import "a:b"',
    'package p; import "\\ufffd"',
    "package p; import x",
    'package p; imports "x"',
    "package p; if",
    "package p /* ends too early",
    "package p / x",
    "/* package p",
    "//go:build x &&\n\npackage p",
    "//go:build x\n//go:build y\n\npackage p",
  ])("does not read %j", (source) => {
    expect(read(source)).toBeUndefined();
  });

  it("reads the constraint and the name of the package", () => {
    const x = { kind: "tag", tag: "x" };
    expect(read("//go:build x\n\npackage p\n")).toMatchObject({ packageName: "p", constraint: x });
    expect(read("// +build x\n\npackage main_test")).toMatchObject({
      packageName: "main_test",
      constraint: x,
    });
    expect(read("//\u00a0+build x\n\npackage p")?.constraint).toEqual(x);
    expect(read("// Copyright\n// +build x\npackage p")?.constraint).toBeUndefined();
    expect(read("package p\n//go:build x\n")?.constraint).toBeUndefined();
    expect(read("//go:generate x\n\npackage p")?.constraint).toBeUndefined();
  });

  it("tells whether imports may go on in bytes that it does not have", () => {
    const source = '// C\npackage p\n\nimport "a"\n\n/* long */ import (\n"b"\n)\n';
    const rest = "\nfunc f() {}\n";
    const whole = read(source + rest);
    expect(whole).toMatchObject({ imports: ["a", "b"], end: source.length + 1 });
    for (let length = 0; length < source.length; length++) {
      const part = read(source.slice(0, length));
      expect(part?.end ?? length).toBe(length);
    }
  });

  it("bounds how far it reads", () => {
    const comment = (length: number): string => `/*${"x".repeat(length)}*/package p\nvar x int`;
    expect(read(comment(200_000))?.imports).toEqual([]);
    expect(read(comment(300_000))).toBeUndefined();
    expect(read(`package p\n${"\n".repeat(300_000)}var x int`)).toBeUndefined();
    const block = (length: number): string => `package p\nimport (${'"a";'.repeat(length)})`;
    expect(read(block(4096))?.imports).toHaveLength(4096);
    expect(read(block(4097))).toBeUndefined();
  });

  it("reads any part of a larger buffer", () => {
    const buffer = new Uint8Array(Buffer.from('xxpackage p;import "a"yy'));
    expect(readGoImports(buffer.subarray(2, 22))?.imports).toEqual(["a"]);
  });

  it("reads whatever declarations are made up", () => {
    fc.assert(
      fc.property(BLANKS, fc.array(DECLARATIONS), (blank, declarations) => {
        const text = declarations.map((declaration) => declaration.text).join("");
        const source = `${blank}package${blank}p;${blank}${text}var x = 1`;
        const paths = declarations.flatMap((declaration) => declaration.paths);
        expect(read(source)?.imports).toEqual(paths);
      }),
    );
  });

  it("survives any bytes", () => {
    const pieces = fc.constantFrom(
      "package p;",
      "import (",
      'import "a"',
      '"',
      "`",
      ")",
      "\\",
      "//go:build ",
      "// +build ",
      "/*",
      "*/",
      "//",
      "\n",
      "x",
    );
    const sources = fc.oneof(
      fc.uint8Array(),
      fc.array(fc.oneof(pieces, fc.string())).map((parts) => Buffer.from(parts.join(""))),
      fc.uint8Array().map((bytes) => Buffer.concat([Buffer.from("package p;import "), bytes])),
    );
    fc.assert(
      fc.property(sources, (source) => {
        const imports = readGoImports(source);
        expect(imports?.end ?? 0).toBeLessThanOrEqual(source.length);
      }),
      { numRuns: 1000 },
    );
  });
});
