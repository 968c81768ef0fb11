import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  compareGoVersions,
  goLanguageVersion,
  isValidGoVersion,
} from "../../src/module/go_version.ts";
import { canonicalVersion } from "../../src/module/path_major.ts";
import {
  isPseudoVersion,
  isZeroPseudoVersion,
  pseudoVersion,
  pseudoVersionBase,
  pseudoVersionRevision,
  pseudoVersionTime,
} from "../../src/module/pseudo.ts";
import {
  build,
  canonical,
  compare,
  isValid,
  major,
  majorMinor,
  prerelease,
  sortVersions,
} from "../../src/module/semver.ts";
import { expectAgreement, outcome } from "./agreement.ts";
import { mutated } from "./mutations.ts";
import { Oracle } from "./oracle.ts";

/** From golang.org/x/mod, BSD-3-Clause (semver_test.go and pseudo_test.go), and a few beside them. */
const VERSIONS = [
  "bad",
  "v1",
  "v1.2",
  "v1-pre",
  "v1+meta",
  "v1.2-pre+meta",
  "v1.0.0-alpha.beta",
  "v1.0.0-rc.1",
  "v1.2.3-456.789",
  "v1.2.3-456-789",
  "v1.2.3-pre+meta",
  "v1.2.3+meta-pre.sha.256a",
  "v17.0.0+incompatible",
  "v0.0.1-go1.21.0.linux-amd64",
  "v0.0.0-20060102150405-hash",
  "v0.0.1-0.20060102150405-hash",
  "v1.2.100000000000000000-0.20060102150405-hash",
  "v1.2.3-pre.0.20060102150405-hash",
  "v0.0.0--.0.20060102150405-hash",
  "v2.0.1-0.20060102150405-hash+incompatible",
  "v0.0.0-0.20060102150405-hash",
  "v0.0.0-20060102150405-hash+incompatible",
  "v1.0.0-00010101000000-000000000000",
  "v0.0.0-20240229235959-0123456789ab",
];
const VERSION_PIECES = [
  "v",
  "0",
  "1",
  "9",
  "00",
  ".",
  "-",
  "+",
  "a",
  "Z",
  "pre",
  "-0.",
  "é",
  "_",
  " ",
];
/** From Go's internal/gover tests, BSD-3-Clause, and a few beside them. */
const GO_VERSIONS = [
  "1",
  "1.20",
  "1.21",
  "1.21.0",
  "1.21rc1",
  "1.9",
  "1.19rc1",
  "1.22beta2",
  "2.0",
  "1.99999999999",
  "1.0",
];
const GO_VERSION_PIECES = [
  "0",
  "1",
  "9",
  "20",
  "21",
  ".",
  "rc",
  "beta",
  "alpha",
  "z",
  "A",
  " ",
  "é",
];

const version = mutated(VERSIONS, VERSION_PIECES);
const goVersion = mutated(GO_VERSIONS, GO_VERSION_PIECES);
const RUNS = { numRuns: 3000 };

let oracle: Oracle;
beforeAll(() => {
  oracle = new Oracle();
});
afterAll(async () => await oracle[Symbol.asyncDispose]());

it("takes semantic versions apart as x/mod/semver does", async () => {
  const check = async (v: string) => {
    expect(await oracle.value("semver", v)).toStrictEqual({
      valid: isValid(v),
      canonical: canonical(v),
      major: major(v),
      majorMinor: majorMinor(v),
      prerelease: prerelease(v),
      build: build(v),
      canonicalVersion: canonicalVersion(v),
    });
  };
  for (const v of VERSIONS) await check(v);
  await fc.assert(fc.asyncProperty(version, check), RUNS);
});

it("orders semantic versions as x/mod/semver does", async () => {
  const check = async (a: string, b: string) => {
    expect(await oracle.value("semverCompare", { a, b })).toBe(Math.sign(compare(a, b)));
  };
  for (const a of VERSIONS) for (const b of VERSIONS) await check(a, b);
  await fc.assert(fc.asyncProperty(version, version, check), RUNS);
  await fc.assert(
    fc.asyncProperty(fc.array(version), async (list) => {
      expect(await oracle.value("semverSort", list)).toStrictEqual(sortVersions(list));
    }),
    { numRuns: 500 },
  );
});

it("reads pseudo-versions as x/mod/module does", async () => {
  const check = async (v: string) => {
    expectAgreement(await oracle.ask("isPseudoVersion", v), { value: isPseudoVersion(v) }, v);
    expectAgreement(
      await oracle.ask("isZeroPseudoVersion", v),
      { value: isZeroPseudoVersion(v) },
      v,
    );
    const base = outcome(() => pseudoVersionBase(v));
    expectAgreement(await oracle.ask("pseudoVersionBase", v), base, v);
    const revision = outcome(() => pseudoVersionRevision(v));
    expectAgreement(await oracle.ask("pseudoVersionRevision", v), revision, v);
    const time = outcome(() => pseudoVersionTime(v).toISOString());
    expectAgreement(await oracle.ask("pseudoVersionTime", v), time, v);
  };
  for (const v of VERSIONS) await check(v);
  await fc.assert(fc.asyncProperty(version, check), RUNS);
});

it("makes pseudo-versions as x/mod/module does", async () => {
  const time = fc.date({
    min: new Date("0001-01-01"),
    max: new Date("9999-12-31"),
    noInvalidDate: true,
  });
  const check = async (majorVersion: string, older: string, at: Date) => {
    const input = {
      Major: majorVersion,
      Older: older,
      Time: at.toISOString(),
      Revision: "0123abcd",
    };
    const ours = pseudoVersion(majorVersion, older, at, "0123abcd");
    expect(await oracle.value("pseudoVersion", input)).toBe(ours);
  };
  await fc.assert(fc.asyncProperty(fc.constantFrom("", "v0", "v2"), version, time, check), RUNS);
});

it("orders Go versions as go/version does", async () => {
  const check = async (a: string, b: string) => {
    expect(await oracle.value("goVersion", { a, b })).toStrictEqual({
      valid: isValidGoVersion(a),
      lang: goLanguageVersion(a),
      compare: Math.sign(compareGoVersions(a, b)),
    });
  };
  for (const a of GO_VERSIONS) for (const b of GO_VERSIONS) await check(a, b);
  await fc.assert(fc.asyncProperty(goVersion, goVersion, check), RUNS);
});
