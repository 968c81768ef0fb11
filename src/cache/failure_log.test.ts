import { expect, it } from "vitest";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { FailureLog } from "./failure_log.ts";

it("FailureLog remembers that something does not exist for seconds, other failures for a moment", () => {
  let now = 0;
  const log = new FailureLog(() => now);
  const missing = new GomodfsError("NOT_FOUND", "no such module");
  const broken = new GomodfsError("UPSTREAM", "the proxy answers 500");
  log.add("a", missing);
  log.add("b", broken);
  expect(log.recent("a")?.error).toBe(missing);
  expect(log.recent("b")?.error).toBe(broken);
  now = 1_500;
  expect(log.recent("a")?.error).toBe(missing);
  expect(log.recent("b")).toBeUndefined();
  now = 6_000;
  expect(log.recent("a")).toBeUndefined();
  expect(log.last.map(({ what, code }) => [what, code])).toEqual([
    ["a", "NOT_FOUND"],
    ["b", "UPSTREAM"],
  ]);
});

it("FailureLog forgets at once what is known to exist", () => {
  const log = new FailureLog(() => 0);
  log.add("a", new GomodfsError("NOT_FOUND", "no such module"));
  log.forget("a");
  expect(log.recent("a")).toBeUndefined();
  expect(log.last).toHaveLength(1);
});

it("FailureLog keeps the newest failures only", () => {
  const log = new FailureLog(() => 0);
  for (let i = 0; i < 60; i++) log.add(`m${i}`, new Error("no"));
  expect(log.last).toHaveLength(50);
  expect(log.last.at(-1)?.what).toBe("m59");
});
