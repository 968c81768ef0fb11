import fc from "fast-check";
import { expect, test } from "vitest";
import { chooseVictims } from "./eviction.ts";
import type { StoredFile } from "./inventory.ts";

const files = fc.array(
  fc.record({
    path: fc.uuid(),
    bytes: fc.integer({ min: 0, max: 100 }),
    lastUse: fc.integer({ min: 0, max: 1_000 }),
  }),
);
const limits = fc.record({
  maxBytes: fc.integer({ min: 0, max: 2_000 }),
  expiredBefore: fc.constantFrom(Number.NEGATIVE_INFINITY, 200, 500),
  inUseSince: fc.integer({ min: 0, max: 1_001 }),
});

function bytesOf(some: readonly StoredFile[]): number {
  return some.reduce((sum, { bytes }) => sum + bytes, 0);
}

test("chooseVictims() takes the least recently used, as many as the limits want, and none in use", () => {
  fc.assert(
    fc.property(files, limits, (all, bounds) => {
      const victims = chooseVictims(all, bounds);
      const kept = all.filter((file) => !victims.includes(file));
      const youngest = Math.max(...victims.map(({ lastUse }) => lastUse));
      expect(youngest).toBeLessThan(bounds.inUseSince);
      expect(kept.filter(({ lastUse }) => lastUse < youngest)).toEqual([]);
      // What may go and stays is neither expired nor too much.
      const idle = kept.filter(({ lastUse }) => lastUse < bounds.inUseSince);
      expect(idle.filter(({ lastUse }) => lastUse < bounds.expiredBefore)).toEqual([]);
      expect(idle.length === 0 || bytesOf(kept) <= bounds.maxBytes).toBe(true);
      // Without the last victim it would have been too much, or that one had expired.
      const needed = victims.slice(-1).filter(({ lastUse }) => lastUse >= bounds.expiredBefore);
      expect(needed.every(({ bytes }) => bytesOf(kept) + bytes > bounds.maxBytes)).toBe(true);
    }),
  );
});
