import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { basename } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CachedBuild, faultsOf, filesBelow, metricsOf } from "./support/cached_build.ts";
import { GOMODFS } from "./support/gomodfs_mount.ts";
import { runProgram } from "./support/program.ts";

/** Milliseconds: the standard library is compiled for each empty cache. */
const TIMEOUT = 180_000;

describe("gomodfs cacheprog", { timeout: TIMEOUT }, () => {
  let build: CachedBuild;

  beforeAll(() => {
    build = new CachedBuild();
  });

  afterAll(() => {
    build[Symbol.dispose]();
  });

  test("builds what the go command's own cache builds, and the second time from the cache alone", async () => {
    const environment = build.through("cacheprog --metrics");
    const [first, expected] = [
      await build.build(environment),
      await build.build(build.environment),
    ];
    expect(first.equals(expected)).toBe(true);
    expect(faultsOf(build.cache)).toEqual([]);
    // An extension would make cgo take an output for something else.
    const names = filesBelow(`${build.cache}/output`).map((path) => basename(path));
    expect(names.filter((name) => name.includes("."))).toEqual([]);
    expect((await build.build(environment)).equals(expected)).toBe(true);
    const again = await build.go(["build", "-o", build.path("binary"), "."], { environment });
    expect(metricsOf(again)).toMatchObject({ puts: 0, failures: 0 });
    expect(readdirSync(`${build.cache}/session`)).toEqual([]);
    expect(readdirSync(`${build.cache}/tmp`)).toEqual([]);
  });

  test("caches tests, coverage, vet, run and fuzzing", async () => {
    const environment = build.through("cacheprog");
    for (const args of [
      ["test", "./answer"],
      ["test", "-cover", "./answer"],
    ]) {
      const first = await build.go(args, { environment });
      expect(first).toMatchObject({ status: 0 });
      expect(first.stdout).not.toContain("(cached)");
      const second = await build.go(args, { environment });
      expect(second).toMatchObject({ status: 0 });
      expect(second.stdout).toContain("(cached)");
    }
    for (const args of [
      ["vet", "./..."],
      ["vet", "./..."],
      ["list", "-export", "./answer"],
    ]) {
      expect(await build.go(args, { environment })).toMatchObject({ status: 0, stderr: "" });
    }
    for (const _ of ["compiled", "cached"]) {
      const result = await build.go(["run", "."], { environment });
      expect(result).toMatchObject({ status: 0, stdout: "the answer is 42\n" });
    }
    const profile = build.path("profile");
    const cover = ["test", `-coverprofile=${profile}`, "./answer"];
    await build.go(cover, { environment });
    const fresh = readFileSync(profile, "utf8");
    rmSync(profile);
    expect((await build.go(cover, { environment })).stdout).toContain("(cached)");
    expect(readFileSync(profile, "utf8")).toBe(fresh);
    const fuzz = ["test", "-run=^$", "-fuzz=FuzzValue", "-fuzztime=50x", "./answer"];
    expect(await build.go(fuzz, { environment })).toMatchObject({ status: 0 });
  });

  test("a test that is changed runs again", async () => {
    const environment = build.through("cacheprog");
    const test =
      'package answer\n\nimport "testing"\n\nfunc TestIt(t *testing.T) { t.Fatal("no") }\n';
    build.write("answer/other_test.go", test);
    expect(await build.go(["test", "./answer"], { environment })).toMatchObject({ status: 1 });
    rmSync(`${build.program}/answer/other_test.go`);
    expect((await build.go(["test", "./answer"], { environment })).stdout).toContain("(cached)");
  });

  test("builds with cgo and the race detector what the go command's own cache builds", async () => {
    for (const args of [["./native"], ["-race", "./native"]]) {
      const environment = build.through("cacheprog");
      const [first, second] = [
        await build.build(environment, args),
        await build.build(environment, args),
      ];
      const expected = await build.build(build.environment, args);
      expect(first.equals(expected)).toBe(true);
      expect(second.equals(expected)).toBe(true);
    }
  });

  test("--read-only gets what is there, and leaves nothing", async () => {
    await build.build(build.through("cacheprog"));
    const before = filesBelow(build.cache);
    build.write("answer/guest.go", "package answer\n\nvar Guest = Double()\n");
    const environment = build.through("cacheprog --read-only --metrics");
    const result = await build.go(["build", "-o", build.path("guest"), "."], { environment });
    expect(result.status).toBe(0);
    const { hits, puts } = metricsOf(result);
    expect(hits).toBeGreaterThan(50);
    expect(puts).toBeGreaterThan(0);
    expect((await build.build(build.environment)).equals(readFileSync(build.path("guest")))).toBe(
      true,
    );
    expect(filesBelow(build.cache)).toEqual(before);
    expect(readdirSync(`${build.cache}/private`)).toEqual([]);
    rmSync(`${build.program}/answer/guest.go`);
  });

  test("gc and stats tell what they did and found", async () => {
    const environment = build.environment;
    const gomodfs = (...args: readonly string[]) =>
      runProgram([GOMODFS, "cacheprog", ...args], { environment });
    await build.build(build.through("cacheprog"));
    const stats: unknown = JSON.parse((await gomodfs("stats", "--json")).stdout);
    expect(stats).toMatchObject({ directory: build.cache, sessions: 0 });
    expect(await gomodfs("stats")).toMatchObject({ status: 0, stderr: "" });
    const dry: unknown = JSON.parse(
      (await gomodfs("gc", "--max-size=1", "--dry-run", "--json")).stdout,
    );
    expect(dry).toMatchObject({ keptBytes: 0 });
    const collected = await gomodfs("gc", "-max-size", "1");
    expect(collected.stdout).toMatch(/^removed \d+ outputs, \d+ actions \(.*\); 0 B stay\n$/);
    expect(filesBelow(`${build.cache}/output`)).toEqual([]);
    expect(
      (await build.build(build.through("cacheprog"))).equals(await build.build(environment)),
    ).toBe(true);
  });
});

describe("gomodfs cacheprog's command line", () => {
  test.each([
    [["--help"], "Usage: gomodfs cacheprog"],
    [["serve", "-h"], "--write-only-from"],
    [["help", "connect"], "GOMODFS_CACHE_TOKEN"],
    [["gc", "--help"], "--dry-run"],
    [["stats", "--help"], "--json"],
    [["version"], "gomodfs "],
  ])("%j prints it", async (args, text) => {
    const result = await runProgram([GOMODFS, "cacheprog", ...args]);
    expect(result).toMatchObject({ status: 0, stderr: "" });
    expect(result.stdout).toContain(text);
  });

  test.each([
    [["--bogus"], "there is no flag --bogus"],
    [["serve"], "serve wants --plugin"],
    [["serve", "--plugin", "8.8.8.8:1"], "is not on the loopback"],
    [["serve", "--plugin", "0", "--modproxy"], "want --http"],
    [["connect", "nowhere"], "is no address"],
    [["gc", "--max-size=x"], "--max-size wants a size"],
  ])("%j is wrong", async (args, text) => {
    const result = await runProgram([GOMODFS, "cacheprog", ...args]);
    expect(result).toMatchObject({ status: 2, stdout: "" });
    expect(result.stderr).toContain(text);
  });

  test("gc of a cache that is not there makes none", async () => {
    using build = new CachedBuild();
    const { environment } = build;
    const result = await runProgram([GOMODFS, "cacheprog", "gc"], { environment });
    expect(result).toMatchObject({ status: 0, stderr: "" });
    expect(existsSync(build.cache)).toBe(false);
  });
});
