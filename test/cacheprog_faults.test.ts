import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { describe, expect, test } from "vitest";
import { CachedBuild, faultsOf, filesBelow } from "./support/cached_build.ts";
import { GOMODFS } from "./support/gomodfs_mount.ts";
import { runProgram } from "./support/program.ts";

const TIMEOUT = 180_000;
const HOUR = 3_600_000;
/** An hour and two, so that a collection is due. */
const OLD = (Date.now() - 2 * HOUR) / 1_000;

/** A file system of 4 MiB at $1; it goes with the program. */
const SMALL_DISK = 'mount -t tmpfs -o size=4m tmpfs "$1" && shift && exec "$@"';

describe("gomodfs cacheprog", { timeout: TIMEOUT }, () => {
  test("a disk that is full: the build goes on, and a few lines say so", async () => {
    using build = new CachedBuild();
    mkdirSync(build.cache, { recursive: true });
    const output = build.path("binary");
    const unshare = ["unshare", "--user", "--map-root-user", "--mount"] as const;
    const result = await runProgram(
      [...unshare, "sh", "-c", SMALL_DISK, "sh", build.cache, "go", "build", "-o", output, "."],
      { directory: build.program, environment: build.through("cacheprog"), timeout: TIMEOUT },
    );
    expect(result).toMatchObject({ status: 0 });
    expect(result.stderr).toMatch(/^gomodfs: cannot write .*ENOSPC/);
    expect(result.stderr).toMatch(/gomodfs: the build cache had \d+ more such problems\n$/);
    expect(result.stderr.trimEnd().split("\n")).toHaveLength(4);
    expect((await build.build(build.environment)).equals(readFileSync(output))).toBe(true);
  });

  test.each([
    ["below a file", "file/cache"],
    ["below /proc", "/proc/gomodfs/cache"],
  ])("a directory that cannot be, %s: the build goes on", async (_, place) => {
    using build = new CachedBuild();
    writeFileSync(build.path("file"), "");
    const directory = place.startsWith("/") ? place : build.path(place);
    const environment = build.through(`cacheprog --cache-dir=${directory}`);
    const output = build.path("binary");
    const result = await build.go(["build", "-o", output, "./answer"], { environment });
    expect(result).toMatchObject({ status: 0 });
    expect(result.stderr).toContain(`cannot write ${directory}`);
  });

  test("killed in mid-build: the go command says so, and the cache is whole", async () => {
    using build = new CachedBuild();
    const environment = build.through("cacheprog");
    const running = build.go(["build", "-o", build.path("binary"), "."], { environment });
    await expect.poll(() => outputsIn(build.cache), { timeout: TIMEOUT }).toBeGreaterThan(5);
    process.kill(sessionProcess(build.cache), "SIGKILL");
    const result = await running;
    expect(result.status).not.toBe(0);
    expect(result.stderr).toContain("GOCACHEPROG");
    expect(faultsOf(build.cache)).toEqual([]);
    const first = await build.build(environment);
    expect(first.equals(await build.build(build.environment))).toBe(true);
    expect(faultsOf(build.cache)).toEqual([]);
  });

  test("a go command that dies: cacheprog ends, and leaves nothing half", async () => {
    using build = new CachedBuild();
    const environment = build.through("cacheprog");
    const go = spawn("go", ["build", "-o", build.path("binary"), "."], {
      cwd: build.program,
      env: environment,
      stdio: "ignore",
    });
    await expect.poll(() => outputsIn(build.cache), { timeout: TIMEOUT }).toBeGreaterThan(5);
    go.kill("SIGKILL");
    await expect.poll(() => readdirSync(`${build.cache}/session`), { timeout: 10_000 }).toEqual([]);
    expect(readdirSync(`${build.cache}/tmp`)).toEqual([]);
    expect(faultsOf(build.cache)).toEqual([]);
  });

  test("Ctrl-C does not end it before the go command", async () => {
    using build = new CachedBuild();
    using conversation = new Conversation(build);
    await conversation.line();
    conversation.signal("SIGINT");
    conversation.say(`${JSON.stringify({ ID: 1, Command: "get", ActionID: hash("a") })}\n\n`);
    expect(await conversation.line()).toBe('{"ID":1,"Miss":true}');
    conversation.say('{"ID":2,"Command":"close"}\n');
    expect(await conversation.line()).toBe('{"ID":2}');
    expect(await conversation.end()).toBe(0);
  });

  test("half a body and then the end: nothing of it stays", async () => {
    using build = new CachedBuild();
    using conversation = new Conversation(build);
    await conversation.line();
    const request = {
      ID: 1,
      Command: "put",
      ActionID: hash("a"),
      OutputID: hash("b"),
      BodySize: 99_999,
    };
    conversation.say(`${JSON.stringify(request)}\n\n"${"A".repeat(60_000)}`);
    expect(await conversation.end()).toBe(0);
    expect(filesBelow(build.cache).filter((path) => !path.endsWith("gc.lock"))).toEqual([]);
  });

  test("what is no protocol ends it with the reason", async () => {
    using build = new CachedBuild();
    using conversation = new Conversation(build);
    await conversation.line();
    conversation.say("GET / HTTP/1.1\n");
    expect(await conversation.end()).toBe(1);
    expect(conversation.stderr).toMatch(/^gomodfs: a request is not JSON: .*\n$/);
  });

  test("cleans up by itself after a build, at most once an hour, and nobody waits for it", async () => {
    using build = new CachedBuild();
    const environment = build.through("cacheprog --max-size=1");
    expect((await build.go(["build", "./answer"], { environment })).status).toBe(0);
    const before = outputsIn(build.cache);
    expect(before).toBeGreaterThan(0);
    const lock = `${build.cache}/gc.lock`;
    utimesSync(lock, OLD, OLD);
    for (const path of filesBelow(`${build.cache}/output`)) utimesSync(path, OLD, OLD);
    // This build asks for nothing that is there.
    expect((await build.go(["list", "-m"], { environment })).status).toBe(0);
    expect((await build.go(["build", "-tags=other", "./answer"], { environment })).status).toBe(0);
    await expect.poll(() => outputsIn(build.cache), { timeout: 10_000 }).toBeLessThan(before);
    expect(faultsOf(build.cache)).toEqual([]);
  });
});

