import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { type CommitJob, CommitQueue } from "./commit_queue.ts";

const MEBIBYTE = 1024 * 1024;

describe("CommitQueue", () => {
  test("commits together what arrives together or while another commit runs", async () => {
    const batches: number[] = [];
    const queue = new CommitQueue(async (jobs: readonly CommitJob[]) => {
      batches.push(jobs.length);
      await sleep(10);
      return [];
    });
    const first = Array.from({ length: 3 }, () => queue.add({ size: 1 }));
    await sleep(5);
    const later = Array.from({ length: 100 }, () => queue.add({ size: 1 }));
    await Promise.all([...first, ...later]);
    expect(batches).toEqual([3, 100]);
  });

  test("closes a batch at 16 MiB, and has a larger job run alone", async () => {
    const batches: number[] = [];
    const queue = new CommitQueue(async (jobs: readonly CommitJob[]) => {
      batches.push(jobs.length);
      return [];
    });
    const sizes = [7, 7, 7, 100, 1].map((size) => size * MEBIBYTE);
    await Promise.all(sizes.map((size) => queue.add({ size })));
    expect(batches).toEqual([2, 1, 1, 1]);
  });

  test("fails the job that failed, or all if the commit failed, and goes on", async () => {
    const queue = new CommitQueue(async (jobs: readonly CommitJob[]) => {
      if (jobs.some((job) => job.size === 13)) throw new Error("disk full");
      return jobs.map((job) => (job.size === 7 ? { error: new Error("collision") } : {}));
    });
    const results = await Promise.allSettled([1, 7, 2].map((size) => queue.add({ size })));
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    const failed = await Promise.allSettled([1, 13].map((size) => queue.add({ size })));
    expect(failed.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    await queue.add({ size: 1 });
    await queue.close();
    await expect(queue.add({ size: 1 })).rejects.toMatchObject({ code: "CANCELLED" });
  });
});
