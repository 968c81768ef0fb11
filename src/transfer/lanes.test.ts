import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { runLanes } from "./lanes.ts";

test("works on every item, as many at a time as there are lanes", async () => {
  let running = 0;
  let most = 0;
  const done: number[] = [];
  await runLanes(
    Array.from({ length: 20 }, (_, index) => index),
    3,
    async (item) => {
      most = Math.max(most, ++running);
      await turn();
      running--;
      done.push(item);
    },
  );
  expect(most).toBe(3);
  expect(done.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index));
});

test("takes items only as lanes get free", async () => {
  let taken = 0;
  function* items(): Generator<number, undefined> {
    for (;;) yield taken++;
  }
  const end = runLanes(items(), 2, async (item) => {
    await turn();
    if (item === 5) throw new Error("five");
  });
  await expect(end).rejects.toThrow("five");
  expect(taken).toBeLessThanOrEqual(8);
});

test("settles what is under way before it fails", async () => {
  let finished = false;
  const end = runLanes([0, 1], 2, async (item) => {
    if (item === 0) throw new Error("zero");
    await turn();
    await turn();
    finished = true;
  });
  await expect(end).rejects.toThrow("zero");
  expect(finished).toBe(true);
});

test("fails as the iterable does", async () => {
  function* items(): Generator<number, undefined> {
    yield 1;
    throw new Error("cannot be listed");
  }
  await expect(runLanes(items(), 4, async () => {})).rejects.toThrow("cannot be listed");
});
