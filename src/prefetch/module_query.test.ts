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
  /** Names of revisions to versions. */
  readonly revisions?: Readonly<Record<string, string>>;
  /** go.mod files by version; `module example.com/m` with a go line unless given. */
  readonly goMods?: Readonly<Record<string, string>>;
}

async function latest(answers: Answers): Promise<string> {
  return await resolve("latest", answers);
}

/** The version that a query means. */
async function resolve(text: string, answers: Answers): Promise<string> {
  const { list = "", latest: newest, goMods = {}, revisions = {} } = answers;
  const query = parseModuleQuery(`example.com/m@${text}`);
  if (query === undefined) throw new Error("it names a module");
  const id = await resolveModuleQuery(query, {
    source: {
      versions: () => Promise.resolve(Buffer.from(list)),
      latest: () => infoOf(newest),
      revision: (_path, revision) => infoOf(revisions[revision]),
    },
    goMod: ({ version }) =>
      Promise.resolve(Buffer.from(goMods[version] ?? "module example.com/m\n\ngo 1.21\n")),
  });
  return id.version;
}

function infoOf(version: string | undefined): Promise<Uint8Array> {
  return version === undefined
    ? Promise.reject(new GomodfsError("NOT_FOUND", "no such revision"))
    : Promise.resolve(Buffer.from(JSON.stringify({ Version: version })));
}

describe("parseModuleQuery()", () => {
  it("reads versions, and leaves paths alone", () => {
    expect(parseModuleQuery("example.com/m@v1.2.3")).toEqual({
      kind: "version",
      id: { path: "example.com/m", version: "v1.2.3" },
    });
    expect(parseModuleQuery("./m")).toBeUndefined();
  });

  it.each(["latest", "upgrade", "v1", "v1.2", "<v1.5", "<=v1.5.0", ">v1.2.3", ">=v1.2", "v2"])(
    "takes %s for a choice",
    (query) => {
      const expected = { kind: "choice", path: PATH, query };
      expect(parseModuleQuery(`example.com/m@${query}`)).toEqual(expected);
    },
  );

  it.each(["main", "topic/x", "0123abc", "v1.2.3+meta", "v2.0.0", "v1.2.3.4", "1.2.3"])(
    "takes %s for a revision",
    (revision) => {
      const expected = { kind: "revision", path: PATH, revision };
      expect(parseModuleQuery(`example.com/m@${revision}`)).toEqual(expected);
    },
  );

  it.each([
    ["m@v1.0.0", "missing dot in first path element"],
    ["example.com/m@", "no version"],
    ["@v1.0.0", "empty string"],
    ["example.com/m@a b", "blanks"],
    ["example.com/m@<=v1.2", 'ambiguous semantic version "v1.2" in range "<=v1.2"'],
    ["example.com/m@>v1", 'ambiguous semantic version "v1" in range ">v1"'],
    ["example.com/m@>=main", 'invalid semantic version "main" in range ">=main"'],
    ["example.com/m@patch", "no existing version is required"],
  ])("refuses %s: %s", (text, reason) => {
    expect(() => parseModuleQuery(text)).toThrow(rejection("USAGE", text));
    expect(() => parseModuleQuery(text)).toThrow(reason);
  });
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

  // The first rows are those of cmd/go/testdata/script/mod_query.txt.
  const QUOTE =
    "v1.0.0\nv1.1.0\nv1.2.0\nv1.2.1\nv1.3.0\nv1.4.0\nv1.5.0\nv1.5.1\nv1.5.2\nv1.5.3-pre1\n";

  it.each<[string, string, Answers]>([
    ["latest", "v1.5.2", { list: QUOTE }],
    ["upgrade", "v1.5.2", { list: QUOTE }],
    ["v1", "v1.5.2", { list: QUOTE }],
    ["v1.5", "v1.5.2", { list: QUOTE }],
    ["v1.2", "v1.2.1", { list: QUOTE }],
    [">v1.5.2", "v1.5.3-pre1", { list: QUOTE }],
    ["<v1.5.4", "v1.5.2", { list: QUOTE }],
    ["<v1.5", "v1.4.0", { list: QUOTE }],
    ["<=v1.3.0", "v1.3.0", { list: QUOTE }],
    [">=v1.2.1", "v1.2.1", { list: QUOTE }],
    [">v1.2.1", "v1.3.0", { list: QUOTE }],
    ["v1.2", "v1.2.3", { list: "v1.2.3\nv1.20.0\n" }],
    [
      "v1",
      "v1.0.0",
      {
        list: "v1.0.0\nv1.1.0\n",
        goMods: { "v1.1.0": "module example.com/m\nretract v1.1.0\n" },
      },
    ],
    [">v1.0.0", "v1.1.0", { list: "v1.0.0\nv1.1.0\nv2.0.0+incompatible\n" }],
    [">=v2.0.0", "v2.0.0+incompatible", { list: "v1.1.0\nv2.0.0+incompatible\n" }],
    ["v2", "v2.0.0+incompatible", { list: "v1.1.0\nv2.0.0+incompatible\n" }],
    ["main", PSEUDO[0], { revisions: { main: PSEUDO[0] } }],
    ["v2.0.0", "v2.0.0+incompatible", { revisions: { "v2.0.0": "v2.0.0+incompatible" } }],
    ["v1.2.3+meta", "v1.2.3", { revisions: { "v1.2.3": "v1.2.3" } }],
    ["v1.2.3+meta", PSEUDO[1], { revisions: { "v1.2.3+meta": PSEUDO[1], "v1.2.3": "v1.2.3" } }],
  ])("%s is %s", async (query, version, answers) => {
    expect(await resolve(query, answers)).toBe(version);
  });

  it.each([">v1.5.3", "v1.6", "v3", "<v1.0.0"])("finds nothing for %s", async (query) => {
    const message = `module example.com/m: no matching versions for query "${query}"`;
    await expect(resolve(query, { list: QUOTE })).rejects.toEqual(rejection("NOT_FOUND", message));
  });

  it("fails where the source knows no such revision, or makes it a version of another module", async () => {
    await expect(resolve("main", {})).rejects.toEqual(rejection("NOT_FOUND"));
    await expect(resolve("v1.2.3+meta", {})).rejects.toEqual(rejection("NOT_FOUND"));
    const lie = { revisions: { main: "v2.0.0" } };
    await expect(resolve("main", lie)).rejects.toEqual(rejection("INVALID", "should be v0 or v1"));
  });

  it("gives a version as it is", async () => {
    const query = parseModuleQuery("example.com/m@v1.2.3");
    if (query === undefined) throw new Error("it names a module");
    const refuse = (): Promise<never> => Promise.reject(new Error("nobody need be asked"));
    const source = { versions: refuse, latest: refuse, revision: refuse };
    const from = { source, goMod: refuse };
    expect(formatModuleVersion(await resolveModuleQuery(query, from))).toBe("example.com/m@v1.2.3");
  });
});
