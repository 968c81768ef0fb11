import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../test/support/temporary_directory.ts";
import { Arena } from "../lib/arena.ts";
import type { ZipBytes } from "../store/module_store.ts";
import { receiveZip } from "./zip_receiver.ts";

const MIB = 1024 * 1024;
const CHUNK_LENGTH = 65_536;

/** Gives a receiver a body in pieces of one buffer, as a connection does. */
async function receive(spool: Parameters<typeof receiveZip>[0], body: Buffer, size?: number) {
  const receiver = receiveZip(spool, size);
  const chunk = Buffer.alloc(CHUNK_LENGTH);
  for (let start = 0; start < body.length; start += CHUNK_LENGTH) {
    const length = body.copy(chunk, 0, start);
    await receiver.write(chunk.subarray(0, length));
  }
  return await receiver.finish();
}

function contentOf(zip: ZipBytes): Buffer {
  return zip.kind === "file" ? readFileSync(zip.path) : Buffer.from(zip.bytes);
}

describe("receiveZip()", () => {
  const body = randomBytes(MIB + 12_345);

  test.each([
    { kind: "shared", why: "of known size in the arena", size: body.length, maxMemory: 8 * MIB },
    { kind: "memory", why: "of unknown size", size: undefined, maxMemory: 8 * MIB },
    { kind: "file", why: "that is large", size: body.length, maxMemory: MIB },
    { kind: "file", why: "that turns out to be large", size: undefined, maxMemory: MIB },
  ])("keeps a zip $why as $kind", async ({ kind, size, maxMemory }) => {
    using directory = temporaryDirectory();
    const arena = new Arena(8 * MIB);
    const zip = await receive({ directory: directory.path, maxMemory, arena }, body, size);
    expect(zip.kind).toBe(kind);
    expect(contentOf(zip).equals(body)).toBe(true);
    if (zip.kind === "shared") zip.release();
    expect(arena.used).toBe(0);
  });

  test("does not wait long for an arena that stays full", async () => {
    using directory = temporaryDirectory();
    const arena = new Arena(2 * MIB);
    const held = arena.tryAllocate(2 * MIB);
    const spool = { directory: directory.path, maxMemory: 2 * MIB, arena };
    const zip = await receive(spool, body, body.length);
    expect(zip.kind).toBe("file");
    expect(contentOf(zip).equals(body)).toBe(true);
    held?.release();
  });

  test("waits a moment for an arena that is full now", async () => {
    using directory = temporaryDirectory();
    const arena = new Arena(2 * MIB);
    const held = arena.tryAllocate(2 * MIB);
    setTimeout(() => held?.release(), 20);
    const spool = { directory: directory.path, maxMemory: 2 * MIB, arena };
    const zip = await receive(spool, body, body.length);
    expect(zip.kind).toBe("shared");
    expect(contentOf(zip).equals(body)).toBe(true);
  });

  test("leaves nothing of a body that is given up", async () => {
    using directory = temporaryDirectory();
    const arena = new Arena(2 * MIB);
    for (const maxMemory of [MIB, 2 * MIB]) {
      const spool = { directory: directory.join("spool"), maxMemory, arena };
      const receiver = receiveZip(spool, body.length);
      for (let count = 0; count < 8; count++) await receiver.write(body.subarray(0, CHUNK_LENGTH));
      await receiver.discard();
    }
    expect(arena.used).toBe(0);
    expect(readdirSync(directory.join("spool"))).toEqual([]);
  });
});
