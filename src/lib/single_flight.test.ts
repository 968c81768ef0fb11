import { expect, it } from "vitest";
import { SingleFlight } from "./single_flight.ts";

it("SingleFlight.run() runs one task for a key at a time", async () => {
  const flights = new SingleFlight<number>();
  const { promise, resolve } = Promise.withResolvers<number>();
  let started = 0;
  const task = (): Promise<number> => {
    started++;
    return promise;
  };
  const both = Promise.all([flights.run("a", task), flights.run("a", task)]);
  expect(flights.keys()).toEqual(["a"]);
  resolve(7);
  expect(await both).toEqual([7, 7]);
  expect(started).toBe(1);
  expect(flights.size).toBe(0);
});

it("SingleFlight.run() runs a task again after it failed", async () => {
  const flights = new SingleFlight<number>();
  await expect(flights.run("a", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await flights.run("a", () => Promise.resolve(1))).toBe(1);
});
