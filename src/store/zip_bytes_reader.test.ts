import { readdirSync, readlinkSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../test/support/temporary_directory.ts";
import { openZipBytes } from "./zip_bytes_reader.ts";

const BYTES = Uint8Array.from({ length: 300_000 }, (_, index) => (index * index) >> 5);

test("a file and memory read the same at any offset, and what was read stays", () => {
  using directory = temporaryDirectory();
  const path = directory.join("bytes");
  writeFileSync(path, BYTES);
  const readers = [
    openZipBytes({ kind: "memory", bytes: BYTES.slice() }),
    openZipBytes({ kind: "file", path, size: BYTES.length }),
  ];
  const reads = fc.array(fc.tuple(fc.nat(BYTES.length), fc.nat(100_000)), { maxLength: 10 });
  for (const reader of readers) {
    fc.assert(
      fc.property(reads, (ranges) => {
        const inside = ranges.filter(([offset, length]) => offset + length <= BYTES.length);
        const parts = inside.map(([offset, length]) => reader.read(offset, length));
        for (const [index, [offset, length]] of inside.entries()) {
          const expected = BYTES.subarray(offset, offset + length);
          expect(Buffer.compare(parts[index] ?? new Uint8Array(1), expected)).toBe(0);
        }
      }),
    );
    expect(reader.size).toBe(BYTES.length);
    expect(() => reader.read(BYTES.length - 1, 2)).toThrow(/outside of the 300000 bytes/);
    expect(() => reader.read(-1, 1)).toThrow(/outside/);
  }
  expect(openFiles()).toContain(path);
  for (const reader of readers) reader.close();
  expect(openFiles()).not.toContain(path);
});

function openFiles(): string[] {
  return readdirSync("/proc/self/fd").map((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`);
    } catch {
      // The descriptor that the directory was read with.
      return "";
    }
  });
}
