import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { escapePath, escapeVersion, unescapePath, unescapeVersion } from "./escape.ts";
import { parseModulePath } from "./path.ts";

describe("escape", () => {
  it("spells upper case with exclamation marks", () => {
    const path = parseModulePath("github.com/GoogleCloudPlatform/omega");
    expect(escapePath(path)).toBe("github.com/!google!cloud!platform/omega");
    expect(escapeVersion("v1.0.0-RC1")).toBe("v1.0.0-!r!c1");
  });

  it("is undone by unescape", () => {
    const element = fc.stringMatching(/^[A-Za-z0-9_-]{1,8}$/).map((text) => `x${text}x`);
    const path = fc.array(element, { minLength: 1 }).map((list) => `x.y/${list.join("/")}`);
    const property = fc.property(path, (text) => {
      expect(unescapePath(escapePath(parseModulePath(text)))).toBe(text);
    });
    fc.assert(property);
  });

  it.each(["a!b", "é", "a/b", "", "con", "a."])("refuses the version %j", (version) => {
    expect(() => escapeVersion(version)).toThrow("disallowed version string");
  });
});

describe("unescape", () => {
  // From golang.org/x/mod/module, BSD-3-Clause (module_test.go).
  it.each([
    "github.com/GoogleCloudPlatform/omega",
    "github.com/!google!cloud!platform!/omega",
    "github.com/!0google!cloud!platform/omega",
    "github.com/!_google!cloud!platform/omega",
    "github.com/!!google!cloud!platform/omega",
    "",
  ])("refuses the path %j", (escaped) => {
    expect(() => unescapePath(escaped)).toThrow(`invalid escaped module path "${escaped}"`);
  });

  it("accepts names of revisions as versions", () => {
    expect(unescapeVersion("release-!x")).toBe("release-X");
    expect(() => unescapeVersion("a/b")).toThrow(
      "invalid escaped version \"a/b\": invalid char '/'",
    );
    expect(() => unescapeVersion("V1.0.0")).toThrow("invalid escaped version");
  });
});
