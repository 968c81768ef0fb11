import { type ChildProcessByStdio, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { parseMountInfo } from "../../src/fuse/mount_table.ts";
import type { Environment } from "./program.ts";

/** The command that the tests test: the bundle, as people start it. */
export const GOMODFS = new URL("../../bin/gomodfs", import.meta.url).pathname;

/** How to start a mount. */
export interface MountOptions {
  /** Where; it is made if it is missing. */
  readonly directory: string;
  /** Options of the command line before the directory. */
  readonly options: readonly string[];
  readonly environment: Environment;
}

const readyTimeout = 20_000;
const stopTimeout = 15_000;
const running = new Set<GomodfsMount>();

/** A `gomodfs mount` process. However it ends, nothing stays mounted. */
export class GomodfsMount implements AsyncDisposable {
  readonly directory: string;
  readonly #process: ChildProcessByStdio<null, Readable, Readable>;
  readonly #exit: Promise<number | NodeJS.Signals>;
  #stdout = "";
  #log = "";

  private constructor({ directory, options, environment }: MountOptions) {
    this.directory = directory;
    this.#process = spawn(GOMODFS, ["mount", ...options, directory], {
      env: environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#process.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      this.#stdout += chunk;
    });
    this.#process.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      this.#log += chunk;
    });
    const { promise, resolve } = Promise.withResolvers<number | NodeJS.Signals>();
    this.#process.once("close", (code, signal) => resolve(code ?? signal ?? "SIGKILL"));
    this.#exit = promise;
    running.add(this);
  }

  /** Starts the process and waits until it says that the mount is ready. */
  static async start(options: MountOptions): Promise<GomodfsMount> {
    const mount = new GomodfsMount(options);
    try {
      await mount.#ready();
      return mount;
    } catch (error) {
      await mount[Symbol.asyncDispose]();
      throw error;
    }
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** All that it said on standard output so far. */
  get stdout(): string {
    return this.#stdout;
  }

  /** All that it said on standard error so far. */
  get log(): string {
    return this.#log;
  }

  /** Ends it as Ctrl-C or a service manager would, and gives its exit code. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | NodeJS.Signals> {
    this.#process.kill(signal);
    return await this.exit();
  }

  /** Waits for its end. */
  async exit(): Promise<number | NodeJS.Signals> {
    const late = sleep(stopTimeout, undefined, { ref: false }).then(() => {
      throw new Error(`gomodfs mount does not end\n${this.#log}`);
    });
    return await Promise.race([this.#exit, late]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      if (this.#isRunning()) await this.stop();
    } finally {
      this.removeNow();
    }
  }

  /** Kills the process and unmounts, at once. */
  removeNow(): void {
    running.delete(this);
    if (this.#isRunning()) this.#process.kill("SIGKILL");
    unmountNow(this.directory);
  }

  async #ready(): Promise<void> {
    const line = `ready: export GOMODCACHE=${this.directory}\n`;
    const deadline = Date.now() + readyTimeout;
    while (!this.#stdout.includes(line)) {
      if (!this.#isRunning() || Date.now() > deadline) {
        throw new Error(`gomodfs mount is not ready\n${this.#stdout}\n${this.#log}`);
      }
      const news = once(this.#process.stdout, "data").then(() => {});
      await Promise.race([news, this.#exit, sleep(100, undefined, { ref: false })]);
    }
  }

  #isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }
}

/** Whether something is mounted at a directory. */
export function isMounted(directory: string): boolean {
  const mounts = parseMountInfo(readFileSync("/proc/self/mountinfo", "utf8"));
  return mounts.some(({ mountPoint }) => mountPoint === directory);
}

/** Unmounts all that is mounted at a directory, however many times and whoever serves it or has died. */
export function unmountNow(directory: string): void {
  while (isMounted(directory)) execFileSync("umount", ["-l", directory]);
}

/*
 * A test that ran out of time never reaches the end of its `await using`: its mounts end with this process, which
 * vitest ends by SIGTERM, and a person by SIGINT.
 */
process.once("exit", removeAll);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => process.exit(128 + constants.signals[signal]));
}

function removeAll(): void {
  for (const mount of running) mount.removeNow();
}
