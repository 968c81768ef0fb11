import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isGomodfsError } from "../lib/gomodfs_error.ts";
import { compareBytes } from "../module/byte_order.ts";
import { formatH1 } from "../module/h1.ts";
import type { Manifest } from "./manifest.ts";
import {
  decodeManifest,
  encodeManifest,
  type ManifestRow,
  withStoredSizes,
} from "./manifest_codec.ts";

const H1 = formatH1(createHash("sha256").update("x").digest());

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const name = fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => !text.includes("\0"));
const row = fc.record({
  name,
  size: fc.nat(0xffffffff),
  storedSize: fc.integer({ min: -1, max: 0x7fffffff }),
  crc32: fc.nat(0xffffffff),
  objectId: bytes(20),
  sha256: bytes(32),
});
const rows = fc
  .uniqueArray(row, { selector: (item) => item.name })
  .map((list) => list.sort((a, b) => compareBytes(a.name, b.name)));

function rowsOf(manifest: Manifest): ManifestRow[] {
  return Array.from({ length: manifest.count }, (_, index) => ({
    name: manifest.name(index),
    size: manifest.size(index),
    storedSize: manifest.storedSize(index),
    crc32: manifest.crc32(index),
    objectId: Uint8Array.from(manifest.objectId(index)),
    sha256: Uint8Array.from(manifest.sha256(index)),
  }));
}

function sample(names: readonly string[]): Uint8Array<ArrayBuffer> {
  const hashes = { objectId: new Uint8Array(20), sha256: new Uint8Array(32) };
  return encodeManifest(
    H1,
    names.map((text, size) => ({ name: text, size, storedSize: size, crc32: 0, ...hashes })),
  );
}

describe("manifest codec", () => {
  test("decodes what it encodes", () => {
    fc.assert(
      fc.property(rows, fc.array(name), (files, directories) => {
        const manifest = decodeManifest(encodeManifest(H1, files, directories));
        expect(manifest.h1).toBe(H1);
        expect(manifest.totalSize).toBe(files.reduce((sum, { size }) => sum + size, 0));
        expect(rowsOf(manifest)).toEqual(files);
        expect(manifest.directories).toEqual(directories);
      }),
    );
  });

  test("finds names, and where one that is missing would be", () => {
    fc.assert(
      fc.property(rows, name, (files, wanted) => {
        const manifest = decodeManifest(encodeManifest(H1, files));
        for (const [index, file] of files.entries()) expect(manifest.find(file.name)).toBe(index);
        const index = files.findIndex((file) => compareBytes(file.name, wanted) >= 0);
        const expected = index === -1 ? files.length : index;
        expect(manifest.lowerBound(wanted)).toBe(expected);
        expect(manifest.find(wanted)).toBe(files[expected]?.name === wanted ? expected : -1);
      }),
    );
  });

  test("orders names by UTF-8 bytes", () => {
    const names = ["A", "a-b", "a.b", "a/b", "ab", "\uffee", "\u{10000}"];
    expect(decodeManifest(sample(names)).find("\u{10000}")).toBe(6);
    expect(() => sample(names.toReversed())).toThrow(/not above the one before/);
    expect(() => sample(["a", "a"])).toThrow(/not above the one before/);
    expect(() => sample(["a\0b"])).toThrow(/NUL/);
  });

  test("a manifest without files", () => {
    const manifest = decodeManifest(sample([]));
    expect(manifest).toMatchObject({ count: 0, totalSize: 0, directories: [] });
    expect(manifest.find("")).toBe(-1);
    expect(manifest.lowerBound("a")).toBe(0);
    expect(() => manifest.size(0)).toThrow(RangeError);
    expect(() => manifest.name(-1)).toThrow(RangeError);
  });

  test("withStoredSizes() changes nothing else", () => {
    fc.assert(
      fc.property(rows, (files) => {
        const encoded = encodeManifest(H1, files);
        const sizes = Int32Array.from(files, (_, index) => index - 1);
        const changed = files.map((file, index) => ({ ...file, storedSize: index - 1 }));
        expect(rowsOf(decodeManifest(withStoredSizes(encoded, sizes)))).toEqual(changed);
        expect(rowsOf(decodeManifest(encoded))).toEqual(files);
      }),
    );
    expect(() => withStoredSizes(sample(["a"]), new Int32Array(2))).toThrow(RangeError);
  });

  test("refuses bytes that are no manifest", () => {
    const encoded = sample(["a", "b"]);
    for (let length = 0; length < encoded.length; length++) {
      expect(() => decodeManifest(encoded.subarray(0, length))).toThrow(
        expect.objectContaining({ code: "STORE" }),
      );
    }
    expect(() => decodeManifest(Buffer.concat([encoded, Buffer.alloc(1)]))).toThrow(/add up/);
  });

  test.each([
    { title: "fewer", from: 0, to: 0x61 },
    { title: "more", from: 0x61, to: 0 },
  ])("refuses $title names than files", ({ from, to }) => {
    const encoded = sample(["aa", "b"]);
    const names = encoded.subarray(64 + 2 * 64);
    names[names.indexOf(from)] = to;
    expect(() => decodeManifest(encoded).name(0)).toThrow(/names than files/);
  });

  test("hostile bytes give a STORE error or a manifest, and never more than they hold", () => {
    const encoded = sample(["go.mod", "a/b", "c"].sort());
    const change = fc.tuple(fc.nat(encoded.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
        const changed = encoded.slice();
        for (const [offset, value] of changes) changed[offset] = value;
        try {
          const manifest = decodeManifest(changed);
          expect(rowsOf(manifest)).toHaveLength(3);
          manifest.find("a/b");
        } catch (error) {
          if (!isGomodfsError(error, "STORE")) throw error;
        }
      }),
      { numRuns: 1000 },
    );
  });
});
