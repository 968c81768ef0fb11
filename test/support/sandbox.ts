import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { GOMODFS, GomodfsMount, unmountNow } from "./gomodfs_mount.ts";
import {
  type Environment,
  type ProgramOptions,
  type ProgramResult,
  runProgram,
  runSuccessfully,
} from "./program.ts";
import { type ReplayProxy, startReplayProxy } from "./replay_proxy.ts";
import { TemporaryDirectory } from "./temporary_directory.ts";

const open = new Set<TemporaryDirectory>();

// A test that ran out of time never reaches its end. By now its mounts are gone: they are removed in a handler too,
// which the import above put before this one.
process.once("exit", () => {
  for (const directory of open) directory[Symbol.dispose]();
});

/** How to mount in a {@linkcode Sandbox}. */
export interface SandboxMountOptions {
  /** The name of the mount point; `mnt` unless given. */
  readonly name?: string;
  readonly options?: readonly string[];
  /** Variables besides the sandbox's own. */
  readonly variables?: Environment;
}

/**
 * A machine of its own as far as Go and gomodfs can tell: a fresh home and an empty store, and a proxy in this process
 * that replays the real registry and checksum database.
 */
export class Sandbox implements AsyncDisposable {
  readonly proxy: ReplayProxy;
  readonly environment: Environment;
  readonly #directory: TemporaryDirectory;
  readonly #mounts: GomodfsMount[] = [];
  readonly #mountPoints = new Set<string>();

  private constructor(proxy: ReplayProxy) {
    this.proxy = proxy;
    this.#directory = new TemporaryDirectory("gomodfs-test-");
    this.environment = this.#makeEnvironment();
    open.add(this.#directory);
  }

  static async create(): Promise<Sandbox> {
    return new Sandbox(await startReplayProxy());
  }

  /** The store that gomodfs takes by default. */
  get store(): string {
    return this.path("home/.cache/gomodfs");
  }

  /** The GOMODCACHE that Go takes by default. */
  get modcache(): string {
    return this.path("home/go/pkg/mod");
  }

  /** The path of something in the sandbox. */
  path(...names: readonly string[]): string {
    return this.#directory.join(...names);
  }

  /** Makes a directory in the sandbox and gives its path. */
  makeDirectory(name: string): string {
    const path = this.path(name);
    mkdirSync(path, { recursive: true });
    return path;
  }

  /** Starts a mount, which ends with the sandbox at the latest. */
  async mount(options: SandboxMountOptions = {}): Promise<GomodfsMount> {
    const directory = this.path(options.name ?? "mnt");
    const mount = await GomodfsMount.start({
      directory,
      options: options.options ?? [],
      environment: { ...this.environment, ...options.variables },
    });
    this.#mounts.push(mount);
    return mount;
  }

  /** Runs gomodfs to its end. */
  async gomodfs(args: readonly string[], options: ProgramOptions = {}): Promise<ProgramResult> {
    return await runProgram([GOMODFS, ...args], this.#within(options));
  }

  /** Runs the go command, which must succeed, and gives what it printed. */
  async go(args: readonly string[], options: ProgramOptions = {}): Promise<string> {
    return await runSuccessfully(["go", ...args], this.#within(options));
  }

  /** Runs any program, which must succeed, and gives what it printed. */
  async run(argv: readonly [string, ...string[]], options: ProgramOptions = {}): Promise<string> {
    return await runSuccessfully(argv, this.#within(options));
  }

  /** A directory at which the sandbox unmounts whatever is left at its end. */
  mountPoint(name: string): string {
    const directory = this.path(name);
    this.#mountPoints.add(directory);
    return directory;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ends = await Promise.allSettled(
      this.#mounts.map(async (mount) => await mount[Symbol.asyncDispose]()),
    );
    for (const directory of this.#mountPoints) unmountNow(directory);
    await this.proxy.close();
    this.#directory[Symbol.dispose]();
    open.delete(this.#directory);
    for (const end of ends) if (end.status === "rejected") throw end.reason;
  }

  #within(options: ProgramOptions): ProgramOptions {
    return { ...options, environment: { ...this.environment, ...options.environment } };
  }

  #makeEnvironment(): Environment {
    const home = this.makeDirectory("home");
    return {
      PATH: process.env["PATH"],
      HOME: home,
      XDG_CACHE_HOME: join(home, ".cache"),
      XDG_CONFIG_HOME: join(home, ".config"),
      XDG_RUNTIME_DIR: this.makeDirectory("run"),
      LC_ALL: "C.UTF-8",
      GOPROXY: this.proxy.url,
      GOFLAGS: "-mod=mod",
      GOTOOLCHAIN: "local",
      GOCACHE: sharedBuildCache(),
    };
  }
}

/** The build cache that the tests share, so that not each of them compiles the standard library. */
function sharedBuildCache(): string {
  const { GOMODFS_TEST_CACHE, XDG_CACHE_HOME } = process.env;
  const cache = XDG_CACHE_HOME || join(homedir(), ".cache");
  return join(GOMODFS_TEST_CACHE || join(cache, "gomodfs-test"), "go-build");
}
