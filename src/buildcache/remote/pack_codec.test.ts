import { zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rejection } from "../../../test/support/rejection.ts";
import { decodePack, encodePack, MAX_PACK_BYTES } from "./pack_codec.ts";
import { outputId } from "./testdata/ids.ts";

const SMALL = 1 << 16;

describe("pack codec", () => {
  test("decodePack() gives what encodePack() was given", async () => {
    const members = fc.array(
      fc.uint8Array({ maxLength: 2_000 }).map((bytes) => ({ outputId: outputId(bytes), bytes })),
      { maxLength: 10 },
    );
    await fc.assert(
      fc.asyncProperty(members, async (all) => {
        const copies = all.map((member) => ({ ...member, bytes: Buffer.from(member.bytes) }));
        const { id, bytes, size } = await encodePack(all);
        expect(id).toBe(outputId(bytes));
        using pack = await decodePack(bytes, size);
        expect(pack.members).toEqual(copies);
      }),
      { numRuns: 50 },
    );
  });

  test("decodePack() does not need to be told the size right", async () => {
    const bytes = Buffer.alloc(300_000, "x");
    const encoded = await encodePack([{ outputId: outputId(bytes), bytes }]);
    for (const size of [0, 1, 1_000, 10_000_000, Number.MAX_SAFE_INTEGER]) {
      using pack = await decodePack(encoded.bytes, size);
      expect(pack.members[0]?.bytes).toEqual(Buffer.alloc(300_000, "x"));
    }
  });

  test("decodePack() refuses what is cut or changed, and never breaks", async () => {
    const bytes = Buffer.from("an output");
    const encoded = await encodePack([{ outputId: outputId(bytes), bytes }]);
    for (let length = 0; length < encoded.bytes.length; length++) {
      const cut = decodePack(encoded.bytes.subarray(0, length), SMALL);
      await expect(cut).rejects.toEqual(rejection("PROTOCOL"));
    }
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (content) => {
        const hostile = Buffer.concat([Buffer.from("gomodfs pack 1\n"), content]);
        const outcome = await decodePack(zstdCompressSync(hostile), SMALL).then(
          ({ members }) => members.length,
          (error: unknown) => error,
        );
        expect([expect.any(Number), rejection("PROTOCOL")]).toContainEqual(outcome);
      }),
    );
  });

  test("decodePack() refuses a pack that would unfold to more than its bound", async () => {
    const bomb = zstdCompressSync(Buffer.alloc(MAX_PACK_BYTES + 1));
    expect(bomb.length).toBeLessThan(100_000);
    const unfolded = decodePack(bomb, SMALL);
    await expect(unfolded).rejects.toEqual(rejection("PROTOCOL", "damaged or too large"));
  });
});
