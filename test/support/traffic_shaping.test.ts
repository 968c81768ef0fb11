import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TokenBucket } from "./traffic_shaping.ts";

describe("TokenBucket", () => {
  it("lets a burst pass at once and the rest at its rate", () => {
    let now = 1_000;
    const bucket = new TokenBucket({ bytesPerSecond: 1_000, burst: 100, now: () => now });
    expect(bucket.take(100)).toBe(0);
    expect(bucket.take(50)).toBe(50);
    now += 50;
    expect(bucket.take(10)).toBe(10);
    now += 10_000;
    expect(bucket.take(100)).toBe(0);
    expect(bucket.take(1)).toBe(1);
  });

  it("never exceeds its rate by more than a burst, however late its callers wake", () => {
    const step = fc.record({ bytes: fc.nat(500), late: fc.nat(20), pause: fc.nat(300) });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
        let now = 0;
        const bucket = new TokenBucket({ bytesPerSecond: 1_000, burst: 200, now: () => now });
        let passed = 0;
        for (const { bytes, late, pause } of steps) {
          now += pause;
          now += bucket.take(bytes) + late;
          passed += bytes;
          expect(passed).toBeLessThanOrEqual(now + 200 + 1e-6);
        }
      }),
    );
  });

  it("makes up for late timers", () => {
    let now = 0;
    const bucket = new TokenBucket({ bytesPerSecond: 1_000_000, burst: 64_000, now: () => now });
    for (let piece = 0; piece < 100; piece++) {
      const wait = bucket.take(10_000);
      if (wait > 0) now += wait + 3;
    }
    expect(now).toBeGreaterThan(900);
    expect(now).toBeLessThan(950);
  });
});
