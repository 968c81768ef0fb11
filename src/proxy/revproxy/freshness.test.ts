import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { directiveSeconds, parseCacheControl } from "./cache_control.ts";
import {
  currentAge,
  type DatedAnswer,
  freshnessLifetime,
  isCacheableRequest,
  isStorable,
  reuseOf,
} from "./freshness.ts";

const NOW = Date.parse("2026-11-21T12:00:00Z");
const DATE = "Sat, 21 Nov 2026 12:00:00 GMT";

function answer(...fields: readonly string[]): DatedAnswer {
  return { status: 200, fields, requestTime: NOW, responseTime: NOW };
}

function reuseAfter(
  seconds: number,
  fields: readonly string[],
  asked: readonly string[] = [],
): string {
  const request = { method: "GET", fields: asked };
  const reuse = reuseOf(answer(...fields), request, false, NOW + seconds * 1000);
  return reuse.kind === "validate" && reuse.staleIfUnreachable ? "validate or stale" : reuse.kind;
}

describe("parseCacheControl", () => {
  it.each<[string, Record<string, string>]>([
    ["max-age=5, immutable", { "max-age": "5", immutable: "" }],
    ["MAX-AGE=5,,  No-Cache , ", { "max-age": "5", "no-cache": "" }],
    ['private="a, b", max-age="7"', { private: "a, b", "max-age": "7" }],
    [
      'no-cache="Set-Cookie\\" no-store", public',
      { "no-cache": 'Set-Cookie" no-store', public: "" },
    ],
    ["max-age=1, max-age=100", { "max-age": "1" }],
    ["=x, (bad), no-store", { "no-store": "" }],
    ["max-age = 5, no-store", { "max-age": "", "no-store": "" }],
    ['private="unclosed, no-store', { private: "", "no-store": "" }],
  ])("reads %j", (field, expected) => {
    expect(Object.fromEntries(parseCacheControl(field))).toEqual(expected);
  });

  it("reads what is no number as no time at all", () => {
    expect(directiveSeconds(parseCacheControl("max-age=-1"), "max-age")).toBe(0);
    expect(directiveSeconds(parseCacheControl("max-age=1.5"), "max-age")).toBe(0);
    expect(directiveSeconds(parseCacheControl("max-age"), "max-age")).toBe(0);
    expect(directiveSeconds(parseCacheControl("max-age=99999999999999999999"), "max-age")).toBe(
      2 ** 31,
    );
    expect(directiveSeconds(parseCacheControl("public"), "max-age")).toBeUndefined();
  });

  it("ends, whatever it is given", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("a", "=", '"', ",", "\\", " ", ";", "no-store")),
        (parts) => {
          expect(parseCacheControl(parts.join("")).size).toBeLessThanOrEqual(50);
        },
      ),
    );
  });
});

describe("freshness", () => {
  it.each<[number, readonly string[]]>([
    [5, ["Cache-Control", "max-age=5"]],
    [9, ["Cache-Control", "max-age=5, s-maxage=9"]],
    [5, ["Cache-Control", "max-age=5", "Expires", "Sat, 21 Nov 2026 13:00:00 GMT", "Date", DATE]],
    [3600, ["Expires", "Sat, 21 Nov 2026 13:00:00 GMT", "Date", DATE]],
    [0, ["Expires", "0", "Date", DATE]],
    [0, ["Expires", "Sat, 21 Nov 2026 11:00:00 GMT", "Date", DATE]],
    [0, ["Last-Modified", "Sat, 21 Nov 2020 11:00:00 GMT"]],
    [0, []],
  ])("lasts %d s", (seconds, fields) => {
    expect(freshnessLifetime(answer(...fields))).toBe(seconds);
  });

  it("counts the age that an answer came with, and the time that it took", () => {
    expect(currentAge(answer(), NOW + 10_000)).toBe(10);
    expect(currentAge(answer("Age", "100"), NOW + 10_000)).toBe(110);
    expect(currentAge(answer("Age", "x"), NOW)).toBe(0);
    const old = "Sat, 21 Nov 2026 11:59:00 GMT";
    expect(currentAge(answer("Date", old), NOW)).toBe(60);
    expect(currentAge({ ...answer("Age", "5"), requestTime: NOW - 3_000 }, NOW)).toBe(8);
  });

  it("is used while it is fresh, and not longer than the client wants", () => {
    const fields = ["Cache-Control", "max-age=60"];
    expect(reuseAfter(59, fields)).toBe("fresh");
    expect(reuseAfter(60, fields)).toBe("validate or stale");
    expect(reuseAfter(30, fields, ["Cache-Control", "max-age=20"])).toBe("validate");
    expect(reuseAfter(30, fields, ["Cache-Control", "min-fresh=40"])).toBe("validate or stale");
    expect(reuseAfter(1, fields, ["Cache-Control", "no-cache"])).toBe("validate");
    expect(reuseAfter(1, fields, ["Pragma", "no-cache"])).toBe("validate");
  });

  it.each(["no-cache, max-age=60", "must-revalidate", "proxy-revalidate", "s-maxage=0"])(
    "is never given stale with %s",
    (control) => {
      expect(reuseAfter(100, ["Cache-Control", control])).toBe("validate");
    },
  );

  it.each<[string, readonly string[]]>([
    ["no-store", ["Cache-Control", "no-store, max-age=60"]],
    ["private", ["Cache-Control", "private, max-age=60"]],
    ['private="x"', ["Cache-Control", 'private="x", max-age=60']],
    ["a cookie", ["Cache-Control", "max-age=60", "Set-Cookie", "a=b"]],
    ["Vary: *", ["Cache-Control", "max-age=60", "Vary", "a, *"]],
    ["neither age nor validator", ["Content-Type", "text/plain"]],
  ])("is not stored: %s", (_, fields) => {
    expect(isStorable(answer(...fields), false)).toBe(false);
  });

  it("is stored if it can be used or asked about", () => {
    expect(isStorable(answer("Cache-Control", "max-age=60"), false)).toBe(true);
    expect(isStorable(answer("ETag", '"a"'), false)).toBe(true);
    expect(isStorable(answer("Content-Type", "text/plain"), true)).toBe(true);
    expect(isStorable(answer("Cache-Control", "no-store"), true)).toBe(false);
    expect(isStorable({ ...answer("ETag", '"a"'), status: 404 }, true)).toBe(false);
  });

  it("is looked for only where nothing of the asker's own is in the request", () => {
    const cacheable = (method: string, ...fields: readonly string[]): boolean =>
      isCacheableRequest({ method, fields });
    expect(cacheable("GET")).toBe(true);
    expect(cacheable("HEAD", "Accept", "*/*")).toBe(true);
    expect(cacheable("POST")).toBe(false);
    for (const name of ["Authorization", "COOKIE", "range"]) {
      expect(cacheable("GET", name, "x")).toBe(false);
    }
    expect(cacheable("GET", "Cache-Control", "no-store")).toBe(false);
  });
});
