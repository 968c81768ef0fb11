import { describe, expect, it } from "vitest";
import { parseGoMod } from "../module/go_mod.ts";
import { parseGoSum } from "../module/go_sum.ts";
import { formatModuleVersion } from "../module/module_version.ts";
import type { Project } from "../project/project.ts";
import { Replacements } from "../project/replacements.ts";
import { likelyParts } from "./likely_parts.ts";
import type { ZipScope } from "./project_needs.ts";

const H1 = `h1:${"A".repeat(43)}=`;

/** What is likely, by part: `a@v1.0.0` for example.com/a. */
function likely(goMod: string, sums: readonly string[], scope: ZipScope): Record<string, string[]> {
  const parsed = parseGoMod(`module example.com/m\n${goMod}`);
  const project: Project = {
    kind: "module",
    file: "/m/go.mod",
    goMods: [{ file: "/m/go.mod", directory: "/m", goMod: parsed }],
    sums: parseGoSum(
      sums.map((sum) => `${sum.includes(".org/") ? "" : "example.com/"}${sum} ${H1}\n`).join(""),
    ),
    replacements: new Replacements([{ directory: "/m", replace: parsed.replace }]),
    excluded: new Set(parsed.exclude.map(({ path, version }) => `${path}@${version}`)),
    go: parsed.go,
    toolchain: parsed.toolchain,
  };
  const names: Record<string, Set<string>> = { zip: new Set(), mod: new Set(), info: new Set() };
  for (const { id, part } of likelyParts(project, scope)) {
    names[part]?.add(formatModuleVersion(id).replace("example.com/", ""));
  }
  return Object.fromEntries(Object.entries(names).map(([part, ids]) => [part, [...ids].sort()]));
}

const SUMS = [
  "a v1.0.0",
  "a v1.0.0/go.mod",
  "a v0.9.0/go.mod",
  "b v1.1.0",
  "b v1.1.0/go.mod",
  "b v1.0.0",
  "b v1.0.0/go.mod",
  "c v1.0.0",
  "c v1.2.0/go.mod",
];

describe("likelyParts()", () => {
  it("takes the zips that go.mod requires, all go.mod files, and the highest version's .info", () => {
    expect(likely("require example.com/a v1.0.0\n", SUMS, "required")).toEqual({
      zip: ["a@v1.0.0"],
      mod: ["a@v0.9.0", "a@v1.0.0", "b@v1.0.0", "b@v1.1.0", "c@v1.2.0"],
      info: ["a@v1.0.0", "b@v1.1.0", "c@v1.2.0"],
    });
  });

  it("takes for a build list the zips of the highest versions, where go.sum has their hash", () => {
    const { zip } = likely("require example.com/a v1.0.0\n", SUMS, "build list");
    expect(zip).toEqual(["a@v1.0.0", "b@v1.1.0"]);
  });

  it("goes by replacements and exclusions, and leaves out what can be no module and toolchains", () => {
    const goMod = `
require (
	example.com/a v1.0.0
	example.com/b v1.0.0
	example.com/c v1.0.0
	example.com/d v1.0.0
	example.com/m v1.0.0
	nonsense v1.0.0
)
replace example.com/a => ./a
replace example.com/b => example.com/fork v1.3.0
exclude example.com/c v1.0.0
`;
    expect(likely(goMod, [], "required")).toEqual({
      zip: ["d@v1.0.0", "fork@v1.3.0"],
      mod: ["d@v1.0.0", "fork@v1.3.0"],
      info: ["d@v1.0.0", "fork@v1.3.0"],
    });
    const toolchain = "golang.org/toolchain v0.0.1-go1.24.0.linux-amd64/go.mod";
    expect(likely("", [toolchain], "required")).toEqual({ zip: [], mod: [], info: [] });
  });
});
