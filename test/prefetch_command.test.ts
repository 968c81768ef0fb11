import { existsSync } from "node:fs";
import { lstat, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { JsonFields } from "../src/daemon/json_fields.ts";
import { GOMODFS } from "./support/gomodfs_mount.ts";
import { TOOLCHAIN_VERSION } from "./support/modules.ts";
import { copyProject, LARGER, prefetchSuccessfully, temporaryFiles } from "./support/prefetch.ts";
import { Sandbox } from "./support/sandbox.ts";
import { checkRepository, residentModules } from "./support/store_checks.ts";

const QUOTE = "rsc.io/quote@v1.5.2";
/** The modules that examples/hello requires. */
const REQUIRED = [
  "github.com/google/uuid@v1.6.0",
  "golang.org/x/text@v0.14.0",
  "gopkg.in/yaml.v3@v3.0.1",
  QUOTE,
  "rsc.io/sampler@v1.3.0",
];

describe("gomodfs prefetch", () => {
  it("fills the GOMODCACHE that the go command uses, and sums up in its last line", async () => {
    await using sandbox = await Sandbox.create();
    const project = copyProject(sandbox);
    const { stdout, stderr } = await prefetchSuccessfully(sandbox, project);
    expect(stdout).toMatch(
      /^\d+ modules \(5 zips\) in \/.*\/pkg\/mod: \d+ files fetched, [\d.]+ MiB from http:\/\/127\.0\.0\.1:\d+\/, [\d.]+ m?s\n$/,
    );
    expect(stdout).toContain(` in ${sandbox.modcache}: `);
    expect(stdout).toContain(` from ${sandbox.proxy.url}/,`);
    expect(stderr).toBe("");
    for (const module of REQUIRED) expect(existsSync(join(sandbox.modcache, module))).toBe(true);
    expect(await temporaryFiles(sandbox.modcache)).toEqual([]);
    expect(await residentModules(sandbox)).toEqual([]);
  });

  it("asks for nothing that is there", async () => {
    await using sandbox = await Sandbox.create();
    const project = copyProject(sandbox);
    await prefetchSuccessfully(sandbox, project);
    const asked = sandbox.proxy.requestsMatching(/./);
    const again = await prefetchSuccessfully(sandbox, project);
    expect(again.stdout).toMatch(/: all were there, \d+ ms\n$/);
    expect(sandbox.proxy.requestsMatching(/./)).toBe(asked);
  });

  it("takes several projects, below which it may stand, and modules by name", async () => {
    await using sandbox = await Sandbox.create();
    const hello = copyProject(sandbox);
    const larger = copyProject(sandbox, LARGER, "larger");
    const below = sandbox.makeDirectory("project/internal/deep");
    const args = [
      below,
      join(larger, "go.mod"),
      "rsc.io/quote/v3@v3.1.0",
      "rsc.io/binaryregexp@latest",
    ];
    await prefetchSuccessfully(sandbox, sandbox.path(), ...args);
    for (const module of [
      ...REQUIRED,
      "github.com/spf13/cobra@v1.8.0",
      "rsc.io/quote/v3@v3.1.0",
      "rsc.io/binaryregexp@v0.2.0",
    ]) {
      expect(existsSync(join(sandbox.modcache, module))).toBe(true);
    }
    expect(hello).not.toBe(larger);
  });

  it("-C changes the directory that all paths begin at", async () => {
    await using sandbox = await Sandbox.create();
    copyProject(sandbox);
    await prefetchSuccessfully(sandbox, sandbox.path(), "-C", "project", "--modcache", "cache");
    expect(existsSync(sandbox.path("project/cache", QUOTE))).toBe(true);
    expect(existsSync(sandbox.modcache)).toBe(false);
  });

  it("--into store fills the store, and --store another one", async () => {
    await using sandbox = await Sandbox.create();
    const project = copyProject(sandbox);
    await prefetchSuccessfully(sandbox, project, "--into", "store");
    expect(await residentModules(sandbox)).toEqual(expect.arrayContaining(REQUIRED));
    await checkRepository(sandbox);
    expect(existsSync(sandbox.modcache)).toBe(false);
    const other = sandbox.path("other");
    await prefetchSuccessfully(sandbox, project, "--store", other, "-c", "1");
    await checkRepository(sandbox, other);
    // What is resident there needs no network.
    const environment = { GOPROXY: "off" };
    const build = [GOMODFS, "exec", "--store", other, "--", "go", "build", "./..."] as const;
    await sandbox.run([...build], { directory: project, environment });
  });

  it("--zips makes a directory that serves as GOPROXY=file://DIR", async () => {
    await using sandbox = await Sandbox.create();
    const project = copyProject(sandbox);
    const zips = sandbox.path("zips");
    await prefetchSuccessfully(sandbox, project, "--into", "zips", "--zips", "../zips");
    expect(await readdir(join(zips, "rsc.io/quote/@v"))).toEqual(
      expect.arrayContaining(["list", "v1.5.2.info", "v1.5.2.mod", "v1.5.2.zip"]),
    );
    expect(await temporaryFiles(zips)).toEqual([]);
    expect(existsSync(sandbox.modcache)).toBe(false);
    const environment = { GOPROXY: `file://${zips}`, GOFLAGS: "-mod=readonly", GOSUMDB: "off" };
    await sandbox.go(["build", "./..."], { directory: project, environment });
    await sandbox.go(["mod", "download"], { directory: project, environment });
  });

  it("honours -modcacherw of GOFLAGS", async () => {
    await using sandbox = await Sandbox.create();
    const project = copyProject(sandbox);
    const mode = async (directory: string): Promise<string> =>
      ((await lstat(join(directory, QUOTE))).mode & 0o777).toString(8);
    await prefetchSuccessfully(sandbox, project);
    expect(await mode(sandbox.modcache)).toBe("555");
    const writable = sandbox.path("writable");
    const environment = { GOFLAGS: "-modcacherw" };
    const { status } = await sandbox.gomodfs(["prefetch", "--modcache", writable], {
      directory: project,
      environment,
    });
    expect(status).toBe(0);
    expect(await mode(writable)).toBe("755");
  });

  it("--dry-run tells what is missing, and fetches nothing", async () => {
    await using sandbox = await Sandbox.create();
    const project = copyProject(sandbox);
    const { stdout } = await prefetchSuccessfully(sandbox, project, "--dry-run");
    for (const module of REQUIRED) expect(stdout).toContain(`${module} info mod zip\n`);
    expect(stdout).toMatch(/\n\d+ modules \(5 zips\) would go into .*; 0 are there\n$/);
    expect(sandbox.proxy.requestsMatching(/./)).toBe(0);
    expect(existsSync(sandbox.modcache)).toBe(false);
  });

  it("--json prints an object for each module", async () => {
    await using sandbox = await Sandbox.create();
    const project = copyProject(sandbox);
    const lines = async (): Promise<JsonFields[]> => {
      const { stdout } = await prefetchSuccessfully(sandbox, project, "--json");
      return stdout
        .trimEnd()
        .split("\n")
        .map((line) => JsonFields.parse(line, "a line"));
    };
    const find = (all: readonly JsonFields[]): JsonFields | undefined =>
      all.find((line) => line.string("path") === "rsc.io/quote");
    const first = find(await lines());
    expect(first?.string("version")).toBe("v1.5.2");
    expect(first?.string("source")).toBe(`${sandbox.proxy.url}/`);
    expect(first?.count("bytes")).toBeGreaterThan(1000);
    const again = find(await lines());
    expect(again?.string("source")).toBe("resident");
    expect(again?.count("bytes")).toBe(0);
  });

  it("-v tells of each file, -q of nothing, --timings what took how long", async () => {
    await using sandbox = await Sandbox.create();
    const project = copyProject(sandbox);
    const verbose = await prefetchSuccessfully(sandbox, project, "-v", "--modcache", "../v");
    expect(verbose.stderr).toMatch(/^rsc\.io\/quote@v1\.5\.2\.zip [\d.]+ KiB in \d+ ms from http/m);
    const quiet = await prefetchSuccessfully(sandbox, project, "-q", "--modcache", "../q");
    expect(quiet).toEqual({ status: 0, stdout: "", stderr: "" });
    const timed = await prefetchSuccessfully(sandbox, project, "--timings", "--modcache", "../t");
    expect(timed.stdout).toMatch(/^slowest modules +time +bytes$/m);
    expect(timed.stdout).toMatch(/^golang\.org\/x\/text@v0\.14\.0 +[\d.]+ m?s +8\.\d MiB$/m);
    expect(timed.stdout).toMatch(/^\.zip +0 +5 +0 /m);
    expect(timed.stdout).toMatch(/^fetch +[\d.]+ m?s$/m);
  });

  it("--toolchain brings the toolchain that the project is built with", async () => {
    await using sandbox = await Sandbox.create();
    const directory = copyProject(sandbox);
    const environment = { GOTOOLCHAIN: TOOLCHAIN_VERSION };
    const fetching = { directory, environment, timeout: 110_000 };
    expect((await sandbox.gomodfs(["prefetch", "--toolchain"], fetching)).status).toBe(0);
    const offline = { directory, environment: { ...environment, GOPROXY: "off" } };
    expect(await sandbox.go(["version"], offline)).toContain(` ${TOOLCHAIN_VERSION} `);
  }, 120_000);

  it("--proxy asks another proxy than GOPROXY", async () => {
    await using sandbox = await Sandbox.create();
    const project = copyProject(sandbox);
    const { status } = await sandbox.gomodfs(["prefetch", "--proxy", sandbox.proxy.url], {
      directory: project,
      environment: { GOPROXY: "off" },
    });
    expect(status).toBe(0);
  });

  it("has nothing to do for a vendored project, and says so", async () => {
    await using sandbox = await Sandbox.create();
    const project = copyProject(sandbox);
    const environment = { GOFLAGS: "" };
    await sandbox.go(["mod", "vendor"], { directory: project, environment });
    const cache = sandbox.path("cache");
    const { status, stderr, stdout } = await sandbox.gomodfs(["prefetch", "--modcache", cache], {
      directory: project,
      environment,
    });
    expect(status).toBe(0);
    expect(stderr).toContain("vendor");
    expect(stdout).toBe("nothing to fetch\n");
    expect(existsSync(cache)).toBe(false);
  });

  it("draws a bar on a terminal and takes it away at the end", async () => {
    await using sandbox = await Sandbox.create();
    const project = copyProject(sandbox);
    sandbox.proxy.addFault({ pattern: /x\/text.*\.zip$/, bytesPerSecond: 8_000_000 });
    const command = `stty cols 70; ${GOMODFS} prefetch`;
    const terminal = async (variables: Readonly<Record<string, string>>): Promise<string> =>
      await sandbox.run(["script", "-qec", command, "/dev/null"], {
        directory: project,
        environment: {
          CI: "",
          TERM: "xterm",
          GOMODCACHE: sandbox.makeDirectory("c"),
          ...variables,
        },
      });
    const drawn = await terminal({ NO_COLOR: "1" });
    expect(drawn).toMatch(/\[#+\.*\] [0-5]\/5 modules {2}/);
    const pieces = drawn.split(/\r|\n/).map((piece) => piece.replaceAll("\x1b[J", ""));
    expect(pieces.filter((piece) => piece.length >= 70 && piece.startsWith("["))).toEqual([]);
    expect(drawn).not.toContain("\x1b[3");
    expect(pieces.at(-3)).toMatch(/^\d+ modules \(5 zips\) in /);
    const dumb = await terminal({ TERM: "dumb" });
    expect(dumb).toMatch(/^\d+ modules .*: all were there, \d+ ms\r\n$/);
  });
});

describe("wrong usage of gomodfs prefetch", () => {
  it.each([
    { args: ["--into", "moon"], says: /moon.*modcache, store, zips/s },
    {
      args: ["--into", "store", "--modcache", "x"],
      says: /--modcache does not go with --into store/,
    },
    { args: ["--into", "zips"], says: /--zips DIR/ },
    { args: ["-c", "0"], says: /1 to 1024/ },
    { args: ["-v", "-q"], says: /cannot be used with/ },
    { args: ["no/such/directory"], says: /no\/such\/directory/ },
    { args: ["go.sum"], says: /go\.sum.*go\.mod/s },
    { args: ["rsc.io/quote@<<v1"], says: /rsc\.io\/quote@<<v1.*MODULE@QUERY/s },
    { args: ["--proxy", "ftp://example.com"], says: /ftp/ },
    { args: ["-C", "nowhere"], says: /nowhere/ },
  ])("$args exits with 2 and says what is wrong", async ({ args, says }) => {
    await using sandbox = await Sandbox.create();
    const directory = copyProject(sandbox);
    const { status, stdout, stderr } = await sandbox.gomodfs(["prefetch", ...args], { directory });
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(says);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(existsSync(sandbox.modcache)).toBe(false);
  });

  it("outside of a module says so", async () => {
    await using sandbox = await Sandbox.create();
    const directory = sandbox.makeDirectory("empty");
    const { status, stderr } = await sandbox.gomodfs(["prefetch"], { directory });
    expect(status).toBe(2);
    expect(stderr).toMatch(/no go\.mod or go\.work/);
  });

  it("a go.mod that cannot be parsed is named with its line", async () => {
    await using sandbox = await Sandbox.create();
    const directory = copyProject(sandbox);
    await writeFile(join(directory, "go.mod"), "module example.com/x\n\nrequire oops\n");
    const { status, stderr } = await sandbox.gomodfs(["prefetch"], { directory });
    expect(status).toBe(1);
    expect(stderr).toMatch(/go\.mod:3/);
  });
});
