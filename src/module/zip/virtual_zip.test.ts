import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { crc32, deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../test/support/temporary_directory.ts";
import { readZipEntries } from "./central_directory.ts";
import { BytesReader } from "./random_access.ts";
import { askZipOracle } from "./testdata/zip_oracle.ts";
import {
  VirtualZip,
  type VirtualZipFiles,
  virtualZipSize,
  type ZipDataReader,
} from "./virtual_zip.ts";

const PREFIX = "example.com/m@v1.0.0/";

interface File {
  readonly name: string;
  readonly content: Uint8Array;
  /** Whether the zip holds a deflate stream of it. */
  readonly deflated: boolean;
}

/** The files, and how their streams are read. */
function source(list: readonly File[], directories: readonly string[] = []) {
  const streams = list.map(({ content, deflated }) =>
    deflated ? deflateRawSync(content) : content,
  );
  const file = (index: number): File =>
    list[index] ?? { name: "", content: new Uint8Array(0), deflated: false };
  const files: VirtualZipFiles = {
    count: list.length,
    directories,
    name: (index) => file(index).name,
    size: (index) => file(index).content.length,
    storedSize: (index) => (file(index).deflated ? (streams[index]?.length ?? 0) : -1),
    crc32: (index) => crc32(file(index).content),
  };
  const streamOf = (index: number): Uint8Array => streams[index] ?? new Uint8Array(0);
  const readData: ZipDataReader = (index, start, out) => {
    out.set(streamOf(index).subarray(start, start + out.length));
  };
  return { files, streamOf, readData };
}

const FILES: readonly File[] = [
  { name: "a b.txt", content: Buffer.from("with a space"), deflated: true },
  { name: "empty", content: new Uint8Array(0), deflated: true },
  { name: "empty_stored", content: new Uint8Array(0), deflated: false },
  { name: "go.mod", content: Buffer.from("module example.com/m\n"), deflated: false },
  { name: "large.txt", content: Buffer.from("a line\n".repeat(50_000)), deflated: true },
  { name: "tilde~", content: Buffer.from("~"), deflated: true },
  { name: "ä/日本語.go", content: Buffer.from("package x\n"), deflated: true },
];

describe("VirtualZip", () => {
  test("is a zip that Go's archive/zip reads", async () => {
    const cases = [
      source(FILES),
      source([]),
      source(FILES, ["", "d/"]),
      source(Array.from({ length: 65_534 }, (_, index) => tiny(index))),
      source(Array.from({ length: 65_535 }, (_, index) => tiny(index))),
      source(Array.from({ length: 70_000 }, (_, index) => tiny(index))),
    ];
    using directory = temporaryDirectory();
    const paths = cases.map((_, index) => directory.join(`${index}.zip`));
    for (const [index, { files, readData }] of cases.entries()) {
      const zip = new VirtualZip(PREFIX, files);
      writeFileSync(paths[index] ?? "", zip.read(0, zip.size, readData));
    }
    const answers = await askZipOracle(paths);
    for (const [index, { files, streamOf }] of cases.entries()) {
      expect(answers[index]).toEqual({ entries: expectedEntries(files, streamOf) });
    }
  });

  test("is a zip that this codec reads, whatever the files are", () => {
    const file = fc.record({
      name: fc.string({ unit: "grapheme", minLength: 1 }),
      content: fc.uint8Array({ maxLength: 300 }),
      deflated: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(file), (list) => {
        const { files, streamOf, readData } = source(list);
        const zip = new VirtualZip(PREFIX, files);
        const bytes = zip.read(0, zip.size, readData);
        expect(bytes.length).toBe(virtualZipSize(PREFIX, files));
        const entries = readZipEntries(new BytesReader(bytes));
        expect(entries.map(({ name }) => name)).toEqual(list.map(({ name }) => PREFIX + name));
        for (const [index, entry] of entries.entries()) {
          const end = entry.dataOffset + entry.compressedSize;
          expect(bytes.subarray(entry.dataOffset, end)).toEqual(Uint8Array.from(streamOf(index)));
        }
      }),
    );
  });

  test("any part read alone is that part of the whole", () => {
    const { files, readData } = source(FILES, ["d/"]);
    const zip = new VirtualZip(PREFIX, files);
    const whole = zip.read(0, zip.size, readData);
    fc.assert(
      fc.property(fc.nat(zip.size + 10), fc.nat(5000), (offset, length) => {
        const part = zip.read(offset, length, readData);
        expect(Buffer.compare(part, whole.subarray(offset, offset + length))).toBe(0);
      }),
      { numRuns: 1000 },
    );
  });

  test("reads only the streams that it needs", () => {
    const { files } = source(FILES);
    const zip = new VirtualZip(PREFIX, files);
    const read: number[] = [];
    zip.read(zip.size - 300, 300, (index) => void read.push(index));
    expect(read).toEqual([]);
  });

  test("refuses a name that no zip can hold", () => {
    const name = "n".repeat(65_536 - PREFIX.length);
    const { files } = source([{ name, content: new Uint8Array(0), deflated: false }]);
    expect(() => new VirtualZip(PREFIX, files)).toThrow(
      expect.objectContaining({ code: "TOO_LARGE" }),
    );
  });

  test("refuses a zip past 4 GiB", () => {
    const { files } = source(FILES);
    const large: VirtualZipFiles = { ...files, storedSize: () => 0x7fffffff };
    expect(() => new VirtualZip(PREFIX, large)).toThrow(/exceeds 4 GiB/);
  });
});

function tiny(index: number): File {
  return { name: `f${index}`, content: Uint8Array.of(index & 0xff), deflated: false };
}

function expectedEntries(files: VirtualZipFiles, streamOf: (index: number) => Uint8Array) {
  const directories = files.directories.map((name) => ({
    name: PREFIX + name,
    method: 0,
    size: 0,
    sha256: sha256(new Uint8Array(0)),
  }));
  const entries = Array.from({ length: files.count }, (_, index) => ({
    name: PREFIX + files.name(index),
    method: files.storedSize(index) === -1 ? 0 : 8,
    size: files.size(index),
    sha256: sha256(
      FILES[index]?.name === files.name(index) ? FILES[index].content : streamOf(index),
    ),
  }));
  return [...directories, ...entries];
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
