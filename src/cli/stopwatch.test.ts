import { expect, it } from "vitest";
import { Stopwatch } from "./stopwatch.ts";

it("Stopwatch measures phases one after the other, the first from the start", () => {
  let now = 30;
  const stopwatch = new Stopwatch(() => now);
  stopwatch.end("start");
  now = 100;
  stopwatch.end("work");
  expect(stopwatch.phases).toEqual([
    { name: "start", milliseconds: 30 },
    { name: "work", milliseconds: 70 },
  ]);
});
