import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { escapePath, escapeVersion } from "../module/escape.ts";
import { tilePath } from "../sumdb/tile.ts";
import { parseSumdbPath, type SumdbRequest } from "./sumdb_path.ts";

const NAMES = new Set(["sum.test", "sum.test/with/path"]);

function parse(path: string) {
  return parseSumdbPath(path, (name) => (NAMES.has(name) ? name : undefined));
}

/** What stands behind the database's name. */
function spell(request: SumdbRequest<string>): string {
  switch (request.kind) {
    case "supported":
    case "latest":
      return request.kind;
    case "tile":
      return tilePath(request.tile);
    case "record":
      return `lookup/${escapePath(request.id.path)}@${escapeVersion(request.id.version)}`;
  }
}

describe("parseSumdbPath()", () => {
  it.each([
    ["sum.test/supported", { kind: "supported", database: "sum.test" }],
    ["sum.test/with/path/latest", undefined],
    ["sum.test%2Fwith/path/latest", undefined],
    ["other.test/latest", undefined],
    ["sum.test", undefined],
    [
      "sum.test/lookup/github.com/!azure/a@v1.0.0-!r!c1",
      {
        kind: "record",
        database: "sum.test",
        id: { path: "github.com/Azure/a", version: "v1.0.0-RC1" },
      },
    ],
    ["sum.test/lookup/github.com/Azure/a@v1.0.0", undefined],
    ["sum.test/lookup/gopkg.in/yaml.v3@v2.0.0", undefined],
    [
      "sum.test/lookup/a.test/b%40v1.0.0",
      { kind: "record", database: "sum.test", id: { path: "a.test/b", version: "v1.0.0" } },
    ],
    [
      "sum.test/tile/8/data/x001/x234/067.p/3",
      {
        kind: "tile",
        database: "sum.test",
        tile: { height: 8, level: -1, number: 1234067, width: 3 },
      },
    ],
    ["sum.test/tile/8/0/067.p/256", undefined],
  ])("reads %s", (path, request) => {
    expect(parse(path)).toEqual(request);
  });

  it("prefers the first database of two names of which one begins with the other", () => {
    const names = new Set(["sum.test/with/path"]);
    const request = parseSumdbPath("sum.test/with/path/latest", (name) =>
      names.has(name) ? name : undefined,
    );
    expect(request).toEqual({ kind: "latest", database: "sum.test/with/path" });
  });

  it("understands one spelling of each thing, and never throws", () => {
    const element = fc.constantFrom(
      "lookup",
      "tile",
      "8",
      "0",
      "x001",
      "000",
      "..",
      "%2e",
      "%",
      "a.test",
      "m@v1.0.0",
      "",
    );
    const hostile = fc.oneof(
      fc.string(),
      fc.array(element).map((elements) => elements.join("/")),
    );
    fc.assert(
      fc.property(hostile, (text) => {
        const request = parse(`sum.test/${text}`);
        const isExact = request === undefined || spell(request) === decodeURIComponent(text);
        expect(isExact).toBe(true);
      }),
    );
  });
});
