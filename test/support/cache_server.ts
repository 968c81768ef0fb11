import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { GOMODFS } from "./gomodfs_mount.ts";
import type { Environment } from "./program.ts";

const READY = /serving build caches at (\S+)/;
const startTimeout = 20_000;

/** A `gomodfs cacheprog serve` process. */
export class CacheServer implements AsyncDisposable {
  readonly #process: ChildProcessByStdio<null, null, Readable>;
  #stderr = "";
  /** `127.0.0.1:PORT`, or the path of a socket. */
  #address = "";

  private constructor(args: readonly string[], environment: Environment) {
    this.#process = spawn(GOMODFS, ["cacheprog", "serve", ...args], {
      env: environment,
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#process.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
  }

  /** Starts one, and waits until it says that it is ready. */
  static async start(args: readonly string[], environment: Environment): Promise<CacheServer> {
    const server = new CacheServer(args, environment);
    const signal = AbortSignal.timeout(startTimeout);
    while (!READY.test(server.#stderr)) await once(server.#process.stderr, "data", { signal });
    server.#address = READY.exec(server.#stderr)?.[1] ?? "";
    return server;
  }

  /** What `gomodfs cacheprog connect` is given. */
  get address(): string {
    return this.#address.startsWith("/") ? `unix:${this.#address}` : this.#address;
  }

  /** What it said so far. */
  get stderr(): string {
    return this.#stderr;
  }

  /** Stops it, so that it takes connections and says nothing. */
  suspend(): void {
    this.#process.kill("SIGSTOP");
  }

  /** Ends it with a signal. @returns its exit code, or the signal if it had no time for one */
  async end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const ended = once(this.#process, "close");
      this.#process.kill(signal);
      await ended;
    }
    return this.#process.exitCode ?? this.#process.signalCode ?? "SIGKILL";
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end("SIGKILL");
  }
}
