import { describe, expect, it } from "vitest";
import { parseModuleVersion } from "../module/path.ts";
import type { ResidentModule } from "../store/module_store.ts";
import { ResidentNames } from "./resident_names.ts";

function resident(
  path: string,
  version: string,
  parts: Partial<ResidentModule> = {},
): ResidentModule {
  return { id: parseModuleVersion(path, version), info: true, goMod: true, zip: true, ...parts };
}

describe("ResidentNames", () => {
  const names = new ResidentNames([
    resident("github.com/Azure/a", "v1.0.0"),
    resident("github.com/Azure/a", "v1.10.0", { zip: false }),
    resident("github.com/Azure/a", "v1.9.0", { zip: false, goMod: false }),
    resident("github.com/Azure/a/v2", "v2.0.0-RC1"),
    resident("rsc.io/quote", "v1.5.2", { zip: false }),
  ]);

  it("leads only to modules whose files are resident", () => {
    expect([...names.prefixes("")]).toEqual(["github.com"]);
    expect([...names.prefixes("github.com")]).toEqual(["!azure"]);
    expect([...names.prefixes("github.com/!azure")]).toEqual(["a"]);
    expect([...names.modules("github.com/!azure")]).toEqual(["a@v1.0.0"]);
    expect([...names.modules("github.com/!azure/a")]).toEqual(["v2@v2.0.0-!r!c1"]);
  });

  it("leads to all that is resident under cache/download", () => {
    expect([...names.downloads("")].sort()).toEqual(["github.com", "rsc.io"]);
    expect([...names.downloads("github.com/!azure/a")].sort()).toEqual(["@v", "v2"]);
    expect([...names.downloads("rsc.io/quote")]).toEqual(["@v"]);
  });

  it("lists the versions whose go.mod is resident in semantic order", () => {
    expect(names.list(parseModuleVersion("github.com/Azure/a", "v1.0.0").path)).toBe(
      "v1.0.0\nv1.10.0\n",
    );
    expect(names.list(parseModuleVersion("github.com/Azure/a/v2", "v2.0.0").path)).toBe("");
    expect(names.list(parseModuleVersion("example.com/none", "v1.0.0").path)).toBeUndefined();
  });
});
