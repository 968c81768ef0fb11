import { type ChildProcessWithoutNullStreams, execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** What the Go program is asked; which fields an operation reads is in operations.go. Bytes are base64. */
export interface Question {
  readonly op: string;
  readonly text?: string;
  readonly bytes?: string;
  readonly keys?: readonly string[];
  readonly tile?: readonly number[];
  readonly height?: number;
  readonly level?: number;
  readonly n?: number;
  readonly size?: number;
  readonly older?: number;
}

/** What golang.org/x/mod says: a result, or that it failed. */
export interface Answer {
  readonly result?: unknown;
  readonly error?: string;
}

/** A checksum database that the Go program serves. */
export interface ServedDatabase {
  readonly url: string;
  readonly verifierKey: string;
}

/** The Go program beside this file, built with the go command and running. It answers questions in their order. */
export class SumdbOracle {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #directory: string;
  readonly #answers: AsyncIterator<string>;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(process: ChildProcessWithoutNullStreams, directory: string) {
    this.#process = process;
    this.#directory = directory;
    this.#answers = createInterface({ input: process.stdout })[Symbol.asyncIterator]();
    process.stderr.pipe(globalThis.process.stderr);
  }

  static async start(): Promise<SumdbOracle> {
    const directory = await mkdtemp(join(tmpdir(), "sumdb-oracle-"));
    const program = join(directory, "sumdb_oracle");
    const cwd = fileURLToPath(new URL(".", import.meta.url));
    await promisify(execFile)("go", ["build", "-o", program, "."], { cwd });
    return new SumdbOracle(spawn(program), directory);
  }

  /** Asks one question. */
  ask(question: Question): Promise<Answer> {
    const answer = this.#last.then(async () => {
      this.#process.stdin.write(`${JSON.stringify(question)}\n`);
      const line = await this.#answers.next();
      if (line.done === true) throw new Error(`the oracle ended at ${JSON.stringify(question)}`);
      // The program's own answer type, encoded by Go.
      return JSON.parse(line.value) as Answer;
    });
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  /** Asks a question that has an answer. */
  async result(question: Question): Promise<unknown> {
    const { result, error } = await this.ask(question);
    if (error !== undefined) throw new Error(`${question.op}: ${error}`);
    return result;
  }

  /** Starts a database that serves on loopback until the oracle stops. */
  async serve(name: string): Promise<ServedDatabase> {
    // What serve.go returns.
    const [url, verifierKey] = (await this.result({ op: "serve", text: name })) as [string, string];
    return { url, verifierKey };
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once("close", resolve));
    this.#process.stdin.end();
    await ended;
    await rm(this.#directory, { recursive: true });
  }
}
