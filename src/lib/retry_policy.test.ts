import { describe, expect, it } from "vitest";
import { GomodfsError } from "./gomodfs_error.ts";
import { isTransientError, parseRetryAfter, type RetryPolicy, retryDelay } from "./retry_policy.ts";

const policy: RetryPolicy = { attempts: 9, baseDelay: 100, maxDelay: 1000, maxRetryAfter: 5000 };

describe("retryDelay()", () => {
  it("doubles its bound up to the longest wait", () => {
    const longest = [1, 2, 3, 4, 5, 60].map((attempt) =>
      retryDelay(policy, attempt, undefined, () => 1),
    );
    expect(longest).toEqual([100, 200, 400, 800, 1000, 1000]);
    expect(retryDelay(policy, 3, undefined, () => 0.25)).toBe(100);
  });

  it("waits at least as long as asked, and not at all where that is too long", () => {
    expect(retryDelay(policy, 1, 3000, () => 1)).toBe(3000);
    expect(retryDelay(policy, 5, 10, () => 1)).toBe(1000);
    expect(retryDelay(policy, 1, 5001, () => 1)).toBeUndefined();
  });
});

describe("parseRetryAfter()", () => {
  it.each([
    [undefined, undefined],
    ["120", 120_000],
    [" 0 ", 0],
    ["Thu, 01 Jan 1970 00:00:30 GMT", 20_000],
    ["Thu, 01 Jan 1970 00:00:05 GMT", 0],
    ["soon", undefined],
    ["-5x", undefined],
  ])("reads %j at ten seconds as %j", (header, milliseconds) => {
    expect(parseRetryAfter(header, 10_000)).toBe(milliseconds);
  });
});

describe("isTransientError()", () => {
  const broken = (code: string): GomodfsError =>
    new GomodfsError("UPSTREAM", "broken", { cause: Object.assign(new Error(code), { code }) });

  it.each([
    [broken("ECONNRESET"), true],
    [broken("EAI_AGAIN"), true],
    [broken("ENOTFOUND"), false],
    [broken("CERT_HAS_EXPIRED"), false],
    [new GomodfsError("TIMEOUT", "late"), true],
    [new GomodfsError("UPSTREAM", "no cause"), false],
    [new GomodfsError("CANCELLED", "gone"), false],
    [new Error("a defect"), false],
  ])("of %s", (error, transient) => {
    expect(isTransientError(error)).toBe(transient);
  });
});
