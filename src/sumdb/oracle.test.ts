import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Question, SumdbOracle } from "../../test/sumdb_oracle/oracle.ts";
import { encodeBase64 } from "./base64.ts";
import { formatHash, type Hash } from "./hash.ts";
import { type NoteSignature, openNote, signNote } from "./note.ts";
import { proveRecord, proveTree } from "./proof.ts";
import { generateKeyPair, parseSignerKey } from "./signer.ts";
import {
  newTiles,
  parseTilePath,
  readTileData,
  type Tile,
  tileForIndex,
  tilePath,
} from "./tile.ts";
import {
  type HashReader,
  splitStoredHashIndex,
  storedHashCount,
  storedHashes,
  storedHashIndex,
  treeHash,
} from "./tlog.ts";
import { formatRecord, parseRecord, parseTree } from "./tree_note.ts";
import { parseVerifierKey, verifierList } from "./verifier.ts";

/** A question to golang.org/x/mod and how we answer it. */
type Case = readonly [question: Question, ours: () => unknown];

/** Records of the log "leaf 0", "leaf 1", ..., which operations.go has too. */
const LOG_SIZE = 600;

let oracle: SumdbOracle;
let log: HashReader;

beforeAll(async () => {
  oracle = await SumdbOracle.start();
  log = await leafLog(LOG_SIZE);
});

afterAll(() => oracle.stop());

/** Looks for a generated value for which golang.org/x/mod has another answer than we; undefined if there is none. */
async function disagreement<T>(
  values: fc.Arbitrary<T>,
  cases: (value: T) => readonly Case[] | Promise<readonly Case[]>,
): Promise<string | undefined> {
  const property = fc.asyncProperty(values, async (value) => {
    for (const [question, ours] of await cases(value)) {
      const theirs = await oracle.ask(question);
      const own = await answer(ours);
      const agrees =
        theirs.error === undefined
          ? own.error === undefined && isDeepStrictEqual(own.result, theirs.result)
          : own.error !== undefined;
      if (!agrees) throw new Error(JSON.stringify({ question, theirs, own }));
    }
  });
  const details = await fc.check(property);
  return details.failed ? (fc.defaultReportMessage(details) ?? "failed") : undefined;
}

async function answer(ours: () => unknown): Promise<{ result?: unknown; error?: string }> {
  try {
    return { result: await ours() };
  } catch (error) {
    return { error: String(error) };
  }
}

async function leafLog(size: number): Promise<HashReader> {
  const hashes: Hash[] = [];
  const reader: HashReader = {
    readHashes: async (indexes) =>
      indexes.map((index) => hashes[index]).filter((hash) => hash !== undefined),
  };
  for (let n = 0; n < size; n++) {
    hashes.push(...(await storedHashes(n, Buffer.from(`leaf ${n}`), reader)));
  }
  return reader;
}

const coordinates = (tile: Tile) => [tile.height, tile.level, tile.number, tile.width];
const size = fc.integer({ min: 0, max: LOG_SIZE });
const large = fc
  .tuple(fc.integer({ min: 0, max: 48 }), fc.maxSafeNat())
  .map(([e, n]) => n % 2 ** e);

describe("tlog", () => {
  test("stored hash indexes", async () => {
    const values = fc.tuple(fc.integer({ min: 0, max: 10 }), large);
    const found = await disagreement(values, ([level, n]) => {
      const small = Math.floor(n / 2 ** level);
      return [
        [{ op: "storedHashIndex", level, n: small }, () => storedHashIndex(level, small)],
        [{ op: "splitStoredHashIndex", n }, () => Object.values(splitStoredHashIndex(n))],
        [{ op: "storedHashCount", size: n }, () => storedHashCount(n)],
      ];
    });
    expect(found).toBeUndefined();
  });

  test("tree hashes", async () => {
    const found = await disagreement(size, (n) => [
      [{ op: "treeHash", size: n }, async () => formatHash(await treeHash(n, log))],
    ]);
    expect(found).toBeUndefined();
  });

  test("proofs", async () => {
    const found = await disagreement(fc.tuple(size, size), ([a, n]) => [
      [
        { op: "proveRecord", size: a, n },
        async () => (await proveRecord(a, n, log)).map(formatHash),
      ],
      [
        { op: "proveTree", size: a, older: n },
        async () => (await proveTree(a, n, log)).map(formatHash),
      ],
    ]);
    expect(found).toBeUndefined();
  });
});

