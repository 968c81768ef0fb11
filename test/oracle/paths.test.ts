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
import { outcome, verdict } from "./agreement.ts";
import { mutated } from "./mutations.ts";
import { Oracle } from "./oracle.ts";

/** From golang.org/x/mod, BSD-3-Clause (module_test.go), and a few beside them. */
const PATHS =
  `x.y/z x.y x..y/z x.y/z/v2 x.y/z/v1 x.y/z/v2.0 x.y/com1.txt x.y/aux.foo x.y/calm1 x.y/z09~09z x.y/z~0
.github/ISSUE_TEMPLATE gopkg.in/yaml.v2 gopkg.in/yaml.v0 gopkg.in/check.v1-unstable ../x x:y
github.com/Azure/azure-sdk-for-go github.com/user/unicode/испытание`.split(/\s/);
const PATH_PIECES = [
  ...`/ . .. - _ ~ ~1 ! + @ , : * ' " \\ \u007f a Z 0 v0 v1 /v2 /v01 .v3 -unstable con LPT9 NUL. é ☺`.split(
    " ",
  ),
  " ",
  "\n",
  "\u{10400}",
];
const ESCAPED = [...PATHS, ..."github.com/!azure/x x.y/!z v1.0.0-!r!c1 master v1.2.3".split(" ")];
const MAJORS = ["", ..."/v2 /v17 .v0 .v1 .v1-unstable .v2".split(" ")];
const VERSIONS =
  "v0.0.0 v1.0.0 v2.1.5 v17.0.0+incompatible v0.0.0-20160102150405-abcdef123456 v2 0.1.0".split(
    " ",
  );
/** From golang.org/x/mod, BSD-3-Clause (module_test.go), and a few beside them. */
const GLOBS = [
  "",
  ...`/ */quote */quo?? *.io rsc.io/ */*/v3 */*/*,,*/quote rsc.[a-j]o [^x]* \\* a*b*c [\\]-b]`.split(
    " ",
  ),
];
const GLOB_PIECES = "* ? [ ] [^ - \\ / , a b-z quote rsc.io o é".split(" ");
const TARGETS = ["", ..."rsc.io/quote rsc.io/quote/v3 rsc.io abcabc a/b *".split(" ")];

const path = mutated(PATHS, PATH_PIECES);
const version = mutated(VERSIONS, ". - + 0 1 v pre +incompatible".split(" "));
const each = (texts: readonly string[]) => ({
  numRuns: 5000,
  examples: texts.map((text): [string] => [text]),
});

let oracle: Oracle;
beforeAll(() => {
  oracle = new Oracle();
});
afterAll(async () => await oracle[Symbol.asyncDispose]());

it("checks module, import and file paths as x/mod/module does", async () => {
  const property = fc.asyncProperty(path, async (p) => {
    // Where Go and JavaScript quote in the same way, the words are the same too.
    const compared = /^[ !#-&(-[\]-~]*$/.test(p) ? (answer: unknown) => answer : verdict;
    const ours = {
      checkPath: outcome(() => parseModulePath(p) === p),
      checkImportPath: outcome(() => checkImportPath(p) === undefined),
      checkFilePath: outcome(() => checkFilePath(p) === undefined),
    };
    for (const [op, answer] of Object.entries(ours)) {
      expect(compared(answer)).toStrictEqual(compared(await oracle.ask(op, p)));
    }
  });
  await fc.assert(property, each(PATHS));
});

it("splits major versions off as x/mod/module does", async () => {
  const property = fc.asyncProperty(path, async (p) => {
    const refused = { prefix: p, pathMajor: "", ok: false };
    const split = splitPathVersion(p);
    const ours = split === undefined ? refused : { ...split, ok: true };
    expect(await oracle.value("splitPathVersion", p)).toStrictEqual(ours);
  });
  await fc.assert(property, each(PATHS));
});

it("matches versions to paths as x/mod/module does", async () => {
  const property = fc.asyncProperty(path, version, async (a, b) => {
    const ours = outcome(() => checkModuleVersion(a, b) === undefined);
    expect(verdict(ours)).toStrictEqual(verdict(await oracle.ask("check", { a, b })));
  });
  const examples = PATHS.flatMap((a) => VERSIONS.map((b): [string, string] => [a, b]));
  await fc.assert(property, { numRuns: 5000, examples });
  const majors = fc.asyncProperty(version, fc.constantFrom(...MAJORS), async (a, b) => {
    expect(await oracle.value("matchPathMajor", { a, b })).toBe(matchPathMajor(a, b));
  });
  await fc.assert(majors, { numRuns: 2000 });
});

it("escapes and unescapes as x/mod/module does", async () => {
  const property = fc.asyncProperty(mutated(ESCAPED, PATH_PIECES), async (text) => {
    const ours = {
      escapePath: outcome(() => escapePath(parseModulePath(text))),
      escapeVersion: outcome(() => escapeVersion(text)),
      unescapePath: outcome(() => unescapePath(text)),
      unescapeVersion: outcome(() => unescapeVersion(text)),
    };
    for (const [op, answer] of Object.entries(ours)) {
      expect([op, verdict(answer)]).toStrictEqual([op, verdict(await oracle.ask(op, text))]);
    }
  });
  await fc.assert(property, each(ESCAPED));
});

it("matches globs as path.Match and x/mod/module do", async () => {
  const glob = mutated(GLOBS, GLOB_PIECES);
  const target = mutated(TARGETS, "a / o quote -".split(" "));
  const property = fc.asyncProperty(glob, target, async (a, b) => {
    expect(await oracle.value("pathMatch", { a, b })).toBe(matchPath(a, b));
    expect(await oracle.value("matchPrefixPatterns", { a, b })).toBe(matchPrefixPatterns(a, b));
  });
  const examples = GLOBS.flatMap((a) => TARGETS.map((b): [string, string] => [a, b]));
  await fc.assert(property, { numRuns: 5000, examples });
});
