import { expect, it } from "vitest";
import { parseGoWork } from "./go_work.ts";

it("reads every directive", () => {
  const text = `go 1.24
toolchain default
godebug (
	a=1
)
use (
	./a // comment
	"../b c"
)
use .
replace x.y/a => x.y/b v1.0
`;
  expect(parseGoWork(text)).toStrictEqual({
    go: "1.24",
    toolchain: "default",
    godebug: [{ key: "a", value: "1" }],
    use: ["./a", "../b c", "."],
    replace: [{ path: "x.y/a", by: { kind: "module", path: "x.y/b", version: "v1.0.0" } }],
  });
});

it.each([
  ["use", "go.work:1:1: usage: use local/dir"],
  ["\nrequire x.y/a v1.0.0", "go.work:2:1: unknown directive: require"],
  ["go 1.24\ngo 1.24", "go.work:2:1: repeated go statement"],
  ["go v1.24", "go.work:1:1: invalid go version 'v1.24'"],
  ["toolchain (\n)", 'go.work:1:1: unknown block type: "toolchain"'],
])("refuses %j", (text, message) => {
  expect(() => parseGoWork(text)).toThrow(message);
});
