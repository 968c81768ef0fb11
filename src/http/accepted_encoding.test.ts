import { describe, expect, it } from "vitest";
import { acceptsGzip } from "./accepted_encoding.ts";

describe("acceptsGzip", () => {
  it.each([
    "gzip",
    "x-gzip",
    "GZIP",
    "br, gzip",
    "gzip;q=0.5",
    "gzip; q=1.000",
    "*",
    "identity;q=0, *;q=0.1",
    "*;q=0, gzip",
  ])("%s", (field) => expect(acceptsGzip(field)).toBe(true));

  it.each([
    undefined,
    "",
    "identity",
    "br",
    "gzip;q=0",
    "gzip;q=0.000",
    "*;q=0",
    "*, gzip;q=0",
    "gzipped",
  ])("not %s", (field) => expect(acceptsGzip(field)).toBe(false));
});
