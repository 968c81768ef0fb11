import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Priority } from "../upstream/module_source.ts";
import { isGomodfsError } from "./gomodfs_error.ts";
import { RequestQueue } from "./request_queue.ts";

/** A queue whose requests end when the test says so. */
class Bench {
  readonly queue: RequestQueue;
  readonly started: string[] = [];
  readonly #ends = new Map<string, () => void>();

  constructor(slots: number, maxWaiting?: number) {
    this.queue = new RequestQueue(maxWaiting === undefined ? { slots } : { slots, maxWaiting });
  }

  async request(name: string, priority: Priority, signal?: AbortSignal): Promise<string> {
    return await this.queue.run(priority, signal, async () => {
      this.started.push(name);
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#ends.set(name, resolve);
      await promise;
      return name;
    });
  }

  async end(name: string): Promise<void> {
    this.#ends.get(name)?.();
    await setImmediate();
  }
}

describe("RequestQueue", () => {
  it("lets requests on demand overtake", async () => {
    const bench = new Bench(1);
    const all = [
      bench.request("ahead1", "ahead"),
      bench.request("ahead2", "ahead"),
      bench.request("demand1", "demand"),
      bench.request("demand2", "demand"),
    ];
    await bench.end("ahead1");
    await bench.end("demand1");
    await bench.end("demand2");
    await bench.end("ahead2");
    expect(await Promise.all(all)).toEqual(["ahead1", "ahead2", "demand1", "demand2"]);
    expect(bench.started).toEqual(["ahead1", "demand1", "demand2", "ahead2"]);
  });

  it("keeps a slot for demand that prefetches never take", async () => {
    const bench = new Bench(8);
    const ahead = Array.from({ length: 10 }, (_, index) => bench.request(`a${index}`, "ahead"));
    await setImmediate();
    expect(bench.started).toHaveLength(7);
    const demand = bench.request("demand", "demand");
    await setImmediate();
    expect(bench.started.at(-1)).toBe("demand");
    for (const name of ["demand", ...Array.from({ length: 10 }, (_, index) => `a${index}`)]) {
      await bench.end(name);
    }
    await Promise.all([...ahead, demand]);
  });

  it("never runs more than its slots, even when a slot is taken the moment it is freed", async () => {
    const queue = new RequestQueue({ slots: 3 });
    let running = 0;
    let most = 0;
    const one = async (): Promise<void> =>
      await queue.run("demand", undefined, async () => {
        running += 1;
        most = Math.max(most, running);
        await setImmediate();
        running -= 1;
      });
    await Promise.all(Array.from({ length: 20 }, async () => await one().then(one)));
    expect(most).toBe(3);
  });

  it("frees the slot of a request that fails", async () => {
    const queue = new RequestQueue({ slots: 1 });
    const failing = queue.run("demand", undefined, async () => {
      await setImmediate();
      throw new Error("failed");
    });
    const next = queue.run("demand", undefined, async () => "ran");
    await expect(failing).rejects.toThrow("failed");
    expect(await next).toBe("ran");
  });

  it("gives up waiting when cancelled", async () => {
    const bench = new Bench(1);
    const first = bench.request("first", "demand");
    const abort = new AbortController();
    const second = bench.request("second", "demand", abort.signal);
    abort.abort();
    await expect(second).rejects.toSatisfy((error) => isGomodfsError(error, "CANCELLED"));
    await expect(bench.request("third", "demand", abort.signal)).rejects.toThrow("cancelled");
    await bench.end("first");
    await first;
    expect(bench.started).toEqual(["first"]);
  });

  it("refuses more than may wait", async () => {
    const bench = new Bench(1, 1);
    const first = bench.request("first", "demand");
    const second = bench.request("second", "demand");
    await expect(bench.request("third", "demand")).rejects.toSatisfy((error) =>
      isGomodfsError(error, "BUSY"),
    );
    await bench.end("first");
    await bench.end("second");
    await Promise.all([first, second]);
  });
});