/** A cacheprog that this test talks to. */
class Conversation implements Disposable {
  readonly #process: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #ended: Promise<unknown>;
  stderr = "";
  #stdout = "";

  constructor(build: CachedBuild) {
    this.#process = spawn(GOMODFS, ["cacheprog"], { env: build.environment });
    this.#ended = once(this.#process, "close");
    this.#process.stdin.on("error", () => {});
    this.#process.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.#process.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout += text;
    });
  }

  say(text: string): void {
    this.#process.stdin.write(text);
  }

  /** The next line that it says. */
  async line(): Promise<string> {
    const signal = AbortSignal.timeout(20_000);
    while (!this.#stdout.includes("\n")) await once(this.#process.stdout, "data", { signal });
    const end = this.#stdout.indexOf("\n");
    const line = this.#stdout.slice(0, end);
    this.#stdout = this.#stdout.slice(end + 1);
    return line;
  }

  signal(name: NodeJS.Signals): void {
    this.#process.kill(name);
  }

  /** Ends its input, and gives its exit code. */
  async end(): Promise<number | null> {
    this.#process.stdin.end();
    await this.#ended;
    return this.#process.exitCode;
  }

  [Symbol.dispose](): void {
    this.#process.kill("SIGKILL");
  }
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}

/** The process of the only session under way. */
function sessionProcess(cache: string): number {
  const [path = ""] = filesBelow(`${cache}/session`);
  const session: unknown = JSON.parse(readFileSync(path, "utf8"));
  if (typeof session === "object" && session !== null && "pid" in session)
    return Number(session.pid);
  throw new Error(`no process in ${path}`);
}

function outputsIn(cache: string): number {
  try {
    return filesBelow(`${cache}/output`).length;
  } catch {
    return 0;
  }
}
