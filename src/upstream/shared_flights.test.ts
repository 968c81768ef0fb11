import { describe, expect, it } from "vitest";
import { rejection } from "../../test/support/rejection.ts";
import { SharedFlights } from "./shared_flights.ts";

/** A task that ends when the test says so, and knows whether it was cancelled. */
class ControlledTask {
  readonly #end = Promise.withResolvers<string>();
  starts = 0;
  signal: AbortSignal | undefined;

  readonly run = async (signal: AbortSignal): Promise<string> => {
    this.starts += 1;
    this.signal = signal;
    return await this.#end.promise;
  };

  fulfil(): void {
    this.#end.resolve("done");
  }

  fail(): void {
    this.#end.reject(new Error("broken"));
  }
}

describe("SharedFlights", () => {
  it("runs one task for all who ask while it runs, and a new one afterwards", async () => {
    const flights = new SharedFlights<string>();
    const task = new ControlledTask();
    const answers = [
      flights.join("a", undefined, task.run),
      flights.join("a", undefined, task.run),
    ];
    const other = flights.join("b", undefined, task.run);
    task.fulfil();
    expect(await Promise.all([...answers, other])).toEqual(["done", "done", "done"]);
    expect(task.starts).toBe(2);
    await flights.join("a", undefined, task.run);
    expect(task.starts).toBe(3);
  });

  it("cancels a task when the last one leaves, not before", async () => {
    const flights = new SharedFlights<string>();
    const task = new ControlledTask();
    const [first, second] = [new AbortController(), new AbortController()];
    const answers = [
      flights.join("a", first.signal, task.run),
      flights.join("a", second.signal, task.run),
    ];
    first.abort();
    await expect(answers[0]).rejects.toEqual(rejection("CANCELLED"));
    expect(task.signal?.aborted).toBe(false);
    second.abort();
    await expect(answers[1]).rejects.toEqual(rejection("CANCELLED"));
    expect(task.signal?.aborted).toBe(true);
    const next = new ControlledTask();
    const answer = flights.join("a", undefined, next.run);
    task.fail();
    next.fulfil();
    expect(await answer).toBe("done");
  });

  it("starts nothing for somebody who is gone", async () => {
    const flights = new SharedFlights<string>();
    const task = new ControlledTask();
    const answer = flights.join("a", AbortSignal.abort(), task.run);
    await expect(answer).rejects.toEqual(rejection("CANCELLED"));
    expect(task.starts).toBe(0);
  });

  it("tells all of a failure, and forgets it", async () => {
    const flights = new SharedFlights<string>();
    const task = new ControlledTask();
    const ends = Promise.allSettled([
      flights.join("a", undefined, task.run),
      flights.join("a", undefined, task.run),
    ]);
    task.fail();
    expect((await ends).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    const next = new ControlledTask();
    next.fulfil();
    expect(await flights.join("a", undefined, next.run)).toBe("done");
  });
});
