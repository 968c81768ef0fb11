import { describe, expect, it } from "vitest";
import { parseModuleVersion } from "../module/path.ts";
import { PrefetchProgress } from "./prefetch_progress.ts";

const A = parseModuleVersion("example.com/a", "v1.0.0");
const B = parseModuleVersion("example.com/b", "v1.0.0");
const ORIGIN = { kind: "proxy", name: "http://127.0.0.1" } as const;

function progressAt(): { progress: PrefetchProgress; wait: (milliseconds: number) => void } {
  let now = 0;
  const progress = new PrefetchProgress(() => now);
  return {
    progress,
    wait: (milliseconds) => {
      now += milliseconds;
    },
  };
}

describe("PrefetchProgress", () => {
  it("counts what is planned, done and downloaded", () => {
    const { progress } = progressAt();
    progress.record({ kind: "planned", modules: 3, zips: 2 });
    progress.record({ kind: "started", id: A, part: "zip" });
    progress.record({
      kind: "finished",
      id: A,
      part: "zip",
      origin: ORIGIN,
      bytes: 100,
      milliseconds: 1,
    });
    progress.record({
      kind: "finished",
      id: A,
      part: "mod",
      origin: ORIGIN,
      bytes: 10,
      milliseconds: 1,
    });
    progress.record({ kind: "started", id: B, part: "zip" });
    progress.record({
      kind: "failed",
      id: B,
      part: "zip",
      error: new Error("gone"),
      milliseconds: 1,
    });
    expect(progress).toMatchObject({ modules: 3, zips: 2, zipsDone: 2, bytes: 110 });
    expect(progress.slowest()).toBeUndefined();
  });

  it("counts a zip once that was dropped and then turned out to be needed", () => {
    const { progress } = progressAt();
    const error = new Error("gone");
    progress.record({ kind: "started", id: A, part: "zip" });
    progress.record({ kind: "dropped", id: A, part: "zip", error, milliseconds: 1 });
    progress.record({ kind: "failed", id: A, part: "zip", error, milliseconds: 0 });
    expect(progress.zipsDone).toBe(1);
  });

  it("names the fetch that takes longest", () => {
    const { progress, wait } = progressAt();
    progress.record({ kind: "started", id: A, part: "mod" });
    wait(200);
    progress.record({ kind: "started", id: B, part: "zip" });
    wait(100);
    expect(progress.slowest()).toEqual({ id: A, part: "mod", milliseconds: 300 });
    progress.record({
      kind: "finished",
      id: A,
      part: "mod",
      origin: ORIGIN,
      bytes: 1,
      milliseconds: 300,
    });
    expect(progress.slowest()).toEqual({ id: B, part: "zip", milliseconds: 100 });
  });

  it("tells the rate of the last seconds, not of ancient times", () => {
    const { progress, wait } = progressAt();
    expect(progress.rate()).toBe(0);
    const finish = (bytes: number): void => {
      progress.record({
        kind: "finished",
        id: A,
        part: "zip",
        origin: ORIGIN,
        bytes,
        milliseconds: 1,
      });
    };
    for (let second = 0; second < 60; second++) {
      wait(1000);
      finish(1000);
      progress.rate();
    }
    expect(progress.rate()).toBeCloseTo(1000, 0);
    for (let second = 0; second < 60; second++) {
      wait(1000);
      progress.rate();
    }
    expect(progress.rate()).toBe(0);
  });
});
