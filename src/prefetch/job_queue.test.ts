import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { JobQueue } from "./job_queue.ts";

/** Jobs that tell when they start, and end when they are told to. */
class Jobs {
  readonly started: string[] = [];
  readonly #ends = new Map<string, PromiseWithResolvers<string>>();

  job(name: string): () => Promise<string> {
    const end = Promise.withResolvers<string>();
    this.#ends.set(name, end);
    return async () => {
      this.started.push(name);
      return await end.promise;
    };
  }

  async end(name: string): Promise<void> {
    this.#ends.get(name)?.resolve(name);
    await setImmediate();
  }

  async fail(name: string): Promise<void> {
    this.#ends.get(name)?.reject(new Error(name));
    await setImmediate();
  }
}

describe("JobQueue", () => {
  it("runs as many jobs at a time as it may, in order", async () => {
    const queue = new JobQueue(2);
    const jobs = new Jobs();
    const results = ["a", "b", "c", "d"].map((name) => queue.run(jobs.job(name)));
    expect(jobs.started).toEqual(["a", "b"]);
    await jobs.end("b");
    expect(jobs.started).toEqual(["a", "b", "c"]);
    for (const name of ["a", "c", "d"]) await jobs.end(name);
    expect(await Promise.all(results)).toEqual(["a", "b", "c", "d"]);
  });

  it("puts a job before those that wait, and goes on after a failure", async () => {
    const queue = new JobQueue(1);
    const jobs = new Jobs();
    const failing = queue.run(jobs.job("a")).catch((error: unknown) => error);
    const waiting = queue.run(jobs.job("b"));
    const urgent = queue.runNext(jobs.job("c"));
    await jobs.fail("a");
    await jobs.end("c");
    await jobs.end("b");
    expect(await failing).toEqual(new Error("a"));
    await Promise.all([urgent, waiting]);
    expect(jobs.started).toEqual(["a", "c", "b"]);
  });

  it("starts nothing that was dropped, and takes new jobs afterwards", async () => {
    const queue = new JobQueue(1);
    const jobs = new Jobs();
    const first = queue.run(jobs.job("a"));
    void queue.run(jobs.job("b"));
    queue.clear();
    await jobs.end("a");
    const last = queue.run(jobs.job("c"));
    await jobs.end("c");
    await Promise.all([first, last]);
    expect(jobs.started).toEqual(["a", "c"]);
  });
});
