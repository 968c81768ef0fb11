import { hash } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { foldCase } from "../../src/module/case_folding.ts";
import { hash1 } from "../../src/module/dirhash.ts";
import { parseModuleVersion } from "../../src/module/path.ts";
import { formatRevisionInfo, parseRevisionInfo } from "../../src/module/revision_info.ts";
import { checkZipEntries, MAX_GO_MOD, MAX_ZIP_FILE } from "../../src/module/zip_rules.ts";
import { outcome, verdict } from "./agreement.ts";
import { mutated } from "./mutations.ts";
import { Oracle } from "./oracle.ts";

const ID = parseModuleVersion("example.com/m", "v1.2.3");
const PREFIX = "example.com/m@v1.2.3/";
const NAMES = [
  "",
  "x y.go",
  ..."go.mod GO.MOD sub/go.mod sub/Go.Mod LICENSE a A a/b a/ A/c b/c/d.go B/x con / a//b ../x".split(
    " ",
  ),
  ..."strasse straße STRAẞE ς σ Σ ı i İ \u212a k".split(" "),
];
const NAME_PIECES = [..."a A / // . .. go.mod ß * \\ ſ".split(" "), " ", "\n"];
const SIZES = [0, 1, MAX_GO_MOD, MAX_GO_MOD + 1, MAX_ZIP_FILE - 1, MAX_ZIP_FILE, MAX_ZIP_FILE + 1];

let oracle: Oracle;
beforeAll(() => {
  oracle = new Oracle();
});
afterAll(async () => await oracle[Symbol.asyncDispose]());

it("accepts the zips that x/mod/zip CheckZip accepts", async () => {
  const name = fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...NAMES).map((text) => PREFIX + text) },
    { weight: 2, arbitrary: mutated(NAMES, NAME_PIECES).map((text) => PREFIX + text) },
    { weight: 1, arbitrary: mutated([PREFIX], NAME_PIECES) },
  );
  const size = fc.oneof(
    { weight: 6, arbitrary: fc.constant(1) },
    { weight: 1, arbitrary: fc.constantFrom(...SIZES) },
  );
  const entry = fc.record({ name, size, symlink: fc.boolean() });
  let accepted = 0;
  const property = fc.asyncProperty(fc.array(entry, { maxLength: 5 }), async (entries) => {
    const ours = outcome(() => checkZipEntries(ID, entries) === undefined);
    if ("value" in ours) accepted++;
    expect(verdict(ours)).toStrictEqual(verdict(await oracle.ask("checkZip", { ...ID, entries })));
  });
  await fc.assert(property, { numRuns: 4000 });
  expect(accepted).toBeGreaterThan(500); // not nearly everything was wrong
});

it("takes the letters for equal that strings.EqualFold does", async () => {
  const orbits = Object.entries(Object(await oracle.value("caseOrbits", {})));
  expect(orbits.length).toBeGreaterThan(2000);
  const ours = new Map<string, Set<string>>();
  const theirs = new Map<unknown, Set<string>>();
  for (const [letter, least] of orbits) {
    ours.set(foldCase(letter), (ours.get(foldCase(letter)) ?? new Set()).add(letter));
    theirs.set(least, (theirs.get(least) ?? new Set()).add(letter));
  }
  expect(new Set(ours.values())).toStrictEqual(new Set(theirs.values()));
});

it("hashes trees as x/mod/sumdb/dirhash does", async () => {
  const names = "a b/c example.com/m@v1.2.3/go.mod é \u{10400} \ue000".split(" ");
  const name = mutated(names, ["a", "/", "\n", "é", "\u{1f600}", "\uffff"]);
  const tree = fc.dictionary(name, fc.string({ unit: "grapheme", maxLength: 3 }));
  const property = fc.asyncProperty(tree, async (contents) => {
    const files = Object.entries(contents).map(([path, content]) => ({
      name: path,
      sha256: hash("sha256", content, "buffer"),
    }));
    const ours = outcome(() => hash1(files));
    expect(verdict(ours)).toStrictEqual(verdict(await oracle.ask("hash1", contents)));
  });
  await fc.assert(property, { numRuns: 1000 });
});

it("writes .info files byte for byte as cmd/go does", async () => {
  const infos = [
    '{"Version":"v1.2.3","Time":"2024-01-02T03:04:05Z"}',
    '{"Version":"v1","Time":"2024-02-29T03:04:05.120+02:00","Origin":{"VCS":"git","URL":"https://x.y/z?a=<b>&c","Hash":"abc","Ref":"refs/tags/v1.2.3"}}',
    '{"Origin":{"RepoSum":"r1:x","TagSum":"t1:","TagPrefix":"p/","Subdir":"s"},"time":null,"VERSION":"v1","Name":"x","Short":"y"}',
    '{"Version":"\\u2028\\ud800\\u003c","Time":"0001-01-01T00:00:00-00:00","Origin":{}}',
    '{"Version":"\\u0008\\f\\n\\u001f\\u007f","Origin":null}',
    "null",
  ];
  const pieces = [
    ...'" { } , : null [] 1 \\ \\u2029 < é \u{1f600} \u2028 \ufeff \n "version":"v9",'.split(" "),
    ..."Z +00:00 -23:59 +24:00 . .000000001 .1234567899 0 9 24 60 02-30 t".split(" "),
    " ",
  ];
  const property = fc.asyncProperty(mutated(infos, pieces), async (text) => {
    const ours = outcome(() => formatRevisionInfo(parseRevisionInfo(Buffer.from(text))));
    expect(verdict(ours)).toStrictEqual(verdict(await oracle.ask("revisionInfo", text)));
  });
  await fc.assert(property, { numRuns: 6000, examples: infos.map((text): [string] => [text]) });
});
