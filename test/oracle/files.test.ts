import { createHash } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { foldCase } from "../../src/module/case_folding.ts";
import { hash1 } from "../../src/module/dirhash.ts";
import { parseModuleVersion } from "../../src/module/path.ts";
import { formatRevisionInfo, parseRevisionInfo } from "../../src/module/revision_info.ts";
import { checkZipEntries, MAX_GO_MOD, MAX_ZIP_FILE } from "../../src/module/zip_rules.ts";
import { expectAgreement, outcome } from "./agreement.ts";
import { mutated } from "./mutations.ts";
import { Oracle } from "./oracle.ts";

const ID = parseModuleVersion("example.com/m", "v1.2.3");
const PREFIX = "example.com/m@v1.2.3/";
const NAMES = [
  ...[
    "go.mod",
    "GO.MOD",
    "sub/go.mod",
    "sub/Go.Mod",
    "LICENSE",
    "a",
    "A",
    "a/b",
    "a/",
    "A/c",
    "b/c/d.go",
    "B/x",
  ],
  ...[
    "strasse",
    "straße",
    "STRAẞE",
    "ς",
    "σ",
    "Σ",
    "ı",
    "i",
    "İ",
    "\u212a",
    "k",
    "con",
    "x y.go",
    "",
    "/",
    "a//b",
    "../x",
  ],
];
const NAME_PIECES = ["a", "A", "/", "//", ".", "..", "go.mod", " ", "ß", "*", "\\", "\n", "ſ"];
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
  const check = async (entries: readonly { name: string; size: number; symlink: boolean }[]) => {
    // A directory of the central directory with a size is no matter: archive/zip refuses to write it, not to read it.
    const written = entries.map((e) => ({ ...e, size: e.name.endsWith("/") ? 0 : e.size }));
    const theirs = await oracle.ask("checkZip", { ...ID, entries: written });
    expectAgreement(
      theirs,
      outcome(() => checkZipEntries(ID, written) === undefined),
      entries,
    );
  };
  await fc.assert(fc.asyncProperty(fc.array(entry, { maxLength: 5 }), check), { numRuns: 4000 });
});

it("folds the case of letters as strings.EqualFold does", async () => {
  const letters = Array.from({ length: 0x110000 }, (_, point) => point)
    .filter((point) => point < 0xd800 || point > 0xdfff)
    .map((point) => String.fromCodePoint(point))
    // What Unicode has defined since the version of Go's tables cannot be compared.
    .filter((letter) => /^\p{L}$/u.test(letter) && foldCase(letter) !== letter);
  expect(letters.length).toBeGreaterThan(1000);
  const others = [
    "ß",
    "ẞ",
    "s",
    "S",
    "ſ",
    "i",
    "I",
    "ı",
    "İ",
    "k",
    "\u212a",
    "ς",
    "σ",
    "µ",
    "μ",
    "ΐ",
    "\u1fd3",
  ];
  for (const letter of letters.filter((_, index) => index % 3 === 0)) {
    const upper = letter.toUpperCase();
    expect([
      letter,
      await oracle.value("equalFold", { a: letter, b: foldCase(letter) }),
    ]).toStrictEqual([letter, true]);
    const ours = foldCase(letter) === foldCase(upper);
    expect([letter, await oracle.value("equalFold", { a: letter, b: upper })]).toStrictEqual([
      letter,
      ours,
    ]);
  }
  for (const a of others) {
    for (const b of others) {
      const ours = foldCase(a) === foldCase(b);
      expect([a, b, await oracle.value("equalFold", { a, b })]).toStrictEqual([a, b, ours]);
    }
  }
});

it("hashes trees as x/mod/sumdb/dirhash does", async () => {
  const name = mutated(
    ["a", "b/c", "example.com/m@v1.2.3/go.mod", "é", "\u{10400}", "\ue000"],
    ["a", "/", "\n", "é", "\u{1f600}", "\uffff"],
  );
  const check = async (contents: Readonly<Record<string, string>>) => {
    const files = Object.entries(contents).map(([file, content]) => ({
      name: file,
      sha256: createHash("sha256").update(content).digest(),
    }));
    expectAgreement(
      await oracle.ask("hash1", contents),
      outcome(() => hash1(files)),
      contents,
    );
  };
  await fc.assert(fc.asyncProperty(fc.dictionary(name, fc.string({ maxLength: 3 })), check), {
    numRuns: 1000,
  });
});

it("writes .info files byte for byte as cmd/go does", async () => {
  const infos = [
    '{"Version":"v1.2.3","Time":"2024-01-02T03:04:05Z"}',
    '{"Version":"v1.2.3","Time":"2024-02-29T03:04:05.120+02:00","Origin":{"VCS":"git","URL":"https://x.y/z?a=<b>&c","Hash":"abc","Ref":"refs/tags/v1.2.3"}}',
    '{"Origin":{"RepoSum":"r1:x","TagSum":"t1:","TagPrefix":"p/","Subdir":"s"},"time":null,"VERSION":"v1","Name":"x","Short":"y"}',
    '{"Version":"\\u2028\\ud800\\u003c","Time":"0001-01-01T00:00:00-00:00","Origin":{}}',
    '{"Version":"\\u0008\\f\\n\\u001f\\u007f","Origin":null}',
    "null",
    "{}",
  ];
  const pieces = [
    ...[
      '"',
      "{",
      "}",
      ",",
      ":",
      "null",
      "[]",
      "1",
      "\\",
      "\\u2029",
      "<",
      "é",
      "\u{1f600}",
      "\u2028",
      "\ufeff",
      " ",
      "\n",
    ],
    ...[
      "Z",
      "+00:00",
      "-23:59",
      "+24:00",
      ".",
      ".000000001",
      ".1234567899",
      "0",
      "9",
      "24",
      "60",
      "02-30",
      "t",
      '"version":"v9",',
    ],
  ];
  const check = async (text: string) => {
    const ours = outcome(() => formatRevisionInfo(parseRevisionInfo(Buffer.from(text))));
    expectAgreement(await oracle.ask("revisionInfo", text), ours, text);
  };
  for (const text of infos) await check(text);
  await fc.assert(fc.asyncProperty(mutated(infos, pieces), check), { numRuns: 6000 });
});
