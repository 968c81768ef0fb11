import { createHash, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { deflateRawSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { writeModuleZip, writeZip } from "../../test/support/hostile_zip.ts";
import { temporaryDirectory } from "../../test/support/temporary_directory.ts";
import { formatModuleVersion } from "../module/module_version.ts";
import { parseModuleVersion } from "../module/path.ts";
import { Adler32 } from "./adler32.ts";
import { ContentDigester } from "./content_digest.ts";
import { PIECE_LENGTH } from "./entry_content.ts";
import { readModuleEntries } from "./module_entries.ts";
import type { ZipContent } from "./module_store.ts";
import { openZipBytes } from "./zip_bytes_reader.ts";

const digester = new ContentDigester();
const id = parseModuleVersion("example.com/m", "v1.0.0");
const PREFIX = `${formatModuleVersion(id)}/`;

const LENGTHS = [0, 1, 4096, PIECE_LENGTH - 1, PIECE_LENGTH, PIECE_LENGTH + 1, 3 * PIECE_LENGTH];
/** One that deflates well, and one that has more deflated bytes than content. */
const CONTENTS = LENGTHS.flatMap((length) => [
  Buffer.alloc(length, "a line that comes again\n"),
  randomBytes(length),
]);

function expected(content: Uint8Array, storedSize: number) {
  return {
    storedSize,
    sha256: createHash("sha256").update(content).digest(),
    objectId: createHash("sha1").update(`blob ${content.length}\0`).update(content).digest(),
    adler32: new Adler32().compute(content),
  };
}

function digests(zip: ZipContent) {
  const reader = openZipBytes(zip);
  const { files } = readModuleEntries(id, reader);
  const found = files.map(({ entry }) => digester.digest(reader, entry));
  reader.close();
  return found;
}

describe("ContentDigester", () => {
  const names = CONTENTS.map((_, index) => `file${String(index).padStart(2, "0")}`);
  const compressed = writeModuleZip(
    id,
    Object.fromEntries(CONTENTS.map((content, index) => [names[index] ?? "", content])),
  );
  const stored = writeZip(
    CONTENTS.map((content, index) => ({
      name: PREFIX + (names[index] ?? ""),
      content,
      method: 0,
    })),
  );

  test("agrees with the hashes of whole contents of any length", () => {
    const sizes = CONTENTS.map((content) => deflateRawSync(content).length);
    expect(digests({ kind: "memory", bytes: compressed })).toEqual(
      CONTENTS.map((content, index) => expected(content, sizes[index] ?? -1)),
    );
  });

  test("reads what is not compressed", () => {
    const zip: ZipContent = { kind: "memory", bytes: stored };
    expect(digests(zip)).toEqual(CONTENTS.map((content) => expected(content, content.length)));
  });

  test("reads from a file, and from memory that threads share", () => {
    using directory = temporaryDirectory();
    const path = directory.join("module.zip");
    writeFileSync(path, compressed);
    const shared = new Uint8Array(new SharedArrayBuffer(compressed.length));
    shared.set(compressed);
    const inMemory = digests({ kind: "memory", bytes: compressed });
    expect(digests({ kind: "file", path, size: compressed.length })).toEqual(inMemory);
    expect(digests({ kind: "shared", bytes: shared })).toEqual(inMemory);
  });
});
