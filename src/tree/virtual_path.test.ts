import { describe, expect, it } from "vitest";
import { childPath, ROOT, type VirtualPath } from "./virtual_path.ts";

function walk(path: string): VirtualPath | undefined {
  return path
    .split("/")
    .reduce<VirtualPath | undefined>((parent, name) => parent && childPath(parent, name), ROOT);
}

describe("childPath()", () => {
  it.each([
    ["github.com", { kind: "prefix", prefix: "github.com" }],
    ["github.com/!azure", { kind: "prefix", prefix: "github.com/!azure" }],
    [
      "github.com/!azure/a@v1.0.0",
      { kind: "module", id: { path: "github.com/Azure/a", version: "v1.0.0" } },
    ],
    [
      "github.com/a/b/v2@v2.0.0-!r!c1",
      { kind: "module", id: { path: "github.com/a/b/v2", version: "v2.0.0-RC1" } },
    ],
    [
      "gopkg.in/yaml.v3@v3.0.1",
      { kind: "module", id: { path: "gopkg.in/yaml.v3", version: "v3.0.1" } },
    ],
    [
      "rsc.io/q@v3.0.0+incompatible",
      { kind: "module", id: { path: "rsc.io/q", version: "v3.0.0+incompatible" } },
    ],
    ["cache", { kind: "cache" }],
    ["cache/download", { kind: "download", prefix: "" }],
    ["cache/download/rsc.io/quote/@v", { kind: "versions", path: "rsc.io/quote" }],
    ["cache/download/rsc.io/quote/@v/list", { kind: "list", path: "rsc.io/quote" }],
    [
      "cache/download/rsc.io/quote/@v/v1.5.2.ziphash",
      { kind: "download-file", id: { path: "rsc.io/quote", version: "v1.5.2" }, file: "ziphash" },
    ],
    ["cache/download/sumdb", { kind: "checksum", path: "" }],
    [
      "cache/download/sumdb/sum.example.com/lookup/rsc.io/quote@v1.5.2",
      { kind: "checksum", path: "sum.example.com/lookup/rsc.io/quote@v1.5.2" },
    ],
  ])("%s leads somewhere", (path, expected) => {
    expect(walk(path)).toEqual(expected);
  });

  it.each([
    ".git",
    "vendor",
    "go.mod@",
    "github.com/.git",
    "github.com/Azure",
    "github.com/a@v1",
    "github.com/a@latest",
    "github.com/a/b@v2.0.0",
    "github.com/a/b/v2@v1.0.0",
    "gopkg.in/yaml.v3@v2.0.0",
    "cache/lock",
    "cache/vcs",
    "cache/download/@v",
    "cache/download/rsc.io/quote/@v/v1.5.2.lock",
    "cache/download/rsc.io/quote/@v/v1.5.2.partial",
    "cache/download/rsc.io/quote/@v/v1.5.2.zip123.tmp",
    "cache/download/rsc.io/quote/@v/list.lock",
    "cache/download/rsc.io/quote/@v/master.info",
    "cache/download/rsc.io/quote/@latest",
    "cache/download/sumdb/..",
  ])("%s never exists", (path) => {
    expect(walk(path)).toBeUndefined();
  });
});
