import { expect, test } from "vitest";
import { PendingWrites } from "./pending_writes.ts";

test("start() waits at the limit, and settled() for everything", async () => {
  const gates = [1, 2, 3].map(() => Promise.withResolvers<void>());
  const writes = new PendingWrites(2, () => undefined);
  const started: number[] = [];
  const starts = gates.map((gate, i) =>
    writes.start(async () => {
      started.push(i);
      await gate.promise;
    }),
  );
  await Promise.all(starts.slice(0, 2));
  expect(started).toEqual([0, 1]);
  gates[1]?.resolve();
  await starts[2];
  expect(started).toEqual([0, 1, 2]);
  gates[0]?.resolve();
  gates[2]?.resolve();
  await writes.settled();
});

test("what a write throws, at once or later, is told and stops nothing", async () => {
  const errors: unknown[] = [];
  const writes = new PendingWrites(1, (error) => errors.push(error));
  await writes.start(() => {
    throw new Error("at once");
  });
  await writes.start(() => Promise.reject(new Error("later")));
  await writes.settled();
  expect(errors.map(String)).toEqual(["Error: at once", "Error: later"]);
});
