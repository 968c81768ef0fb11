import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  escapePath,
  escapeVersion,
  unescapePath,
  unescapeVersion,
} from "../../src/module/escape.ts";
import {
  checkFilePath,
  checkImportPath,
  checkModuleVersion,
  parseModulePath,
} from "../../src/module/path.ts";
import { matchPathMajor, splitPathVersion } from "../../src/module/path_major.ts";
import { matchPath } from "../../src/module/path_match.ts";
import { matchPrefixPatterns } from "../../src/module/prefix_patterns.ts";
import { expectAgreement, expectSameWords, outcome } from "./agreement.ts";
import { mutated } from "./mutations.ts";
import { Oracle } from "./oracle.ts";

/** From golang.org/x/mod, BSD-3-Clause (module_test.go), and a few beside them. */
const PATHS = [
  "x.y/z",
  "x.y",
  "x..y/z",
  "x.y/z/v2",
  "x.y/z/v1",
  "x.y/z/v2.0",
  "x.y/com1.txt",
  "x.y/aux.foo",
  "x.y/calm1",
  "x.y/z09~09z",
  "x.y/z~0",
  ".github/ISSUE_TEMPLATE",
  "gopkg.in/yaml.v2",
  "gopkg.in/yaml.v0",
  "gopkg.in/check.v1-unstable",
  "github.com/Azure/azure-sdk-for-go",
  "github.com/user/unicode/испытание",
  "../x",
  "x:y",
];
const PATH_PIECES = [
  ...[
    "/",
    ".",
    "..",
    "-",
    "_",
    "~",
    "~1",
    "!",
    "+",
    "@",
    " ",
    ",",
    ":",
    "*",
    "'",
    '"',
    "\\",
    "\n",
    "\u007f",
  ],
  ...[
    "a",
    "Z",
    "0",
    "v0",
    "v1",
    "/v2",
    "/v01",
    ".v3",
    "-unstable",
    "con",
    "LPT9",
    "NUL.",
    "é",
    "\u{10400}",
    "☺",
  ],
];
const ESCAPED = [
  "github.com/!azure/azure-sdk-for-go",
  "x.y/!z",
  "v1.0.0-!r!c1",
  "master",
  "v1.2.3",
  ...PATHS,
];
const MAJORS = ["", "/v2", "/v17", ".v0", ".v1", ".v1-unstable", ".v2"];
const VERSIONS = [
  "v0.0.0",
  "v1.0.0",
  "v2.1.5",
  "v17.0.0+incompatible",
  "v0.0.0-20160102150405-abcdef123456",
  "v2",
  "0.1.0",
];
/** From golang.org/x/mod, BSD-3-Clause (module_test.go), and a few beside them. */
const GLOBS = [
  "",
  "/",
  "*/quote",
  "*/quo??",
  "*.io",
  "rsc.io/",
  "*/*/v3",
  "*/*/*,,*/quote",
  "rsc.[a-j]o",
  "[^x]*",
  "\\*",
  "a*b*c",
];
const GLOB_PIECES = [
  "*",
  "?",
  "[",
  "]",
  "[^",
  "-",
  "\\",
  "/",
  ",",
  "a",
  "b-z",
  "quote",
  "rsc.io",
  "o",
  "é",
];
const TARGETS = ["rsc.io/quote", "rsc.io/quote/v3", "rsc.io", "abcabc", "a/b", "*", ""];

const path = mutated(PATHS, PATH_PIECES);
const escaped = mutated(ESCAPED, PATH_PIECES);
const version = mutated(VERSIONS, [".", "-", "+", "0", "1", "v", "pre", "+incompatible"]);
const RUNS = { numRuns: 5000 };

let oracle: Oracle;
beforeAll(() => {
  oracle = new Oracle();
});
afterAll(async () => await oracle[Symbol.asyncDispose]());

it("checks module, import and file paths as x/mod/module does", async () => {
  const check = async (p: string) => {
    // Where Go and JavaScript quote in the same way, the words are the same too.
    const expectEqual = /^[ !#-&(-[\]-~]*$/.test(p) ? expectSameWords : expectAgreement;
    expectEqual(
      await oracle.ask("checkPath", p),
      outcome(() => parseModulePath(p) === p),
      p,
    );
    expectEqual(
      await oracle.ask("checkImportPath", p),
      outcome(() => checkImportPath(p) === undefined),
      p,
    );
    expectEqual(
      await oracle.ask("checkFilePath", p),
      outcome(() => checkFilePath(p) === undefined),
      p,
    );
  };
  for (const p of PATHS) await check(p);
  await fc.assert(fc.asyncProperty(path, check), RUNS);
});

it("splits major versions off as x/mod/module does", async () => {
  const check = async (p: string) => {
    const split = splitPathVersion(p);
    const ours =
      split === undefined ? { prefix: p, pathMajor: "", ok: false } : { ...split, ok: true };
    expect(await oracle.value("splitPathVersion", p)).toStrictEqual(ours);
  };
  for (const p of PATHS) await check(p);
  await fc.assert(fc.asyncProperty(path, check), RUNS);
});

it("matches versions to paths as x/mod/module does", async () => {
  const check = async (p: string, v: string) => {
    const ours = outcome(() => checkModuleVersion(p, v) === undefined);
    expectAgreement(await oracle.ask("check", { a: p, b: v }), ours, [p, v]);
  };
  for (const p of PATHS) for (const v of VERSIONS) await check(p, v);
  await fc.assert(fc.asyncProperty(path, version, check), RUNS);
  const checkMajor = async (v: string, pathMajor: string) => {
    expect(await oracle.value("matchPathMajor", { a: v, b: pathMajor })).toBe(
      matchPathMajor(v, pathMajor),
    );
  };
  await fc.assert(fc.asyncProperty(version, fc.constantFrom(...MAJORS), checkMajor), RUNS);
});

it("escapes and unescapes as x/mod/module does", async () => {
  const check = async (text: string) => {
    const ours = {
      escapePath: outcome(() => escapePath(parseModulePath(text))),
      escapeVersion: outcome(() => escapeVersion(text)),
      unescapePath: outcome(() => unescapePath(text)),
      unescapeVersion: outcome(() => unescapeVersion(text)),
    };
    for (const [op, answer] of Object.entries(ours))
      expectAgreement(await oracle.ask(op, text), answer, text);
  };
  for (const text of ESCAPED) await check(text);
  await fc.assert(fc.asyncProperty(escaped, check), RUNS);
});

it("matches globs as path.Match and x/mod/module do", async () => {
  const check = async (glob: string, target: string) => {
    const input = { a: glob, b: target };
    expect(await oracle.value("pathMatch", input)).toBe(matchPath(glob, target));
    expect(await oracle.value("matchPrefixPatterns", input)).toBe(
      matchPrefixPatterns(glob, target),
    );
  };
  for (const glob of GLOBS) for (const target of TARGETS) await check(glob, target);
  const glob = mutated(GLOBS, GLOB_PIECES);
  await fc.assert(
    fc.asyncProperty(glob, mutated(TARGETS, ["a", "/", "o", "quote", "-"]), check),
    RUNS,
  );
});
