import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { GOMODFS } from "./gomodfs_mount.ts";
import type { Environment } from "./program.ts";

/** How to start a server. */
export interface ServerStart {
  /** Options of the command line. */
  readonly options: readonly string[];
  readonly environment: Environment;
  /** What starts it, as a service manager would: the words before its own. */
  readonly launcher?: readonly string[];
}

const readyTimeout = 20_000;
const stopTimeout = 20_000;

/** A `gomodfs serve` process. It ends with the test. */
export class GomodfsServer implements AsyncDisposable {
  readonly #process: ChildProcessByStdio<null, Readable, Readable>;
  readonly #exit: Promise<number | NodeJS.Signals>;
  #stdout = "";
  #log = "";

  private constructor({ options, environment, launcher = [] }: ServerStart) {
    const [file = "", ...args] = [...launcher, GOMODFS, "serve", ...options];
    this.#process = spawn(file, args, { env: environment, stdio: ["ignore", "pipe", "pipe"] });
    this.#process.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      this.#stdout += chunk;
    });
    this.#process.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      this.#log += chunk;
    });
    const { promise, resolve } = Promise.withResolvers<number | NodeJS.Signals>();
    this.#process.once("close", (code, signal) => resolve(code ?? signal ?? "SIGKILL"));
    this.#exit = promise;
  }

  /** Starts it and waits until it says that it is ready. */
  static async start(start: ServerStart): Promise<GomodfsServer> {
    const server = new GomodfsServer(start);
    try {
      await server.until(() => server.#stdout.startsWith("ready: "), readyTimeout);
      return server;
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** All that it said on standard output so far. */
  get stdout(): string {
    return this.#stdout;
  }

  /** All that it said on standard error so far. */
  get log(): string {
    return this.#log;
  }

  /** What it says to export as GOPROXY. */
  get url(): string {
    const [, url] = /^export GOPROXY=(.*)$/m.exec(this.#stdout) ?? [];
    if (url === undefined) throw new Error(`gomodfs serve names no GOPROXY\n${this.#stdout}`);
    return url;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Ends it as Ctrl-C or a service manager would, and gives its exit code. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | NodeJS.Signals> {
    this.signal(signal);
    return await this.exit();
  }

  /** Waits for its end. */
  async exit(): Promise<number | NodeJS.Signals> {
    const late = sleep(stopTimeout, undefined, { ref: false }).then(() => {
      throw new Error(`gomodfs serve does not end\n${this.#log}`);
    });
    return await Promise.race([this.#exit, late]);
  }

  /** Waits until something holds. */
  async until(holds: () => boolean | Promise<boolean>, timeout = 10_000): Promise<void> {
    const deadline = Date.now() + timeout;
    while (!(await holds())) {
      if (this.#hasEnded() || Date.now() > deadline) {
        throw new Error(`gomodfs serve does not get there\n${this.#stdout}\n${this.#log}`);
      }
      await Promise.race([this.#exit, sleep(20, undefined, { ref: false })]);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      if (!this.#hasEnded()) await this.stop();
    } finally {
      if (!this.#hasEnded()) this.#process.kill("SIGKILL");
    }
  }

  #hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }
}
