import { describe, expect, it } from "vitest";
import { GoSum, parseGoSum } from "./go_sum.ts";
import { parseH1 } from "./h1.ts";
import { parseModuleVersion } from "./path.ts";

const H1 = `h1:${"A".repeat(43)}=`;
const OTHER_H1 = `h1:${"B".repeat(42)}A=`;
const ID = parseModuleVersion("example.com/a", "v1.0.0");

describe("parseGoSum", () => {
  it("reads zip and go.mod lines in any spacing", () => {
    const text = `\n  example.com/a\tv1.0.0   ${H1}\r\nexample.com/a v1.0.0/go.mod ${OTHER_H1}`;
    expect(parseGoSum(text)).toStrictEqual([
      { id: ID, kind: "zip", h1: H1 },
      { id: ID, kind: "goMod", h1: OTHER_H1 },
    ]);
  });

  it("passes over the hash of the empty go.mod and kinds of hashes that nobody knows", () => {
    const empty = "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=";
    expect(parseGoSum(`x.y/a v1.0.0/go.mod ${empty}\nx.y/a v1.0.0 h2:new\n`)).toStrictEqual([]);
  });

  it("passes over what no build can require", () => {
    const text = `x.y/a v1.0 ${H1}\nxy/a v1.0.0 ${H1}\nx.y/a v2.0.0 ${H1}\nx.y/a v1.0.0/other h1:bad\n`;
    expect(parseGoSum(text)).toStrictEqual([]);
  });

  it.each([
    ["a b", "wrong number of fields 2"],
    [`x.y/a v1.0.0 ${H1} more`, "wrong number of fields 4"],
    ["x.y/a v1.0.0 h1:short", '"h1:short" is not a hash'],
  ])("refuses the line %j", (line, reason) => {
    const message = new RegExp(`^malformed go\\.sum: work/go\\.sum:3: .*${reason}`);
    expect(() => parseGoSum(`\n\n${line}\n`, "work/go.sum")).toThrow(message);
  });
});

describe("GoSum", () => {
  it("collects the hashes of each module version", () => {
    const twice = `example.com/a v1.0.0 ${H1}\nexample.com/a v1.0.0 ${OTHER_H1}\n`;
    const sums = new GoSum([...parseGoSum(twice), ...parseGoSum(twice)]);
    expect([...sums.hashes(ID, "zip")]).toStrictEqual([H1, OTHER_H1]);
    expect(sums.hashes(ID, "goMod").size).toBe(0);
  });
});

describe("parseH1", () => {
  it.each([
    "",
    "h1:",
    `h1:${"A".repeat(44)}`,
    `h1:${"A".repeat(42)}B=`,
    `h2:${"A".repeat(43)}=`,
    `${H1}\n`,
  ])("refuses %j", (text) => expect(() => parseH1(text)).toThrow("is not a hash"));

  it("accepts 32 bytes in base64", () => {
    expect(parseH1(OTHER_H1)).toBe(OTHER_H1);
  });
});
