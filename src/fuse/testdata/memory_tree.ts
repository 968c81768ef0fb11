import type { MemoryEntry } from "./memory_file_system.ts";

/** Names in `many/`. */
export const MANY = 16_384;
/** Bytes of `big`. */
export const BIG = 64 * 1024 * 1024;

/** The tree that the worker of the tests serves. */
export function memoryTree(): MemoryEntry {
  return directory({
    "hello.txt": file("hello\n"),
    "tool.sh": file("#!/bin/sh\necho run\n", true),
    empty: file(""),
    big: { kind: "file", content: BIG, executable: false },
    "näme with space": file("utf-8\n"),
    sub: directory({
      "a.txt": file("a".repeat(5000)),
      deeper: directory({ "b.txt": file("b".repeat(100_000)) }),
    }),
    many: directory(
      Object.fromEntries(Array.from({ length: MANY }, (_, index) => [`file-${index}`, file(`${index}`)])),
    ),
  });
}

function file(text: string, executable = false): MemoryEntry {
  return { kind: "file", content: Buffer.from(text), executable };
}

function directory(entries: Record<string, MemoryEntry>): MemoryEntry {
  return { kind: "directory", entries: new Map(Object.entries(entries)) };
}
