import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeName, isDesktopName, parseResourcePath } from "./resource_path.ts";

/** Any code point, surrogates too; fast-check's own takes seconds to get ready. */
const codePoint = fc.oneof(
  fc.integer({ min: 0, max: 0x7f }).map((code) => String.fromCodePoint(code)),
  fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code)),
);

describe("parseResourcePath()", () => {
  it("reads what encodeName() writes", () => {
    const name = fc
      .string({ unit: codePoint, minLength: 1 })
      .filter((text) => !/^\.{1,2}$|[/\0]/.test(text) && text.isWellFormed());
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 6 }), fc.boolean(), (names, slash) => {
        const path = `/${names.map(encodeName).join("/")}`;
        expect(path).toMatch(/^[A-Za-z0-9\-._~%/]+$/);
        const expected = { names, isCollection: slash };
        expect(parseResourcePath(slash ? `${path}/` : path)).toEqual(expected);
      }),
    );
  });

  it("never gives a name that leads elsewhere", () => {
    const part = fc.constantFrom(
      "/",
      ".",
      "..",
      "%2e",
      "%2F",
      "%5c",
      "%00",
      "%",
      "a",
      "%c3",
      "%c3%a4",
    );
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        for (const name of parseResourcePath(`/${parts.join("")}`)?.names ?? []) {
          expect(name).not.toMatch(/^\.{0,2}$|[/\0]/);
        }
      }),
    );
  });

  it("takes sub-delimiters as they are and encoded", () => {
    const expected = { names: ["github.com", "!azure", "b@v1.0.0+x"], isCollection: false };
    expect(parseResourcePath("/github.com/!azure/b@v1.0.0+x")).toEqual(expected);
    expect(parseResourcePath("/github.com/%21azure/b%40v1.0.0%2Bx")).toEqual(expected);
  });

  it("knows the root", () => {
    expect(parseResourcePath("")).toEqual({ names: [], isCollection: true });
    expect(parseResourcePath("/")).toEqual({ names: [], isCollection: true });
  });

  it.each([
    "a",
    "//",
    "/a//b",
    "/a/../b",
    "/a/%2e%2e/b",
    "/a/./b",
    "/..",
    "/a%2fb",
    "/a%00",
    "/%",
    "/%zz",
    "/%ff",
    "/%c3",
    "/%ed%a0%80",
    "/a".repeat(300),
  ])("finds no name in %s", (path) => {
    expect(parseResourcePath(path)).toBeUndefined();
  });
});

describe("encodeName()", () => {
  it("encodes all that any client trips over", () => {
    expect(encodeName("b@v1!'()*+ ä<&>\"")).toBe("b%40v1%21%27%28%29%2A%2B%20%C3%A4%3C%26%3E%22");
  });
});

describe("isDesktopName()", () => {
  it("knows what Windows looks for, in any case", () => {
    expect(["desktop.ini", "Thumbs.db", "AutoRun.inf"].every(isDesktopName)).toBe(true);
    expect(["example.com", "desktop.init"].some(isDesktopName)).toBe(false);
  });
});
