import { zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rejection } from "../../../test/support/rejection.ts";
import { type BuildSet, isPackId, MAX_SET_ACTIONS, type SetPack } from "./build_set.ts";
import { decodeBuildSet, encodeBuildSet } from "./build_set_codec.ts";
import { actionId, outputId } from "./testdata/ids.ts";

const HEADING = "gomodfs build set 1";
const ACTION = actionId("a");
const OUTPUT = outputId("o");

function pack(name: string, size: number): SetPack {
  const id: string = outputId(name);
  if (!isPackId(id)) throw new Error("a SHA-256 is an id");
  return { id, size };
}

const sets: fc.Arbitrary<BuildSet> = fc
  .array(fc.tuple(fc.string(), fc.nat()), { maxLength: 4 })
  .chain((packs) =>
    fc
      .array(
        fc.record({
          name: fc.string(),
          size: fc.nat(),
          time: fc.nat(),
          idle: fc.nat(3),
          pack: fc.option(fc.nat(Math.max(0, packs.length - 1)), { nil: undefined }),
        }),
      )
      .map((actions) => ({
        packs: packs.map(([name, size]) => pack(name, size)),
        actions: new Map(
          actions.map(({ name, size, time, idle, pack: index }) => [
            actionId(name),
            {
              outputId: outputId(name),
              size,
              time: new Date(time),
              idle,
              pack: packs.length === 0 ? undefined : index,
            },
          ]),
        ),
      })),
  );

function text(...lines: readonly string[]): Buffer {
  return zstdCompressSync(Buffer.from(lines.map((line) => `${line}\n`).join("")));
}

describe("build set codec", () => {
  test("decodeBuildSet() gives what encodeBuildSet() was given, in its order", async () => {
    await fc.assert(
      fc.asyncProperty(sets, async (set) => {
        const decoded = await decodeBuildSet(await encodeBuildSet(set));
        expect(decoded).toEqual(set);
        expect([...decoded.actions.keys()]).toEqual([...set.actions.keys()]);
      }),
    );
  });

  test.each([
    ["another heading", text("gomodfs build set 2")],
    ["no end", zstdCompressSync(Buffer.from(`${HEADING}\npack`))],
    ["an id that is none", text(HEADING, `${ACTION} ${OUTPUT.slice(1)} 1 1 0 -`)],
    ["a path for an id", text(HEADING, `pack ../../../../etc/passwd 1`)],
    ["a negative size", text(HEADING, `${ACTION} ${OUTPUT} -1 1 0 -`)],
    ["a size that is no number", text(HEADING, `${ACTION} ${OUTPUT} 1e9 1 0 -`)],
    ["a size beyond all", text(HEADING, `${ACTION} ${OUTPUT} ${"9".repeat(30)} 1 0 -`)],
    ["a pack that it does not have", text(HEADING, `${ACTION} ${OUTPUT} 1 1 0 0`)],
    ["too few fields", text(HEADING, `${ACTION} ${OUTPUT} 1 1`)],
    ["too many fields", text(HEADING, `${ACTION} ${OUTPUT} 1 1 0 - 7`)],
    ["bytes that are no zstd", Buffer.from("nonsense")],
    ["text that unfolds beyond its bound", zstdCompressSync(Buffer.alloc(1 << 25, "\n"))],
  ])("decodeBuildSet() refuses %s", async (_, bytes) => {
    await expect(decodeBuildSet(bytes)).rejects.toEqual(rejection("PROTOCOL"));
  });

  test("decodeBuildSet() takes a set of as many actions as there may be, and none with more", async () => {
    const actions = Array.from({ length: MAX_SET_ACTIONS + 1 }, (_, number) => {
      const id = number.toString(16).padStart(64, "0");
      return `${id} ${OUTPUT} 1 1 0 -`;
    });
    expect((await decodeBuildSet(text(HEADING, ...actions.slice(1)))).actions.size).toBe(
      MAX_SET_ACTIONS,
    );
    const tooMany = decodeBuildSet(text(HEADING, ...actions));
    await expect(tooMany).rejects.toEqual(rejection("PROTOCOL"));
  });
});
