import { constants } from "node:fs";
import { access, lstat, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { escapePath } from "../src/module/escape.ts";
import { formatModuleVersion } from "../src/module/module_version.ts";
import { describeTree } from "./support/directory_tree.ts";
import {
  downloadDirectory,
  downloadFile,
  moduleDirectory,
  ODD_MODULES,
  TOOLCHAIN_VERSION,
  toolchainModule,
} from "./support/modules.ts";
import { Sandbox } from "./support/sandbox.ts";

/** Names that a GOMODCACHE on disk may have, and a mounted one never. */
const BOOKKEEPING = /\.(lock|partial|tmp)$|^lock$/;

describe("the mounted tree", () => {
  let sandbox: Sandbox;
  let real: string;
  let mounted: string;

  beforeAll(async () => {
    sandbox = await Sandbox.create();
    real = sandbox.path("real");
    const names = ODD_MODULES.map(({ id }) => formatModuleVersion(id));
    await sandbox.go(["mod", "download", ...names], { environment: { GOMODCACHE: real } });
    ({ directory: mounted } = await sandbox.mount());
    await sandbox.go(["mod", "download", ...names], {
      environment: { GOMODCACHE: mounted, GOPROXY: "off" },
    });
  });

  afterAll(async () => {
    await sandbox[Symbol.asyncDispose]();
  });

  it.each(ODD_MODULES)(
    "shows $id.path $id.version as go mod download leaves it: $oddity",
    async ({ id }) => {
      const directory = moduleDirectory(id);
      const onDisk = await describeTree(join(real, directory));
      expect(await describeTree(join(mounted, directory))).toEqual(onDisk);
      const files = [
        ...["info", "mod", "ziphash"].map((extension) => `${downloadFile(id)}.${extension}`),
        `${downloadDirectory(id)}/list`,
      ];
      expect(await readAll(mounted, files)).toEqual(await readAll(real, files));
    },
  );

  it("finds no difference with diff -r, nor with files named in upper and lower case", async () => {
    expect(await sandbox.run(["diff", "-r", "--exclude=cache", real, mounted])).toBe("");
  });

  it.each(ODD_MODULES)(
    "shows the download files of $id.path $id.version as files that cannot be written",
    async ({ id }) => {
      for (const extension of ["info", "mod", "zip", "ziphash"]) {
        const stats = await lstat(join(mounted, `${downloadFile(id)}.${extension}`));
        expect(stats.isFile()).toBe(true);
        expect(stats.mode & 0o7777).toBe(0o444);
        expect(stats.nlink).toBe(1);
        expect(stats.size).toBeGreaterThan(0);
      }
    },
  );

  it("gives zips from which go mod download makes the same tree with the same hashes", async () => {
    const again = sandbox.path("again");
    const names = ODD_MODULES.map(({ id }) => formatModuleVersion(id));
    // Go computes .ziphash from the zip that it reads.
    await sandbox.go(["mod", "download", ...names], {
      environment: {
        GOMODCACHE: again,
        GOPROXY: `file://${mounted}/cache/download`,
        GONOSUMDB: "*",
      },
    });
    const files = ODD_MODULES.map(({ id }) => `${downloadFile(id)}.ziphash`);
    expect(await readAll(again, files)).toEqual(await readAll(real, files));
    await sandbox.run(["diff", "-r", "--exclude=cache", real, again]);
  });

  it("lists above modules what is resident", async () => {
    const prefixes = ODD_MODULES.flatMap(({ id }) => parents(escapePath(id.path)));
    expect(await listAll(mounted, ["", ...prefixes])).toEqual(
      await listAll(real, ["", ...prefixes]),
    );
  });

  it("lists below cache/download what is resident", async () => {
    expect(await readdir(join(mounted, "cache"))).toEqual(["download"]);
    const directories = ODD_MODULES.flatMap(({ id }) => [
      ...parents(escapePath(id.path)).map((parent) => `cache/download/${parent}`),
      downloadDirectory(id),
    ]);
    expect(await listAll(mounted, directories)).toEqual(await listAll(real, directories));
  });

  it("has none of the names that cmd/go and tools probe for in vain, and asks nobody for them", async () => {
    const before = total(sandbox.proxy.requests);
    const id = toolchainModule();
    const probes = [
      ".git",
      ".hg",
      "cache/lock",
      "cache/download/.git",
      "github.com/.git",
      "github.com/pkg/errors@v0.9.1/.git",
      "github.com/pkg/errors@v0.9.1/vendor",
      "github.com/pkg/errors@latest",
      "github.com/pkg/errors@v0",
      "github.com/Sirupsen",
      "cache/download/github.com/pkg/errors/@v/v0.9.1.partial",
      ...["lock", "partial", "zip.tmp", "tmp"].map((end) => `${downloadFile(id)}.${end}`),
    ];
    const found = await Promise.all(
      probes.map(async (probe) => ((await canBeFound(join(mounted, probe))) ? probe : "none")),
    );
    expect(found).toEqual(probes.map(() => "none"));
    expect(total(sandbox.proxy.requests)).toBe(before);
  });

  it("may be read and searched, but not written, by everybody who may enter", async () => {
    const file = join(mounted, moduleDirectory(ODD_MODULES[0]?.id ?? toolchainModule()));
    await expect(access(file, constants.R_OK | constants.X_OK)).resolves.toBeUndefined();
    await expect(access(file, constants.W_OK)).rejects.toMatchObject({ code: "EROFS" });
  });
});

it("a toolchain is shown as cmd/go leaves it after its first use, and runs", async () => {
  await using sandbox = await Sandbox.create();
  const directory = moduleDirectory(toolchainModule());
  const real = sandbox.path("real");
  const select = { GOTOOLCHAIN: TOOLCHAIN_VERSION };
  await sandbox.go(["version"], { environment: { ...select, GOMODCACHE: real } });
  const { directory: mounted } = await sandbox.mount();
  const environment = { ...select, GOMODCACHE: mounted };
  expect(await sandbox.go(["version"], { environment })).toContain(`${TOOLCHAIN_VERSION} `);
  expect(await describeTree(join(mounted, directory))).toEqual(
    await describeTree(join(real, directory)),
  );
}, 180_000);

/** Names of files and their bytes. */
async function readAll(root: string, files: readonly string[]): Promise<[string, string][]> {
  return await Promise.all(
    files.map(async (file): Promise<[string, string]> => {
      return [file, await readFile(join(root, file), "latin1")];
    }),
  );
}

/** Names of directories and what they list, without the files that cmd/go keeps for itself. */
async function listAll(
  root: string,
  directories: readonly string[],
): Promise<[string, string[]][]> {
  return await Promise.all(
    directories.map(async (directory): Promise<[string, string[]]> => {
      const names = await readdir(join(root, directory));
      return [directory, names.filter((name) => !BOOKKEEPING.test(name)).sort()];
    }),
  );
}

/** `["github.com", "github.com/a"]` of `github.com/a/b`. */
function parents(path: string): string[] {
  const elements = path.split("/");
  return elements.slice(1).map((_, index) => elements.slice(0, index + 1).join("/"));
}

/** Whether a name is there; any other answer than ENOENT is one that cmd/go would not expect. */
async function canBeFound(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw error;
  }
}

function total(requests: ReadonlyMap<string, number>): number {
  return requests.values().reduce((sum, count) => sum + count, 0);
}
