import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CachedBuild, faultsOf, metricsOf } from "./support/cached_build.ts";
import { Sandbox } from "./support/sandbox.ts";

/** The last patch of each Go since the one whose protocol is on by default. */
const VERSIONS = ["go1.24.13", "go1.25.14", "go1.26.10", "go1.27.4"];
const TIMEOUT = 300_000;

test.each(VERSIONS)(
  "%s builds, vets and tests with it as with its own cache",
  { timeout: TIMEOUT },
  async (version) => {
    await using sandbox = await Sandbox.create();
    using build = new CachedBuild();
    // A toolchain is a module like any other: it comes from the registry that is replayed, and is kept there.
    const toolchain = { GOTOOLCHAIN: version, GOPROXY: sandbox.proxy.url, GOFLAGS: "-modcacherw" };
    const own = { ...build.environment, ...toolchain };
    const environment = build.through("cacheprog --metrics", toolchain);
    const output = build.path("binary");
    const run = { environment, timeout: TIMEOUT };
    expect((await build.go(["version"], run)).stdout).toContain(`${version} `);
    expect(await build.go(["build", "-o", output, "."], run)).toMatchObject({ status: 0 });
    const built = readFileSync(output);
    expect((await build.build(own)).equals(built)).toBe(true);
    // The go command indexes only packages whose files are some seconds old: those of a fresh toolchain come with this.
    expect(await build.go(["build", "-o", output, "."], run)).toMatchObject({ status: 0 });
    const again = await build.go(["build", "-o", output, "."], run);
    expect(metricsOf(again)).toMatchObject({ puts: 0, failures: 0 });
    expect(await build.go(["vet", "./answer"], run)).toMatchObject({ status: 0 });
    expect((await build.go(["test", "./answer"], run)).status).toBe(0);
    expect((await build.go(["test", "./answer"], run)).stdout).toContain("(cached)");
    expect(faultsOf(build.cache)).toEqual([]);
  },
);
