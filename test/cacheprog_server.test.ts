import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CacheServer } from "./support/cache_server.ts";
import { CachedBuild, faultsOf, filesBelow, metricsOf } from "./support/cached_build.ts";

const BUILDS = 10;
const TIMEOUT = 180_000;

describe("gomodfs cacheprog serve and connect", { timeout: TIMEOUT }, () => {
  let build: CachedBuild;
  let expected: Buffer;

  beforeAll(async () => {
    build = new CachedBuild();
    expected = await build.build(build.environment);
  }, TIMEOUT);

  afterAll(() => {
    build[Symbol.dispose]();
  });

  test("ten builds at once share one cache", async () => {
    await using server = await CacheServer.start(["--plugin", "0", "--metrics"], build.environment);
    const environment = build.through(`cacheprog connect ${server.address}`);
    const results = await Promise.all(
      Array.from({ length: BUILDS }, async (_, index) => {
        const output = build.path(`binary-${index}`);
        const result = await build.go(["build", "-o", output, "."], { environment });
        return { ...result, isEqual: readFileSync(output).equals(expected) };
      }),
    );
    for (const result of results) {
      expect(result).toMatchObject({ status: 0, stdout: "", stderr: "", isEqual: true });
    }
    expect(faultsOf(build.cache)).toEqual([]);
    expect(await server.end("SIGTERM")).toBe(0);
    expect(metricsOf(server)).toMatchObject({ begun: BUILDS, sessions: 0, failures: 0 });
    expect(filesBelow(`${build.cache}/session`)).toEqual([]);
  });

  test("a build whose server is away says so in one line, and uses the local cache", async () => {
    const environment = build.through(`cacheprog connect unix:${build.path("no-socket")}`);
    const result = await build.go(["build", "-o", build.path("binary"), "."], { environment });
    expect(result.status).toBe(0);
    expect(result.stderr).toMatch(
      /^gomodfs: no cache server at \S+ \(connect ENOENT .*\); this build uses .*\n$/,
    );
    expect(readFileSync(build.path("binary")).equals(expected)).toBe(true);
  });

  test("a server that is killed in mid-build: the build ends with a clear message, the cache is whole", async () => {
    const cache = build.path("killed");
    const args = ["--plugin", `unix:${build.path("s")}`, "--cache-dir", cache];
    await using server = await CacheServer.start(args, build.environment);
    const environment = build.through(`cacheprog connect ${server.address}`);
    const running = build.go(["build", "-o", build.path("binary"), "."], { environment });
    await expect.poll(() => outputsIn(cache), { timeout: TIMEOUT }).toBeGreaterThan(10);
    await server.end("SIGKILL");
    const result = await running;
    expect(result.status).toBe(1);
    expect(result.stderr).toContain("has gone in the middle of the build; run the build again");
    expect(faultsOf(cache)).toEqual([]);
    const again = await build.go(["build", "-o", build.path("binary"), "."], {
      environment: build.through(`cacheprog connect ${server.address} --cache-dir=${cache}`),
    });
    expect(again.status).toBe(0);
    expect(readFileSync(build.path("binary")).equals(expected)).toBe(true);
  });

  test("a server takes the place of one that was killed", async () => {
    const args = ["--plugin", `unix:${build.path("again")}`];
    await using first = await CacheServer.start(args, build.environment);
    await first.end("SIGKILL");
    await using second = await CacheServer.start(args, build.environment);
    const environment = build.through(`cacheprog connect ${second.address}`);
    const result = await build.go(["build", "-o", build.path("binary"), "."], { environment });
    expect(result).toMatchObject({ status: 0, stderr: "" });
  });

  test("a build without the token reads, and its puts are its own", async () => {
    const cache = build.path("guarded");
    const tokens = build.path("tokens");
    writeFileSync(tokens, "let-me-write\n");
    const args = ["--plugin", "0", "--cache-dir", cache, "--token-file", tokens];
    await using server = await CacheServer.start(args, build.environment);
    const command = `cacheprog connect ${server.address}`;
    const guest = build.through(command, { GOMODFS_CACHE_TOKEN: "wrong" });
    const trusted = build.through(command, { GOMODFS_CACHE_TOKEN: "let-me-write" });
    build.write("answer/guest.go", "package answer\n\nvar Guest = 1\n");
    expect((await build.go(["build", "./answer"], { environment: guest })).status).toBe(0);
    expect(outputsIn(cache)).toBe(0);
    expect(server.stderr).toContain("a build gave a token that is not known: it may only read");
    expect((await build.go(["build", "./answer"], { environment: trusted })).status).toBe(0);
    expect(outputsIn(cache)).toBeGreaterThan(0);
    expect(faultsOf(cache)).toEqual([]);
    build.write("answer/guest.go", "package answer\n");
  });

  test("a server that hangs is done without", async () => {
    await using server = await CacheServer.start(
      ["--plugin", `unix:${build.path("hangs")}`],
      build.environment,
    );
    server.suspend();
    const environment = build.through(`cacheprog connect ${server.address}`);
    const result = await build.go(["build", "-o", build.path("binary"), "."], { environment });
    expect(result.status).toBe(0);
    expect(result.stderr).toContain("it does not answer");
  });
});

/** Outputs in the directory of a cache. */
function outputsIn(cache: string): number {
  try {
    return filesBelow(`${cache}/output`).length;
  } catch {
    return 0;
  }
}
