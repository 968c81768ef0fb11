import fc from "fast-check";
import { expect, test } from "vitest";
import { LargestFirstQueue } from "./largest_first_queue.ts";

test("gives the largest first, and those of the same size in the order of their coming", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(5)), (sizes) => {
      const queue = new LargestFirstQueue<{ size: number; index: number }>();
      const items = sizes.map((size, index) => ({ size, index }));
      for (const item of items) queue.push(item);
      expect(queue.length).toBe(items.length);
      const sorted = items.toSorted((a, b) => b.size - a.size || a.index - b.index);
      expect(queue.peek()).toBe(sorted[0]);
      expect(queue.shift()).toBe(sorted[0]);
      expect(queue.clear()).toEqual(sorted.slice(1));
      expect(queue.shift()).toBeUndefined();
    }),
  );
});
