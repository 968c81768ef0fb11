import { describe, expect, it } from "vitest";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { parseModuleVersion } from "../module/path.ts";
import { describeFailure } from "./prefetch_failure.ts";

const id = parseModuleVersion("example.com/a", "v1.0.0");

describe("describeFailure()", () => {
  it("names the module, the cause and what to do", () => {
    const error = new GomodfsError("UPSTREAM", "the proxy broke off", {
      cause: new Error("ECONNRESET"),
    });
    expect(describeFailure({ id, part: "zip", error })).toBe(
      "gomodfs: example.com/a@v1.0.0: the proxy broke off: ECONNRESET\n" +
        "  try again, or name another proxy with --proxy LIST",
    );
  });

  it("keeps the advice of an error that has one, and names a module once", () => {
    const error = new GomodfsError("SECURITY", "checksum mismatch for example.com/a@v1.0.0", {
      hint: "look at it",
    });
    expect(describeFailure({ id, part: "zip", error })).toBe(
      "gomodfs: checksum mismatch for example.com/a@v1.0.0\n  look at it",
    );
  });

  it("says which part it is where it is not the zip", () => {
    expect(describeFailure({ id, part: "mod", error: new Error("odd") })).toBe(
      "gomodfs: example.com/a@v1.0.0 (.mod): odd",
    );
  });
});
