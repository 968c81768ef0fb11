import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { escapePath, escapeVersion } from "../module/escape.ts";
import { parseModuleVersion } from "../module/path.ts";
import { parseModuleRequest } from "./module_request.ts";

describe("parseModuleRequest", () => {
  it.each(["info", "mod", "zip"])("reads .%s at both roots", (kind) => {
    const id = parseModuleVersion("github.com/Azure/a.b/v2", "v2.0.0-RC1");
    for (const root of ["", "/mod"]) {
      for (const bang of ["!", "%21"]) {
        const path = `${root}/github.com/${bang}azure/a.b/v2/@v/v2.0.0-${bang}r${bang}c1.${kind}`;
        expect(parseModuleRequest(path)).toEqual({ kind, path: id.path, id });
      }
    }
  });

  it("reads lists, the latest version and queries", () => {
    expect(parseModuleRequest("/a.test/b/@v/list")).toEqual({ kind: "list", path: "a.test/b" });
    expect(parseModuleRequest("/mod/a.test/b/@latest")).toEqual({
      kind: "latest",
      path: "a.test/b",
    });
    for (const query of ["master", "v1", "v1.2", "0123456789ab", "v2.0.0", "v1.0.0+meta"]) {
      expect(parseModuleRequest(`/a.test/b/@v/${query}.info`)).toEqual({
        kind: "revision",
        path: "a.test/b",
        query,
      });
    }
    expect(parseModuleRequest("/a.test/b/@v/list.info")).toMatchObject({ query: "list" });
  });

  it.each(["", "/", "/healthz", "/sumdb/a.test/latest", "/a.test/b", "/a.test/@v", "/@v"])(
    "leaves %s to others",
    (path) => expect(parseModuleRequest(path)).toBeUndefined(),
  );

  it.each([
    "/a.test/b/@v/v1.0.0.ziphash",
    "/a.test/b/@v/v1.0.0",
    "/a.test/b/@v/",
    "/a.test/b/@v/.info",
    "/a.test/b/@v/master.mod",
    "/a.test/b/@v/v1.zip",
    "/a.test/b/@v/v2.0.0.mod",
    "/a.test/b/@v/v1.0.0/x.info",
    "/a.test/b/@v/../../etc/passwd.info",
    "/a.test/b/@v/%2e%2e.info",
    "/a.test/b/@v/V1.0.0.info",
    "/a.test/b/@v/%C3%A9.info",
    "/a.test/b/@v/!!v1.0.0.info",
    "/a.test/b/@v/@v/list",
    "/a.test/@v/v1.0.0.info/@latest",
    "/A.test/b/@v/list",
    "/a.test/Upper/@v/list",
    "/a.test/!Upper/@v/list",
    "/a.test/b!/@v/list",
    "/a.test/../b/@v/list",
    "/a.test/%2e%2e/b/@v/list",
    "/a.test/%252e%252e/b/@v/list",
    "/a.test/./b/@v/list",
    "/../../etc/@latest",
    "//a.test/b/@v/list",
    "/a.test//b/@v/list",
    "/a.test/b/%2Egit/@v/list",
    "/a.test/b\\c/@v/list",
    "/a.test/b%0a/@v/list",
    "/a.test/b%20c/@v/list",
    "/a.test/CON/@v/list",
    "/nodot/b/@v/list",
    "/mod/@v/list",
    "/@v/list",
    "/@latest",
  ])("finds nothing at %s", (path) => {
    expect(() => parseModuleRequest(path)).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
  });

  it.each([
    "/a.test%2Fb/@v/list",
    "/a.test/b/@v/..%2f..%2fetc.info",
    "/a.test/b%5Cc/@v/list",
    "/a.test/b%00/@v/list",
    "/a.test/b%/@v/list",
    "/a.test/b%zz/@v/list",
    "/a.test/b%C0%AE/@v/list",
    "/a.test/b/@v/%ED%A0%80.info",
  ])("refuses the encoding of %s", (path) => {
    expect(() => parseModuleRequest(path)).toThrow(expect.objectContaining({ code: "INVALID" }));
  });

  it("inverts what clients make of a version", () => {
    const id = fc
      .record({
        elements: fc.array(fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,8}$/), { maxLength: 3 }),
        pre: fc.stringMatching(/^(-[A-Za-z][A-Za-z0-9]{0,5})?$/),
      })
      .map(({ elements, pre }) => ["a.test", ...elements, `v1.2.3${pre}`] as const)
      .filter((parts) => parts.every((part) => !/^(con|prn|aux|nul|com\d|lpt\d)$/i.test(part)));
    fc.assert(
      fc.property(id, (parts) => {
        const module = parseModuleVersion(parts.slice(0, -1).join("/"), parts.at(-1) ?? "");
        const escaped = `/${escapePath(module.path)}/@v/${escapeVersion(module.version)}.mod`;
        expect(parseModuleRequest(escaped.replaceAll("!", "%21"))).toMatchObject({ id: module });
      }),
    );
  });

  it("throws nothing but its own errors", () => {
    const text = fc.string({ unit: fc.constantFrom(...NOISE), size: "large" });
    fc.assert(
      fc.property(text, (noise) => {
        const paths = [`/${noise}`, `/a.test/@v/${noise}.info`, `/${noise}/@latest`];
        expect(paths.filter((path) => !isParsedOrRefused(path))).toEqual([]);
      }),
    );
  });
});

const NOISE = ["/", "@v", "%", "2", "e", "E", ".", "!", "a", "A", "\\", "\0", "list", " ", "info"];

function isParsedOrRefused(path: string): boolean {
  try {
    parseModuleRequest(path);
    return true;
  } catch (error) {
    return error instanceof GomodfsError;
  }
}
