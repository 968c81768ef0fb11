import { describe, expect, it } from "vitest";
import { declaredModulePath, parseGoMod, parseGoModLax, synthesizeGoMod } from "./go_mod.ts";
import { parseModulePath } from "./path.ts";

const EMPTY = {
  godebug: [],
  require: [],
  exclude: [],
  replace: [],
  retract: [],
  tool: [],
  ignore: [],
};

describe("parseGoMod", () => {
  it("reads every directive", () => {
    const text = `// Deprecated: use example.com/n
module example.com/m

go 1.24.0
toolchain go1.24.1
godebug default=go1.21

require (
	example.com/a v1.2.3 // indirect
	"example.com/b/v2" v2.0 // indirect; why
	example.com/c v1.0.0 // indirectly
)
exclude example.com/a v1.2.4
replace example.com/a v1.2.3 => example.com/fork v1.0.0
replace example.com/c => ../c
// of the block
retract (
	v1.0.0

	[v1.1.0, v1.2.0] // own
)
tool example.com/a/cmd/t
ignore ./node_modules
`;
    expect(parseGoMod(text)).toStrictEqual({
      deprecated: "use example.com/n",
      module: "example.com/m",
      go: "1.24.0",
      toolchain: "go1.24.1",
      godebug: [{ key: "default", value: "go1.21" }],
      require: [
        { path: "example.com/a", version: "v1.2.3", indirect: true },
        { path: "example.com/b/v2", version: "v2.0.0", indirect: true },
        { path: "example.com/c", version: "v1.0.0", indirect: false },
      ],
      exclude: [{ path: "example.com/a", version: "v1.2.4" }],
      replace: [
        {
          path: "example.com/a",
          version: "v1.2.3",
          by: { kind: "module", path: "example.com/fork", version: "v1.0.0" },
        },
        { path: "example.com/c", by: { kind: "directory", directory: "../c" } },
      ],
      retract: [
        { low: "v1.0.0", high: "v1.0.0", rationale: "of the block" },
        { low: "v1.1.0", high: "v1.2.0", rationale: "own" },
      ],
      tool: ["example.com/a/cmd/t"],
      ignore: ["./node_modules"],
    });
  });

  it.each([
    ["modul x", "1:1: unknown directive: modul"],
    ["module a\n module b", "2:2: repeated module statement"],
    ["require x.y/z", "1:1: usage: require module/path v1.2.3"],
    ["require x.y/z 1.0", '1:1: version "1.0" invalid: must be of the form v1.2.3'],
    [
      "require (\n\tx.y/z/v2 v1.0.0\n)",
      '2:2: require "x.y/z/v2": version "v1.0.0" invalid: should be v2, not v1',
    ],
    ["require x.y/z/v1 v1.0.0", '1:1: "x.y/z/v1": invalid module path'],
    ["require 'x.y/z' v1.0.0", "1:1: invalid quoted string: unquoted string cannot contain quote"],
    ['module "\\q"', '1:1: invalid quoted string: "\\"\\\\q\\""'],
    ["go 1", "1:1: invalid go version '1': must match format 1.23.0"],
    [
      "toolchain 1.21",
      "1:1: invalid toolchain version '1.21': must match format go1.23.0 or default",
    ],
    ["godebug x", "1:1: usage: godebug key=value"],
    ["replace a => b", "replacement module without version must be directory path"],
    ["replace a => b@v1", "must match format 'path version', not 'path@version'"],
    ["replace a => ./b v1.0.0", "replacement module directory path cannot have version"],
    ["replace a => .\\b", "replacement directory appears to be Windows path"],
    ["replace a v1.0.0 b", "1:1: usage: replace module/path"],
    ["retract [v1.0.0", "1:1: expected ',' after version"],
    ["retract v1.0.0 x", "1:1: unexpected token after version"],
    ["go (\n1.21\n)", '1:1: unknown block type: "go"'],
    ["require (\n", "2:1: syntax error (unterminated block started at 1:1)"],
    ["tool (\na\n) b", "3:3: syntax error (expected newline after closing paren)"],
    ["module a /* b */", "1:10: mod files must use // comments (not /* */ comments)"],
    ["é \u0001", '1:3: unexpected input character "\\u0001"'],
    ['module "a\n"', "1:10: unexpected newline in string"],
    ["module `a", "1:8: unexpected EOF in string"],
  ])("refuses %j: %s", (text, message) => {
    expect(() => parseGoMod(text, "x/go.mod")).toThrow(message);
    expect(() => parseGoMod(text, "x/go.mod")).toThrow(/^x\/go\.mod:\d+:\d+: /);
  });

  it("takes parentheses in the middle of a line for words", () => {
    expect(parseGoMod("require ()\ntool (\n)\n")).toStrictEqual(EMPTY);
    expect(() => parseGoMod("tool () x")).toThrow("expects exactly one argument");
  });
});

describe("parseGoModLax", () => {
  it("passes over what is for main modules or unknown", () => {
    const text =
      "surprise attack\nx y (\n\tz\n)\nexclude v1\nreplace <-!\nretract [v1\ngo v1.21-x\nmodule m\n";
    expect(parseGoModLax(text)).toStrictEqual({ ...EMPTY, go: "1.21", module: "m" });
  });

  it("still refuses what counts", () => {
    expect(() => parseGoModLax("require x.y/z latest")).toThrow("must be of the form v1.2.3");
  });
});

describe("hostile input", () => {
  it.each([
    ["lines", `ignore (\n${"a\n".repeat(2 ** 22)}`, /more than 1048576 words/],
    ["parentheses", "(".repeat(2 ** 22), /more than 1048576 words/],
    ["comments", `retract (\n${"//x\n".repeat(2 ** 21)})`, /more than 1048576 words/],
    ["one word", `require ${"b".repeat(2 ** 23)}`, /usage: require/],
    ["escapes", `tool "${"\\x41".repeat(2 ** 20)}\\q"`, /invalid quoted string/],
    ["too much", " ".repeat(16 * 2 ** 20 + 1), /is too large/],
  ])("is refused in time: %s", (_, text, message) => {
    expect(() => parseGoMod(text)).toThrow(message);
  });
});

// From golang.org/x/mod/modfile, BSD-3-Clause (read_test.go), shortened.
it.each([
  ['module "github.com/rsc/vgotest"', "github.com/rsc/vgotest"],
  ["module `github.com/rsc/vgotest`", "github.com/rsc/vgotest"],
  ["module  \t github.com/rsc/vgotest  ", "github.com/rsc/vgotest"],
  ["module github.com/rsc/vgotest // c\n", "github.com/rsc/vgotest"],
  ["\n// c\nmodule x\r\n", "x"],
  ["modulex\nmodule y", "y"],
  ['module "a', ""],
  ["module", ""],
  ["", ""],
])("declaredModulePath(%j) is %j", (text, expected) => {
  expect(declaredModulePath(text)).toBe(expected);
});

it("synthesizeGoMod() has the module line only", () => {
  expect(synthesizeGoMod(parseModulePath("gopkg.in/yaml.v2"))).toBe("module gopkg.in/yaml.v2\n");
});
