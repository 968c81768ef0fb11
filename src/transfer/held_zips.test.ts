import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { rejection } from "../../test/support/rejection.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../test/support/temporary_directory.ts";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { HeldZips } from "./held_zips.ts";
import type { ReadableZip } from "./offered_module.ts";

const MIB = 1024 * 1024;

describe("HeldZips", () => {
  let directory: TemporaryDirectory;
  let zips: HeldZips;

  beforeEach(() => {
    directory = temporaryDirectory();
    zips = new HeldZips(directory.join("spool"));
  });

  afterEach(() => {
    directory[Symbol.dispose]();
  });

  test("holds a small zip in memory", async () => {
    const held = await zips.hold(zipOf(MIB, 7));
    expect(held.bytes.kind).toBe("shared");
    if (held.bytes.kind !== "shared") return;
    expect(held.bytes.bytes.length).toBe(MIB);
    expect(held.bytes.bytes.every((byte) => byte === 7)).toBe(true);
    await held.release();
    expect(readdirSync(directory.path)).toEqual([]);
  });

  test("holds a large zip in a file until it is released", async () => {
    const held = await zips.hold(zipOf(33 * MIB, 7));
    expect(held.bytes).toMatchObject({ kind: "file", size: 33 * MIB });
    if (held.bytes.kind !== "file") return;
    expect(readFileSync(held.bytes.path, "latin1")).toBe("\u0007");
    await held.release();
    expect(readdirSync(directory.join("spool"))).toEqual([]);
  });

  test("lets a zip wait while memory is full", async () => {
    const first = await zips.hold(zipOf(30 * MIB));
    const second = await zips.hold(zipOf(30 * MIB));
    let waits = true;
    const third = zips.hold(zipOf(30 * MIB)).finally(() => {
      waits = false;
    });
    await turn();
    expect(waits).toBe(true);
    await first.release();
    await (await third).release();
    await second.release();
  });

  test("gives memory back when a zip cannot be read", async () => {
    for (let time = 0; time < 5; time++) {
      await expect(zips.hold(unreadable(30 * MIB))).rejects.toEqual(rejection("UPSTREAM", "gone"));
    }
    await (await zips.hold(zipOf(32 * MIB))).release();
  });

  test("leaves no file behind when a zip cannot be read, and says what the spool is", async () => {
    await expect(zips.hold(unreadable(33 * MIB))).rejects.toEqual(rejection("UPSTREAM", "gone"));
    expect(readdirSync(directory.join("spool"))).toEqual([]);
    writeFileSync(directory.join("file"), "");
    const blocked = new HeldZips(directory.join("file/spool"));
    await expect(blocked.hold(zipOf(33 * MIB))).rejects.toEqual(rejection("STORE", "file/spool"));
  });
});

/** A zip that says that it has so many bytes; its file has one. */
function zipOf(size: number, byte = 0): ReadableZip {
  return {
    size: () => size,
    readInto: async (bytes) => void bytes.fill(byte),
    writeTo: async (path) => writeFileSync(path, Buffer.of(byte)),
  };
}

function unreadable(size: number): ReadableZip {
  const fail = async (): Promise<never> => {
    throw new GomodfsError("UPSTREAM", "it is gone");
  };
  return { size: () => size, readInto: fail, writeTo: fail };
}
