import { describe, expect, it } from "vitest";
import { rejection } from "../../test/support/rejection.ts";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { formatModuleVersion } from "../module/module_version.ts";
import { parseModulePath } from "../module/path.ts";
import { parseModuleQuery, resolveModuleQuery } from "./module_query.ts";

const PATH = parseModulePath("example.com/m");

/** What a proxy says of a module. */
interface Answers {
  readonly list?: string;
  readonly latest?: string;
  /** go.mod files by version; `module example.com/m` with a go line unless given. */
  readonly goMods?: Readonly<Record<string, string>>;
}

async function latest({ list = "", latest: newest, goMods = {} }: Answers): Promise<string> {
  const id = await resolveModuleQuery(
    { kind: "latest", path: PATH },
    {
      source: {
        versions: () => Promise.resolve(Buffer.from(list)),
        latest: () =>
          newest === undefined
            ? Promise.reject(new GomodfsError("NOT_FOUND", "no @latest"))
            : Promise.resolve(Buffer.from(JSON.stringify({ Version: newest }))),
      },
      goMod: ({ version }) =>
        Promise.resolve(Buffer.from(goMods[version] ?? "module example.com/m\n\ngo 1.21\n")),
    },
  );
  return id.version;
}

describe("parseModuleQuery()", () => {
  it("reads versions and latest, and leaves paths alone", () => {
    expect(parseModuleQuery("example.com/m@v1.2.3")).toEqual({
      kind: "version",
      id: { path: "example.com/m", version: "v1.2.3" },
    });
    expect(parseModuleQuery("example.com/m@latest")).toEqual({ kind: "latest", path: PATH });
    expect(parseModuleQuery("./m")).toBeUndefined();
  });

  it.each(["example.com/m@v1.2", "example.com/m@main", "m@v1.0.0", "example.com/m@", "@v1.0.0"])(
    "refuses %s",
    (text) => {
      expect(() => parseModuleQuery(text)).toThrow(rejection("USAGE", text));
    },
  );
});

describe("resolveModuleQuery()", () => {
  const PSEUDO = [
    "v0.0.0-20200102030405-aaaaaaaaaaaa",
    "v0.0.0-20210102030405-bbbbbbbbbbbb",
  ] as const;

  it.each<[string, Answers, string]>([
    ["the highest release", { list: "v1.10.0\nv1.9.0\nv1.11.0-rc1\nnonsense\n" }, "v1.10.0"],
    ["a pre-release where there is no release", { list: "v1.0.0-rc1\nv1.0.0-rc2\n" }, "v1.0.0-rc2"],
    [
      "no version that the newest go.mod retracts",
      {
        list: "v1.0.0\nv1.1.0\nv1.2.0\n",
        goMods: { "v1.2.0": "module example.com/m\nretract [v1.1.0, v1.2.0] // bad\n" },
      },
      "v1.0.0",
    ],
    [
      "a compatible version with a go.mod before incompatible ones",
      { list: "v1.0.0\nv2.0.0+incompatible\n" },
      "v1.0.0",
    ],
    [
      "an incompatible version where no go.mod is",
      { list: "v1.0.0\nv2.0.0+incompatible\n", goMods: { "v1.0.0": "module example.com/m\n" } },
      "v2.0.0+incompatible",
    ],
    ["what the source calls latest without versions", { latest: PSEUDO[0] }, PSEUDO[0]],
    ["the newest commit listed without that", { list: `${PSEUDO[1]}\n${PSEUDO[0]}\n` }, PSEUDO[1]],
    [
      "the newest by the times listed",
      { list: `${PSEUDO[1]} 2020-01-01T00:00:00Z\n${PSEUDO[0]} 2022-01-01T00:00:00Z\n` },
      PSEUDO[0],
    ],
  ])("takes %s", async (_, answers, version) => {
    expect(await latest(answers)).toBe(version);
  });

  it("fails where there is none, or all are retracted", async () => {
    await expect(latest({})).rejects.toEqual(rejection("NOT_FOUND"));
    const goMods = { "v1.0.0": "module example.com/m\nretract v1.0.0\n" };
    await expect(latest({ list: "v1.0.0\n", goMods })).rejects.toEqual(rejection("NOT_FOUND"));
    const badTime = "v0.0.0-20219902030405-bbbbbbbbbbbb\n";
    await expect(latest({ list: badTime })).rejects.toEqual(rejection("NOT_FOUND"));
  });

  it("gives a version as it is", async () => {
    const query = parseModuleQuery("example.com/m@v1.2.3");
    if (query === undefined) throw new Error("it names a module");
    const refuse = (): Promise<never> => Promise.reject(new Error("nobody need be asked"));
    const from = { source: { versions: refuse, latest: refuse }, goMod: refuse };
    expect(formatModuleVersion(await resolveModuleQuery(query, from))).toBe("example.com/m@v1.2.3");
  });
});
