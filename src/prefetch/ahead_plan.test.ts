import { describe, expect, it } from "vitest";
import { parseGoSum } from "../module/go_sum.ts";
import { planAhead } from "./ahead_plan.ts";

const H1 = `h1:${"A".repeat(43)}=`;
const LINES = parseGoSum(
  [
    `example.com/a v1.0.0 ${H1}`,
    `example.com/a v1.0.0/go.mod ${H1}`,
    `example.com/a v0.9.0/go.mod ${H1}`,
    `example.com/b v1.0.0/go.mod ${H1}`,
    `example.com/b v1.0.0 ${H1}`,
    `example.com/c v1.0.0 ${H1}`,
  ].join("\n"),
);

function names(
  modules: readonly { id: { path: string; version: string }; zip: boolean }[],
): string[] {
  return modules.map(({ id, zip }) => `${id.path.at(-1)}@${id.version}${zip ? " zip" : ""}`);
}

describe("planAhead()", () => {
  it("puts what go.mod requires first, in its order", () => {
    const required = [
      { path: "example.com/b", version: "v1.0.0" },
      { path: "example.com/local", version: "v1.0.0" },
      { path: "example.com/a", version: "v1.0.0" },
      { path: "example.com/b", version: "v1.0.0" },
    ];
    const { first, rest } = planAhead(LINES, required);
    expect(names(first)).toEqual(["b@v1.0.0 zip", "a@v1.0.0 zip"]);
    expect(names(rest)).toEqual(["a@v0.9.0", "c@v1.0.0 zip"]);
  });

  it("without a go.mod begins with all that has a zip", () => {
    const { first, rest } = planAhead(LINES, []);
    expect(names(first)).toEqual(["a@v1.0.0 zip", "b@v1.0.0 zip", "c@v1.0.0 zip"]);
    expect(names(rest)).toEqual(["a@v0.9.0"]);
  });
});
