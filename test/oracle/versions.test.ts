import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  compareGoVersions,
  goLanguageVersion,
  isValidGoVersion,
} from "../../src/module/go_version.ts";
import { canonicalVersion } from "../../src/module/path_major.ts";
import * as pseudo from "../../src/module/pseudo.ts";
import * as semver from "../../src/module/semver.ts";
import { outcome, verdict } from "./agreement.ts";
import { mutated } from "./mutations.ts";
import { Oracle } from "./oracle.ts";

/** From golang.org/x/mod, BSD-3-Clause (semver_test.go and pseudo_test.go), and a few beside them. */
const VERSIONS =
  `bad v1 v1.2 v1-pre v1+meta v1.2-pre+meta v1.0.0-alpha.beta v1.0.0-rc.1 v1.2.3-456.789
v1.2.3-456-789 v1.2.3-pre+meta v1.2.3+meta-pre.sha.256a v17.0.0+incompatible v0.0.1-go1.21.0.linux-amd64
v0.0.0-20060102150405-hash v0.0.1-0.20060102150405-hash v1.2.100000000000000000-0.20060102150405-hash
v1.2.3-pre.0.20060102150405-hash v0.0.0--.0.20060102150405-hash v0.0.0-0.20060102150405-hash
v2.0.1-0.20060102150405-hash+incompatible v0.0.0-20060102150405-hash+incompatible
v1.0.0-00010101000000-000000000000 v0.0.0-20240229235959-0123456789ab`.split(/\s/);
const VERSION_PIECES = [..."v 0 1 9 00 . - + a Z pre -0. é _".split(" "), " "];
/** From Go's internal/gover tests, BSD-3-Clause, and a few beside them. */
const GO_VERSIONS = "1 1.0 1.9 1.20 1.21 1.21.0 1.21rc1 1.19rc1 1.22beta2 2.0 1.99999999999".split(
  " ",
);
const GO_VERSION_PIECES = [..."0 1 9 20 21 . rc beta alpha z A é".split(" "), " "];

const version = mutated(VERSIONS, VERSION_PIECES);
const goVersion = mutated(GO_VERSIONS, GO_VERSION_PIECES);
const pairs = <T>(list: readonly T[]) => list.flatMap((a) => list.map((b): [T, T] => [a, b]));
const EACH_VERSION = { numRuns: 3000, examples: VERSIONS.map((v): [string] => [v]) };

let oracle: Oracle;
beforeAll(() => {
  oracle = new Oracle();
});
afterAll(async () => await oracle[Symbol.asyncDispose]());

it("takes semantic versions apart as x/mod/semver does", async () => {
  const property = fc.asyncProperty(version, async (v) => {
    expect(await oracle.value("semver", v)).toStrictEqual({
      valid: semver.isValid(v),
      canonical: semver.canonical(v),
      major: semver.major(v),
      majorMinor: semver.majorMinor(v),
      prerelease: semver.prerelease(v),
      build: semver.build(v),
      canonicalVersion: canonicalVersion(v),
    });
  });
  await fc.assert(property, EACH_VERSION);
});

it("orders semantic versions as x/mod/semver does", async () => {
  const comparison = fc.asyncProperty(version, version, async (a, b) => {
    expect(await oracle.value("semverCompare", { a, b })).toBe(Math.sign(semver.compare(a, b)));
  });
  await fc.assert(comparison, { numRuns: 3000, examples: pairs(VERSIONS) });
  const sorting = fc.asyncProperty(fc.array(version), async (list) => {
    expect(await oracle.value("semverSort", list)).toStrictEqual(semver.sortVersions(list));
  });
  await fc.assert(sorting, { numRuns: 500 });
});

it("reads pseudo-versions as x/mod/module does", async () => {
  const property = fc.asyncProperty(version, async (v) => {
    expect(await oracle.value("isPseudoVersion", v)).toBe(pseudo.isPseudoVersion(v));
    expect(await oracle.value("isZeroPseudoVersion", v)).toBe(pseudo.isZeroPseudoVersion(v));
    const ours = {
      pseudoVersionBase: outcome(() => pseudo.pseudoVersionBase(v)),
      pseudoVersionRevision: outcome(() => pseudo.pseudoVersionRevision(v)),
      pseudoVersionTime: outcome(() => pseudo.pseudoVersionTime(v).toISOString()),
    };
    for (const [op, answer] of Object.entries(ours)) {
      expect(verdict(answer)).toStrictEqual(verdict(await oracle.ask(op, v)));
    }
  });
  await fc.assert(property, EACH_VERSION);
});

it("makes pseudo-versions as x/mod/module does", async () => {
  const major = fc.constantFrom("", "v0", "v2");
  const [min, max] = [new Date("0001-01-01"), new Date("9999-12-31")];
  const time = fc.date({ min, max, noInvalidDate: true });
  const property = fc.asyncProperty(major, version, time, async (Major, Older, at) => {
    const input = { Major, Older, Time: at.toISOString(), Revision: "0123abcd" };
    const ours = pseudo.pseudoVersion(Major, Older, at, "0123abcd");
    expect(await oracle.value("pseudoVersion", input)).toBe(ours);
  });
  await fc.assert(property, { numRuns: 2000 });
});

it("orders Go versions as go/version does", async () => {
  const property = fc.asyncProperty(goVersion, goVersion, async (a, b) => {
    expect(await oracle.value("goVersion", { a, b })).toStrictEqual({
      valid: isValidGoVersion(a),
      lang: goLanguageVersion(a),
      compare: Math.sign(compareGoVersions(a, b)),
    });
  });
  await fc.assert(property, { numRuns: 3000, examples: pairs(GO_VERSIONS) });
});
