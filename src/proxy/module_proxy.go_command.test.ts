import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { describeTree } from "../../test/support/directory_tree.ts";
import { ODD_MODULES } from "../../test/support/modules.ts";
import { runProgram, runSuccessfully } from "../../test/support/program.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../test/support/temporary_directory.ts";
import { formatModuleVersion } from "../module/module_version.ts";
import { serveModules } from "./testdata/served_modules.ts";

const MODULES = ODD_MODULES.map(({ id }) => formatModuleVersion(id));

describe("the go command with GOPROXY at a ModuleProxyHandler", () => {
  it("fills the same GOMODCACHE as from upstream", async () => {
    await using modules = await serveModules({ record: true });
    using direct = temporaryDirectory();
    using through = temporaryDirectory();

    for (const [directory, proxy] of [
      [direct, modules.upstream.url],
      [through, modules.url],
    ] as const) {
      await go(directory, proxy, ["mod", "download", ...MODULES]);
    }

    expect(await downloaded(through)).toEqual(await downloaded(direct));
  }, 180_000);

  it("lists versions, and resolves what is no version, as from upstream", async () => {
    await using modules = await serveModules();
    using direct = temporaryDirectory();
    using through = temporaryDirectory();
    for (const version of ["v1.0.0", "v1.1.0", "v2.0.0-RC1+incompatible"]) {
      modules.upstream.addModule("example.com/Upper/m", version, {
        "m.go": "package m\n",
        ...(version.startsWith("v1") && { "go.mod": "module example.com/Upper/m\n" }),
      });
    }
    const info = { Version: "v1.1.0", Time: "2020-01-01T00:00:00Z" };
    modules.upstream.set("/example.com/!upper/m/@v/main.info", JSON.stringify(info));
    // The version without its suffix is a query, which a proxy answers with the version that there is.
    modules.upstream.set(
      "/example.com/!upper/m/@v/v2.0.0-!r!c1.info",
      JSON.stringify({ ...info, Version: "v2.0.0-RC1+incompatible" }),
    );

    for (const args of [
      ["list", "-m", "-versions", "example.com/Upper/m"],
      ["list", "-m", "example.com/Upper/m@latest"],
      ["list", "-m", "example.com/Upper/m@main"],
      ["list", "-m", "example.com/Upper/m@<v1.1.0"],
      ["list", "-m", "example.com/Upper/m@v1"],
      ["list", "-m", "example.com/Upper/m@v2.0.0-RC1"],
    ]) {
      const expected = await go(direct, modules.upstream.url, args);
      expect(await go(through, modules.url, args)).toBe(expected);
      expect(await go(through, `${modules.url}/mod`, args)).toBe(expected);
    }
  });

  it("shows why a module is not given, and asks the next proxy only if there is none", async () => {
    const wrong = `h1:${"A".repeat(43)}=`;
    await using modules = await serveModules({ goSum: `example.com/m v1.0.0/go.mod ${wrong}\n` });
    using directory = temporaryDirectory();
    modules.upstream.addModule("example.com/m", "v1.0.0", { "go.mod": "module example.com/m\n" });
    modules.upstream.set("/example.com/gone/@v/v1.0.0.info", { status: 410, body: "taken back" });
    const fail = async (proxy: string, module: string) =>
      (await runGo(directory, proxy, ["mod", "download", module])).stderr;
    const next = `${modules.url},${modules.upstream.url}`;

    expect(await fail(modules.url, "example.com/m@v1.0.0")).toContain("checksum mismatch");
    expect(await fail(next, "example.com/m@v1.0.0")).toContain("checksum mismatch");
    expect(await fail(modules.url, "example.com/none@v1.0.0")).toMatch(
      /404 Not Found\s+server response:\s+not found: /,
    );
    expect(await fail(modules.url, "example.com/gone@v1.0.0")).toContain("410 Gone");
    const before = modules.upstream.requests.get("/example.com/none/@v/v1.0.0.info") ?? 0;
    await fail(next, "example.com/none@v1.0.0");
    expect(modules.upstream.requests.get("/example.com/none/@v/v1.0.0.info")).toBeGreaterThan(
      before,
    );
  });
});

async function go(
  directory: TemporaryDirectory,
  proxy: string,
  args: readonly string[],
): Promise<string> {
  return await runSuccessfully(["go", ...args], programOptions(directory, proxy));
}

async function runGo(directory: TemporaryDirectory, proxy: string, args: readonly string[]) {
  return await runProgram(["go", ...args], programOptions(directory, proxy));
}

function programOptions(directory: TemporaryDirectory, proxy: string) {
  return {
    directory: directory.path,
    timeout: 170_000,
    environment: {
      PATH: process.env["PATH"],
      HOME: directory.path,
      GOMODCACHE: directory.join("mod"),
      GOCACHE: directory.join("build"),
      GOPROXY: proxy,
      GOSUMDB: "off",
      GOTOOLCHAIN: "local",
      GOFLAGS: "-mod=mod",
    },
  };
}

/** All of a GOMODCACHE but the bytes of the zips: deflated alike, their entries stand in another order. */
async function downloaded({ path }: TemporaryDirectory): Promise<string[]> {
  const lines = await describeTree(join(path, "mod"));
  expect(lines.length).toBeGreaterThan(1_000);
  return lines
    .map((line) => (line.endsWith(".zip") ? line.replace(/ \d+ [0-9a-f]{64} /, " ") : line))
    .sort();
}
