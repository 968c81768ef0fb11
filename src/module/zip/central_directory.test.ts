import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  writeZip,
  type ZipEntrySpec,
  type ZipSpec,
  zip64Extra,
} from "../../../test/support/hostile_zip.ts";
import { temporaryDirectory } from "../../../test/support/temporary_directory.ts";
import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { readZipEntries } from "./central_directory.ts";
import { BytesReader } from "./random_access.ts";
import { askZipOracle } from "./testdata/zip_oracle.ts";
import type { ZipEntry } from "./zip_entry.ts";

interface Case {
  readonly title: string;
  readonly entries: readonly ZipEntrySpec[];
  readonly zip?: ZipSpec;
}

const one: ZipEntrySpec = { name: "a.txt", content: "content of a" };
const two: ZipEntrySpec = { name: "b.txt", content: "content of b".repeat(100) };
const JUNK = Buffer.from("#!/bin/sh\nexit 1\n");

/** Zips that Go reads and this reads the same way. */
const GOOD: readonly Case[] = [
  { title: "no entries", entries: [] },
  { title: "one deflated entry", entries: [one] },
  { title: "several entries, not in order", entries: [two, one] },
  { title: "a stored entry", entries: [{ ...one, method: 0 }] },
  { title: "an empty file", entries: [{ name: "empty" }, { name: "stored", method: 0 }] },
  { title: "a directory", entries: [{ name: "d/", method: 0 }, one] },
  { title: "a signed data descriptor", entries: [{ ...one, dataDescriptor: "signed" }, two] },
  { title: "an unsigned data descriptor", entries: [{ ...one, dataDescriptor: "unsigned" }] },
  { title: "a comment", entries: [one], zip: { comment: "comment" } },
  { title: "the longest comment", entries: [one], zip: { comment: "c".repeat(65_535) } },
  { title: "bytes before the zip", entries: [one, two], zip: { before: JUNK } },
  { title: "bytes after the zip", entries: [one, two], zip: { after: JUNK } },
  { title: "bytes before and after", entries: [one, two], zip: { before: JUNK, after: JUNK } },
  { title: "zip64 end record", entries: [one, two], zip: { zip64: true } },
  {
    title: "zip64 sizes",
    entries: [
      {
        ...one,
        size: 0xffffffff,
        compressedSize: 0xffffffff,
        extra: zip64Extra(12, deflateRawSync("content of a").length),
      },
    ],
  },
  { title: "a UTF-8 name without the flag", entries: [{ name: "ä/日本.txt", flags: 0 }] },
  { title: "a wrong directory size", entries: [one, two], zip: { directorySize: 1 } },
];

/** Zips that no reader should take, and the reason that the error gives. Some of them Go's archive/zip takes. */
const BAD: readonly (Case & { readonly reason: RegExp })[] = [
  { title: "encrypted", entries: [{ ...one, flags: 1 }], reason: /"a.txt" is encrypted/ },
  { title: "strongly encrypted", entries: [{ ...one, flags: 0x41 }], reason: /is encrypted/ },
  { title: "encrypted locally", entries: [{ ...one, localFlags: 1 }], reason: /is encrypted/ },
  { title: "another method", entries: [{ ...one, method: 12 }], reason: /"a.txt".* method 12/ },
  {
    title: "another local method",
    entries: [{ ...one, localMethod: 0 }],
    reason: /"a.txt" has another compression method/,
  },
  {
    title: "another local name",
    entries: [{ ...one, localName: "b.txt" }],
    reason: /"a.txt" has another name/,
  },
  {
    title: "a longer local name",
    entries: [{ ...one, localName: "a.txt.exe" }],
    reason: /"a.txt" has another name/,
  },
  {
    title: "no local header",
    entries: [{ ...one, localSignature: 0x04034b51 }],
    reason: /"a.txt" has no local header/,
  },
  {
    title: "another CRC in the data descriptor",
    entries: [{ ...one, dataDescriptor: "signed", descriptorCrc32: 1 }],
    reason: /"a.txt" has another CRC-32/,
  },
  {
    title: "two entries on the same bytes",
    entries: [one, { ...one, headerOffset: 0 }],
    reason: /"a.txt" overlaps/,
  },
  {
    title: "an entry within another",
    entries: [
      { name: "outer", method: 0, content: writeZip([one]) },
      { ...one, headerOffset: 35 },
    ],
    reason: /"a.txt" overlaps/,
  },
  {
    title: "data past the directory",
    entries: [{ ...one, compressedSize: 5000 }],
    reason: /"a.txt" ends outside/,
  },
  {
    title: "a header past the end",
    entries: [{ ...one, headerOffset: 100_000 }],
    reason: /"a.txt" begins outside/,
  },
  {
    title: "on another disk",
    entries: [{ ...one, disk: 1 }],
    reason: /"a.txt" is on another disk/,
  },
  { title: "several disks", entries: [one], zip: { disk: 1 }, reason: /spans several disks/ },
  {
    title: "several disks in zip64",
    entries: [one],
    zip: { disk: 1, zip64: true },
    reason: /spans several disks/,
  },
  {
    title: "too few entries",
    entries: [one],
    zip: { records: 2 },
    reason: /1 entries and ann.* 2/,
  },
  { title: "too many entries", entries: [one, two], zip: { records: 1 }, reason: /2 entries/ },
  {
    title: "a directory out of bounds",
    entries: [one],
    zip: { directorySize: 100_000 },
    reason: /out of bounds/,
  },
  {
    title: "an absurd zip64 directory",
    entries: [one],
    zip: { zip64: true, directorySize: Number.MAX_SAFE_INTEGER },
    reason: /out of bounds/,
  },
  {
    title: "an absurd zip64 number of entries",
    entries: [one],
    zip: { zip64: true, records: Number.MAX_SAFE_INTEGER },
    reason: /1 entries/,
  },
  {
    title: "zip64 sizes without their field",
    entries: [{ ...one, compressedSize: 0xffffffff }],
    reason: /"a.txt" lacks its zip64 field/,
  },
  {
    title: "a zip64 end record behind other bytes, which its locator does not count",
    entries: [one],
    zip: { zip64: true, before: JUNK },
    reason: /points at no zip64 record/,
  },
  {
    title: "a short zip64 field",
    entries: [{ ...one, compressedSize: 0xffffffff, extra: zip64Extra() }],
    reason: /zip64 field of zip entry "a.txt" is truncated/,
  },
  {
    title: "a name that is not UTF-8",
    entries: [{ ...one, name: Uint8Array.of(0x61, 0xff) }],
    reason: /not UTF-8/,
  },
];

