import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("./memory_daemon.ts", import.meta.url));

/** memory_daemon.ts in a process of its own. */
export class DaemonProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #lines: Interface;
  #stderr = "";

  /** @param prefix a command, with arguments, that runs it as somebody else */
  constructor(args: readonly string[], prefix: readonly string[] = []) {
    // env(1) executes its arguments in its own place, so that signals reach the program.
    this.#child = spawn("env", [...prefix, process.execPath, PROGRAM, ...args], { stdio: ["pipe", "pipe", "pipe"] });
    const { stdout, stderr } = this.#child;
    if (stdout === null || stderr === null) throw new Error("no pipes");
    this.#lines = createInterface(stdout);
    stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
  }

  /** The next line of its output. @throws Error with what it wrote to stderr if it ends before */
  async line(): Promise<string> {
    const line = new Promise<string>((resolve) => this.#lines.once("line", resolve));
    const ended = once(this.#child, "close").then(() => {
      throw new Error(`the daemon ended: ${this.#stderr}`);
    });
    return await Promise.race([line, ended]);
  }

  say(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** @returns its exit status, or the signal that ended it */
  async end(signal?: NodeJS.Signals): Promise<number | string> {
    const ended = once(this.#child, "close");
    if (signal !== undefined) this.#child.kill(signal);
    await ended;
    return this.#child.exitCode ?? String(this.#child.signalCode);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.end("SIGKILL");
  }
}