describe("tiles", () => {
  const height = fc.integer({ min: 1, max: 10 });

  test("tiles of hashes", async () => {
    const found = await disagreement(fc.tuple(height, large), ([h, n]) => [
      [{ op: "tileForIndex", height: h, n }, () => coordinates(tileForIndex(h, n))],
    ]);
    expect(found).toBeUndefined();
  });

  test("new tiles, their paths and data", async () => {
    const found = await disagreement(fc.tuple(height, size, size), ([h, older, newer]) => {
      const tiles = newTiles(h, older, newer);
      const listed: Case = [
        { op: "newTiles", height: h, older, size: newer },
        () => tiles.map(coordinates),
      ];
      const read = tiles.slice(-3).flatMap((tile): Case[] => [
        [{ op: "tilePath", tile: coordinates(tile) }, () => tilePath(tile)],
        [
          { op: "tileData", tile: coordinates(tile) },
          async () => encodeBase64(await readTileData(tile, log)),
        ],
      ]);
      return [listed, ...read];
    });
    expect(found).toBeUndefined();
  });

  test("paths", async () => {
    const digits = fc.string({ unit: fc.constantFrom(..."0123456789".split("")), maxLength: 4 });
    const odd = fc.constantFrom("data", "", "+1", "-1", "1_0");
    const element = fc.oneof(
      digits,
      digits.map((d) => `x${d}`),
      odd,
    );
    const last = fc.oneof(
      element,
      fc.tuple(digits, digits).map(([n, w]) => `${n}.p/${w}`),
    );
    const values = fc.tuple(fc.array(element, { minLength: 1, maxLength: 5 }), last);
    const found = await disagreement(values, ([elements, end]) => {
      const text = `tile/${elements.join("/")}/${end}`;
      return [[{ op: "parseTilePath", text }, () => coordinates(parseTilePath(text))]];
    });
    expect(found).toBeUndefined();
  });

  test("paths that are nearly right", async () => {
    const values = fc.tuple(height, fc.nat(70), large, fc.nat(1100));
    const found = await disagreement(values, ([h, level, number, width]) => {
      const text = tilePath({ height: h, level, number, width });
      return [[{ op: "parseTilePath", text }, () => coordinates(parseTilePath(text))]];
    });
    expect(found).toBeUndefined();
  });
});

/** `valid` with a few bytes replaced, which may leave it valid. */
function mutations(valid: string): fc.Arbitrary<Buffer> {
  const bytes = Buffer.from(valid);
  const special = ["\n", "\r", "+", "-", "0", " ", "=", "\n\n", "\u0085", "\ufeff", ""];
  const inserted = fc.oneof(
    fc.uint8Array({ maxLength: 3 }),
    fc.constantFrom(...special).map((text) => Buffer.from(text)),
  );
  return fc
    .tuple(fc.nat(bytes.length), fc.nat(3), inserted)
    .map(([at, removed, text]) =>
      Buffer.concat([bytes.subarray(0, at), text, bytes.subarray(at + removed)]),
    );
}

describe("notes", () => {
  const own = generateKeyPair("example.com/log");
  const other = generateKeyPair("other");
  const signers = [own, other].map((pair) => parseSignerKey(pair.signerKey));
  const signed = Buffer.from(signNote({ text: "one\n\ntwo\n" }, ...signers)).toString();
  const plain = (signatures: readonly NoteSignature[]) =>
    signatures.map((s) => [s.name, s.keyHash, s.base64]);

  test("open alike", async () => {
    const known = verifierList(parseVerifierKey(own.verifierKey));
    const found = await disagreement(mutations(signed), (message) => [
      [
        { op: "openNote", bytes: encodeBase64(message), keys: [own.verifierKey] },
        () => {
          const note = openNote(message, known);
          return [note.text, plain(note.signatures), plain(note.unverifiedSignatures)];
        },
      ],
    ]);
    expect(found).toBeUndefined();
  });

  test("are signed alike", async () => {
    const found = await disagreement(fc.string({ unit: "grapheme" }), (text) => [
      [
        { op: "signNote", text, keys: [own.signerKey, other.signerKey] },
        () => encodeBase64(signNote({ text }, ...signers)),
      ],
    ]);
    expect(found).toBeUndefined();
  });

  test("have keys that are read alike", async () => {
    const values = fc.tuple(
      mutations(own.verifierKey).map(String),
      mutations(own.signerKey).map(String),
    );
    const found = await disagreement(values, ([verifierKey, signerKey]) => [
      [
        { op: "parseVerifierKey", text: verifierKey },
        () => {
          const verifier = parseVerifierKey(verifierKey);
          return [verifier.name, verifier.keyHash];
        },
      ],
      [
        { op: "parseSignerKey", text: signerKey },
        () => {
          const signer = parseSignerKey(signerKey);
          return [signer.name, signer.keyHash];
        },
      ],
    ]);
    expect(found).toBeUndefined();
  });

  test("hold trees that are read alike", async () => {
    const tree =
      "go.sum database tree\n123456\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=\nmore\n";
    // A tree's text comes out of a note: it is UTF-8.
    const found = await disagreement(mutations(tree).map(String), (text) => [
      [
        { op: "parseTree", bytes: encodeBase64(Buffer.from(text)) },
        () => {
          const parsed = parseTree(text);
          return [parsed.size, formatHash(parsed.hash)];
        },
      ],
    ]);
    expect(found).toBeUndefined();
  });

  test("follow records that are read alike", async () => {
    const found = await disagreement(
      mutations("123\none line\nanother\n\nrest\n\nof it"),
      (message) => [
        [
          { op: "parseRecord", bytes: encodeBase64(message) },
          () => {
            const { id, text, rest } = parseRecord(message);
            return [id, encodeBase64(text), encodeBase64(rest)];
          },
        ],
        [
          { op: "formatRecord", n: 7, bytes: encodeBase64(message) },
          () => encodeBase64(formatRecord(7, message)),
        ],
      ],
    );
    expect(found).toBeUndefined();
  });
});
