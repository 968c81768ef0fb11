import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { RateLimiter } from "./rate_limiter.ts";

let now: number;
const clock = (): number => now;

beforeEach(() => {
  now = 5_000;
});

describe("a rate limiter", () => {
  it("lets a burst through, and then as many as the rate has", () => {
    const limiter = new RateLimiter({ limit: { requestsPerSecond: 2, burst: 3 }, clock });
    expect([1, 2, 3, 4].map(() => limiter.take("a"))).toEqual([0, 0, 0, 500]);
    now += 250;
    expect(limiter.take("a")).toBe(250);
    now += 250;
    expect(limiter.take("a")).toBe(0);
    expect(limiter.take("a")).toBe(500);
    now += 3_600_000;
    expect([1, 2, 3, 4].map(() => limiter.take("a"))).toEqual([0, 0, 0, 500]);
  });

  it("counts each client for itself", () => {
    const limiter = new RateLimiter({ limit: { requestsPerSecond: 1, burst: 1 }, clock });
    expect([limiter.take("a"), limiter.take("b"), limiter.take("a")]).toEqual([0, 0, 1_000]);
  });

  it("takes nothing when it is only asked", () => {
    const limiter = new RateLimiter({ limit: { requestsPerSecond: 1, burst: 1 }, clock });
    expect([limiter.check("a"), limiter.check("a"), limiter.take("a")]).toEqual([0, 0, 0]);
    expect(limiter.check("a")).toBe(1_000);
  });

  it("forgets who asked least recently when there are too many", () => {
    const limit = { requestsPerSecond: 1, burst: 1 };
    const limiter = new RateLimiter({ limit, clock, capacity: 2 });
    for (const client of ["a", "b", "c"]) limiter.take(client);
    expect(limiter.check("c")).toBe(1_000);
    expect(limiter.check("b")).toBe(1_000);
    expect(limiter.check("a")).toBe(0);
  });

  it("never lets more through than burst and rate allow", () => {
    const waits = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 });
    fc.assert(
      fc.property(
        waits,
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 20 }),
        (pauses, requestsPerSecond, burst) => {
          const limiter = new RateLimiter({ limit: { requestsPerSecond, burst }, clock });
          const start = now;
          let passed = 0;
          for (const pause of pauses) {
            now += pause;
            if (limiter.take("a") === 0) passed += 1;
          }
          const allowed = burst + ((now - start) / 1000) * requestsPerSecond;
          expect(passed).toBeLessThanOrEqual(Math.floor(allowed + 1e-6));
        },
      ),
    );
  });
});