describe("readZipEntries()", () => {
  test("agrees with Go's archive/zip about good zips", async () => {
    using directory = temporaryDirectory();
    const zips = GOOD.map(({ entries, zip }) => writeZip(entries, zip));
    const paths = zips.map((_, index) => directory.join(`${index}.zip`));
    await Promise.all(zips.map((bytes, index) => writeFile(paths[index] ?? "", bytes)));
    const answers = await askZipOracle(paths);
    for (const [index, { title }] of GOOD.entries()) {
      expect.soft({ title, entries: seen(zips[index]) }).toEqual({ title, ...answers[index] });
    }
  });

  test.each(BAD)("refuses $title", ({ entries, zip, reason }) => {
    const error = refusal(writeZip(entries, zip));
    expect(error.code).toBe("INVALID");
    expect(error.message).toMatch(reason);
  });

  test("refuses every zip cut short", () => {
    const bytes = writeZip([one, two]);
    for (let length = 0; length < bytes.length; length++) {
      expect(refusal(bytes.subarray(0, length)).code).toBe("INVALID");
    }
  });

  test("refuses more entries than any module has", () => {
    const header = Buffer.from(writeZip([{ name: "" }])).subarray(32, 78);
    const count = 1_000_001;
    const directory = Buffer.alloc(header.length * count, header);
    const end = writeZip([], { records: count & 0xffff, directorySize: directory.length });
    expect(refusal(Buffer.concat([directory, end])).code).toBe("TOO_LARGE");
  });

  test("hostile bytes are refused with a GomodfsError, or read without an error", () => {
    const bytes = writeZip([one, { ...two, dataDescriptor: "signed" }], { zip64: true });
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
        const changed = bytes.slice();
        for (const [offset, value] of changes) changed[offset] = value;
        expect(["read", "INVALID", "TOO_LARGE"]).toContain(outcome(changed));
      }),
      { numRuns: 2000 },
    );
  });
});

/** What the oracle says of each entry, read by this codec. */
function seen(zip: Uint8Array = new Uint8Array(0)) {
  return readZipEntries(new BytesReader(zip)).map((entry) => ({
    name: entry.name,
    method: entry.method,
    size: entry.size,
    sha256: entry.name.endsWith("/") ? sha256("") : sha256(content(zip, entry)),
  }));
}

function content(zip: Uint8Array, entry: ZipEntry): Uint8Array {
  const data = zip.subarray(entry.dataOffset, entry.dataOffset + entry.compressedSize);
  return entry.method === 0 ? data : inflateRawSync(data);
}

function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function outcome(zip: Uint8Array): string {
  try {
    readZipEntries(new BytesReader(zip));
    return "read";
  } catch (error) {
    return error instanceof GomodfsError ? error.code : String(error);
  }
}

function refusal(zip: Uint8Array): GomodfsError {
  try {
    readZipEntries(new BytesReader(zip));
  } catch (error) {
    if (error instanceof GomodfsError) return error;
    throw error;
  }
  throw new Error("the zip was read");
}
