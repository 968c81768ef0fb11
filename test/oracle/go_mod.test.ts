import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { declaredModulePath, parseGoMod, parseGoModLax } from "../../src/module/go_mod.ts";
import { parseGoWork } from "../../src/module/go_work.ts";
import { expectAgreement, outcome } from "./agreement.ts";
import { mutated } from "./mutations.ts";
import { Oracle } from "./oracle.ts";

const LINES = [
  "module example.com/m",
  'module "example.com/q"',
  "// Deprecated: use example.com/n",
  "// a comment",
  "",
  "go 1.23.0",
  "go v1.21-future",
  "toolchain go1.24.1",
  "godebug panicnil=1",
  "require example.com/a v1.2.3",
  "require example.com/a v1.2 // indirect",
  "require gopkg.in/yaml.v2 v2.4.0 // indirect; why",
  "require (",
  "\texample.com/b/v2 v2.0.0-20240102030405-0123456789ab // indirect",
  "\texample.com/c v3.0.0+incompatible",
  "\texample.com/d/v3 v2.0.0",
  ")",
  "require ()",
  "exclude example.com/a v1.2.4",
  "replace example.com/a => ../a",
  "replace example.com/a v1.2.3 => example.com/fork v1.0.0",
  "replace (",
  'replace example.com/a => "./a b"',
  "retract v1.0.0 // bad",
  "retract [v1.0.0, v1.1.0]",
  "// why these",
  "retract (",
  "\t// both",
  "\t[v0.1.0,v0.2.0] // rationale",
  "tool example.com/a/cmd/t",
  "ignore ./node_modules",
  "use ./a",
  "use (",
  "\t./b",
  "unknown x y",
  "unknown (",
];
const PIECES = [
  ...[
    "(",
    ")",
    "[",
    "]",
    ",",
    "{",
    '"',
    "`",
    "'",
    "//",
    "/*",
    "\\",
    "\\x41",
    "\\u00e9",
    "\\'",
    "=>",
    "=",
    "@",
  ],
  ...[" ", "\t", "\r", "\n", "\n\n", "\u00a0", "\u0001", "\ufeff", "é", "☺", "//\n", "()", "\r\n"],
  ...[
    "module ",
    "require ",
    "go ",
    "v1.0.0",
    "v2",
    " // indirect",
    "example.com/x",
    "./d",
    "Deprecated: no",
    "// ",
  ],
];
/** Whole files: lines that may follow each other, so that many are right. */
const document = fc
  .array(
    fc.oneof(
      { weight: 20, arbitrary: fc.constantFrom(...LINES) },
      { weight: 1, arbitrary: mutated(LINES, PIECES) },
    ),
    {
      maxLength: 8,
    },
  )
  .map((lines) => lines.join("\n"));
const VALID = [
  "// Deprecated: old\nmodule example.com/m // c\n\ngo 1.23\n\nrequire (\n\t// why\n\texample.com/a v1.2.3 // indirect\n\n\texample.com/b v0.1.0\n)\n",
  "module m\n\n// all of\n// these\nretract (\n\tv1.0.0 // one\n\n\t[v1.1.0, v1.2.0]\n)\nreplace x.y/a v1.0.0 => ../b\n",
  "module (\n\t// Deprecated: in block\n\texample.com/m\n)\ntool (\n\tx.y/t\n\tx.y/u\n)\ngodebug (\n\ta=1\n)\nignore a\nexclude x.y/a v1\n",
  "go 1.24\ntoolchain default\nuse (\n\t./a // x\n\t../b\n)\nreplace x.y/a => x.y/b v1.0.0\ngodebug default=go1.21\n",
];
const text = fc.oneof(document, mutated(VALID, PIECES));
const RUNS = { numRuns: 6000 };

let oracle: Oracle;
beforeAll(() => {
  oracle = new Oracle();
});
afterAll(async () => await oracle[Symbol.asyncDispose]());

const PARSERS = { parseGoMod, parseGoModLax, parseGoWork };

it.each(Object.entries(PARSERS))("%s reads files as x/mod/modfile does", async (op, parse) => {
  const check = async (input: string) => {
    expectAgreement(
      await oracle.ask(op, input),
      outcome(() => parse(input)),
      input,
    );
  };
  for (const input of VALID) await check(input);
  await fc.assert(fc.asyncProperty(text, check), RUNS);
});

it("finds the module path as x/mod/modfile does", async () => {
  const lines = [
    'module "a\\x41"',
    "module `a`",
    "  module x.y/z // c",
    "module",
    "modulex",
    "module\tm",
    "x\nmodule m",
  ];
  const check = async (input: string) => {
    expect(await oracle.value("modulePath", input)).toBe(declaredModulePath(input));
  };
  for (const input of lines) await check(input);
  await fc.assert(fc.asyncProperty(fc.oneof(text, mutated(lines, PIECES)), check), RUNS);
});
