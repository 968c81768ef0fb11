import { type ChildProcessByStdio, execFileSync, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { type TemporaryDirectory, temporaryDirectory } from "../support/temporary_directory.ts";

/** What Go says: a value of JSON, or no and why. */
export type Answer = { readonly value: unknown } | { readonly error: string };

/** The Go program beside this file, built and running. */
export class Oracle implements AsyncDisposable {
  readonly #directory: TemporaryDirectory;
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #waiting: ((line: string | undefined) => void)[] = [];
  readonly #exited: Promise<unknown>;

  constructor() {
    this.#directory = temporaryDirectory();
    const program = this.#directory.join("oracle");
    execFileSync("go", ["build", "-mod=readonly", "-o", program, "."], {
      cwd: import.meta.dirname,
      stdio: ["ignore", "inherit", "inherit"],
    });
    this.#process = spawn(program, { stdio: ["pipe", "pipe", "inherit"] });
    this.#exited = new Promise((resolve) => this.#process.once("close", resolve));
    const lines = createInterface(this.#process.stdout);
    lines.on("line", (line) => this.#waiting.shift()?.(line));
    lines.on("close", () => {
      for (const resolve of this.#waiting.splice(0)) resolve(undefined);
    });
  }

  /** Answers arrive in the order of the questions. */
  async ask(op: string, input: unknown): Promise<Answer> {
    const line = await new Promise<string | undefined>((resolve) => {
      this.#waiting.push(resolve);
      this.#process.stdin.write(`${JSON.stringify({ op, in: input })}\n`);
    });
    if (line === undefined) throw new Error(`the oracle died of ${op} ${JSON.stringify(input)}`);
    return parseAnswer(line);
  }

  /** The value of a question that Go never says no to. */
  async value(op: string, input: unknown): Promise<unknown> {
    const answer = await this.ask(op, input);
    if ("value" in answer) return answer.value;
    throw new Error(`the oracle says ${answer.error} to ${op} ${JSON.stringify(input)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.stdin.end();
    await this.#exited;
    this.#directory[Symbol.dispose]();
  }
}

function parseAnswer(line: string): Answer {
  const answer: unknown = JSON.parse(line);
  if (typeof answer === "object" && answer !== null) {
    if ("error" in answer && typeof answer.error === "string") return { error: answer.error };
    if ("value" in answer) return { value: answer.value };
  }
  throw new Error(`the oracle answers ${line}`);
}
