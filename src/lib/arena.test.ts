import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Arena, type ArenaRange } from "./arena.ts";

const KIB = 1024;

describe("Arena", () => {
  test("gives ranges that do not overlap, and all of it again once they are released", () => {
    const steps = fc.array(fc.record({ length: fc.nat(400 * KIB), release: fc.nat(10) }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(steps, (all) => {
        const arena = new Arena(1024 * KIB);
        const taken: ArenaRange[] = [];
        for (const { length, release } of all) {
          const range = arena.tryAllocate(length);
          if (range !== undefined) taken.push(range);
          expect(range?.bytes.length ?? length).toBe(length);
          expectApart(taken);
          if (release < taken.length) taken.splice(release, 1)[0]?.release();
        }
        for (const range of taken) range.release();
        expect(arena.used).toBe(0);
        expect(arena.tryAllocate(arena.capacity)?.bytes.length).toBe(arena.capacity);
      }),
    );
  });

  test("lets those wait for whom there is no room, in their order", async () => {
    const arena = new Arena(256 * KIB);
    const first = arena.tryAllocate(200 * KIB);
    const order: string[] = [];
    const wait = async (name: string, length: number): Promise<ArenaRange> => {
      const range = await arena.allocate(length);
      order.push(name);
      return range;
    };
    const large = wait("large", 256 * KIB);
    const small = wait("small", 16 * KIB);
    expect(arena.tryAllocate(1)).toBeUndefined();
    first?.release();
    (await large).release();
    (await small).release();
    expect(order).toEqual(["large", "small"]);
    first?.release();
    expect(arena.used).toBe(0);
  });

  test("gives up when patience ends, and serves who waits behind", async () => {
    const arena = new Arena(256 * KIB);
    const first = arena.tryAllocate(200 * KIB);
    const large = arena.allocateWithin(256 * KIB, 20);
    const small = arena.allocate(16 * KIB);
    expect(await large).toBeUndefined();
    expect((await small).bytes.length).toBe(16 * KIB);
    first?.release();
  });

  test("refuses what it can never give", () => {
    const arena = new Arena(64 * KIB);
    expect(() => arena.tryAllocate(65 * KIB)).toThrow(RangeError);
    expect(() => arena.tryAllocate(Number.NaN)).toThrow(RangeError);
  });
});

function expectApart(ranges: readonly ArenaRange[]): void {
  const spans = ranges
    .map(({ bytes }) => ({ start: bytes.byteOffset, end: bytes.byteOffset + bytes.length }))
    .sort((a, b) => a.start - b.start);
  for (const [index, { start }] of spans.entries()) {
    expect(start).toBeGreaterThanOrEqual(spans[index - 1]?.end ?? 0);
    expect(start % 4096).toBe(0);
  }
}
