import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { withFileLock } from "./file_lock.ts";
import type { RegistryAnswer } from "./registry.ts";

/** An answer that was recorded: the file with its bytes, or the status that said that there is nothing. */
export type RecordedAnswer =
  | { readonly kind: "file"; readonly file: string; readonly size: number }
  | { readonly kind: "absent"; readonly status: number; readonly reason: string };

/** Asks the registry for `path`; the file of an answer with bytes is taken over. */
export type AskRegistry = (path: string, spoolDirectory: string) => Promise<RegistryAnswer>;

/**
 * What a registry answered, kept in a directory and asked for once: by one flight per path, within this process and
 * between processes. Only lasting answers are kept (200, 404, 410).
 */
export class RecordedAnswers {
  readonly #directory: string;
  readonly #ask: AskRegistry;
  readonly #flights = new Map<string, Promise<RecordedAnswer>>();

  constructor(directory: string, ask: AskRegistry) {
    this.#directory = directory;
    this.#ask = ask;
  }

  /** The answer for `path`, which begins with a slash and has neither "." nor "..". Fails as the registry does. */
  async get(path: string): Promise<RecordedAnswer> {
    const file = join(this.#directory, "answers", path);
    const recorded = await this.#read(file);
    if (recorded !== undefined) return recorded;
    let flight = this.#flights.get(path);
    if (flight === undefined) {
      flight = this.#record(path, file).finally(() => this.#flights.delete(path));
      this.#flights.set(path, flight);
    }
    return await flight;
  }

  async #read(file: string): Promise<RecordedAnswer | undefined> {
    const stats = await stat(file).catch(() => undefined);
    if (stats?.isFile() === true) return { kind: "file", file, size: stats.size };
    const absence = await readFile(`${file}.absent`, "utf8").catch(() => undefined);
    if (absence === undefined) return undefined;
    const [status = "", ...reason] = absence.split("\n");
    return { kind: "absent", status: Number(status), reason: reason.join("\n") };
  }

  async #record(path: string, file: string): Promise<RecordedAnswer> {
    await mkdir(dirname(file), { recursive: true });
    return await withFileLock(`${file}.lock`, async () => {
      // Another process may have recorded it while this one waited.
      const recorded = await this.#read(file);
      return recorded ?? (await this.#fetch(path, file));
    });
  }

  async #fetch(path: string, file: string): Promise<RecordedAnswer> {
    const spool = join(this.#directory, "incoming");
    await mkdir(spool, { recursive: true });
    const answer = await this.#ask(path, spool);
    if (answer.kind === "file") {
      await rename(answer.file, file);
      return { ...answer, file };
    }
    const temporary = join(spool, randomUUID());
    await writeFile(temporary, `${answer.status}\n${answer.reason}`);
    await rename(temporary, `${file}.absent`);
    await rm(temporary, { force: true });
    return answer;
  }
}
