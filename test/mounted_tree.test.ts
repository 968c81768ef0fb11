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
      for (const extension of ["info", "mod", "ziphash"]) {
        const file = `${downloadFile(id)}.${extension}`;
        expect(await read(mounted, file), file).toBe(await read(real, file));
      }
      const list = `${downloadDirectory(id)}/list`;
      expect(await read(mounted, list)).toBe(await read(real, list));
    },
  );

  it("finds no difference with diff -r, nor with files named in upper and lower case", async () => {
    await sandbox.run(["diff", "-r", "--exclude=cache", real, mounted]);
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
    for (const { id } of ODD_MODULES) {
      const file = `${downloadFile(id)}.ziphash`;
      expect(await read(again, file), file).toBe(await read(real, file));
    }
    await sandbox.run(["diff", "-r", "--exclude=cache", real, again]);
  });

  it("lists above modules what is resident", async () => {
    const prefixes = new Set([
      "",
      ...ODD_MODULES.flatMap(({ id }) => parents(escapePath(id.path))),
    ]);
    for (const prefix of prefixes) {
      expect(await names(mounted, prefix), prefix).toEqual(await names(real, prefix));
    }
  });

  it("lists below cache/download what is resident", async () => {
    expect(await names(mounted, "cache")).toEqual(["download"]);
    for (const { id } of ODD_MODULES) {
      for (const parent of parents(escapePath(id.path))) {
        const directory = `cache/download/${parent}`;
        expect(await names(mounted, directory), directory).toEqual(await names(real, directory));
      }
      const versions = downloadDirectory(id);
      expect(await names(mounted, versions), versions).toEqual(await names(real, versions));
    }
  });

  it("has none of the names that cmd/go and tools probe for in vain, and asks nobody for them", async () => {
    const before = total(sandbox.proxy.requests);
    const id = toolchainModule();
    const probes = [
      ".git",
      ".hg",
      "go.mod",
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
    for (const probe of probes) {
      await expect(lstat(join(mounted, probe)), probe).rejects.toMatchObject({ code: "ENOENT" });
    }
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
});

async function read(root: string, file: string): Promise<string> {
  return await readFile(join(root, file), "latin1");
}

async function names(root: string, directory: string): Promise<string[]> {
  const all = await readdir(join(root, directory));
  return all.filter((name) => !BOOKKEEPING.test(name)).sort();
}

/** `["github.com", "github.com/a"]` of `github.com/a/b`. */
function parents(path: string): string[] {
  const elements = path.split("/");
  return elements.slice(1).map((_, index) => elements.slice(0, index + 1).join("/"));
}

function total(requests: ReadonlyMap<string, number>): number {
  return requests.values().reduce((sum, count) => sum + count, 0);
}
