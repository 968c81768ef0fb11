import { hash } from "node:crypto";
import { open, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { replaceFile } from "../lib/replace_file.ts";
import { systemErrorCode } from "../lib/retry_policy.ts";

/** What upstream once said. */
export interface KeptAnswer {
  readonly content: Uint8Array;
  /** Milliseconds since 1970. */
  readonly askedAt: number;
}

/** Larger answers are not kept: lists of a thousand versions have some 20 kB. */
const MAX_FILE_BYTES = 256 << 10;
/** Of each of 256 directories: a gigabyte and 64 thousand files in all. */
const MAX_DIRECTORY_BYTES = 4 << 20;
const MAX_DIRECTORY_FILES = 256;

/**
 * Answers that outlive the process, one a file named by the hash of its question in one of 256 directories. A file has a
 * head of lines like HTTP's, of which unknown ones are passed over, an empty line, and the content:
 *
 *     gomodfs-answer 1
 *     question: github.com/a/b/@v/list
 *     asked: 2026-01-02T03:04:05.678Z
 *     sha256: HEX (of the question, the time, a newline behind each, and the content)
 *
 * Damaged files are as good as none. They are not fsynced: what a crash takes is asked for again.
 */
export class QueryStore {
  readonly #directory: string;
  readonly #usage = new Map<string, Promise<DirectoryUsage>>();

  /** @param directory made when first written */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** @returns undefined if there is none, or it cannot be read */
  async read(question: string): Promise<KeptAnswer | undefined> {
    const file = await readBounded(this.#place(question).path).catch(() => undefined);
    return file === undefined ? undefined : decode(question, file);
  }

  /** @throws the system's error if it cannot be written */
  async write(question: string, answer: KeptAnswer): Promise<void> {
    const { directory, name, path } = this.#place(question);
    const file = encode(question, answer);
    if (file.length > MAX_FILE_BYTES) {
      await this.remove(question);
      return;
    }
    await replaceFile(path, file);
    const usage = await this.#usageOf(directory);
    usage.add(name, file.length);
    for (const oldest of usage.excess()) await rm(join(directory, oldest), { force: true });
  }

  /** @throws the system's error if it cannot be removed */
  async remove(question: string): Promise<void> {
    const { directory, name, path } = this.#place(question);
    await rm(path, { force: true });
    (await this.#usage.get(directory))?.remove(name);
  }

  #place(question: string): { directory: string; name: string; path: string } {
    const key = hash("sha256", question);
    const directory = join(this.#directory, key.slice(0, 2));
    const name = key.slice(2);
    return { directory, name, path: join(directory, name) };
  }

  #usageOf(directory: string): Promise<DirectoryUsage> {
    let usage = this.#usage.get(directory);
    if (usage === undefined) {
      usage = readUsage(directory);
      this.#usage.set(directory, usage);
      usage.catch(() => this.#usage.delete(directory));
    }
    return usage;
  }
}

/** The files of one directory, the one written longest ago first. */
class DirectoryUsage {
  readonly #sizes = new Map<string, number>();
  #bytes = 0;

  add(name: string, size: number): void {
    this.remove(name);
    this.#sizes.set(name, size);
    this.#bytes += size;
  }

  remove(name: string): void {
    this.#bytes -= this.#sizes.get(name) ?? 0;
    this.#sizes.delete(name);
  }

  /** Takes out what is too much, and names it. */
  excess(): string[] {
    const names: string[] = [];
    for (const name of this.#sizes.keys()) {
      if (this.#bytes <= MAX_DIRECTORY_BYTES && this.#sizes.size <= MAX_DIRECTORY_FILES) break;
      this.remove(name);
      names.push(name);
    }
    return names;
  }
}

async function readUsage(directory: string): Promise<DirectoryUsage> {
  const files = await Promise.all(
    (await readdir(directory)).map(async (name) => {
      const found = await stat(join(directory, name)).catch(ignoreAbsent);
      return { name, size: found?.size ?? 0, time: found?.mtimeMs ?? 0 };
    }),
  );
  const usage = new DirectoryUsage();
  for (const { name, size } of files.toSorted((a, b) => a.time - b.time)) usage.add(name, size);
  return usage;
}

async function readBounded(path: string): Promise<Buffer | undefined> {
  await using handle = await open(path, "r");
  const { size } = await handle.stat();
  return size > MAX_FILE_BYTES ? undefined : await handle.readFile();
}

const TITLE = "gomodfs-answer 1";

function encode(question: string, { content, askedAt }: KeptAnswer): Buffer {
  const asked = new Date(askedAt).toISOString();
  const head = [
    TITLE,
    `question: ${question}`,
    `asked: ${asked}`,
    `sha256: ${digest(question, asked, content)}`,
  ];
  return Buffer.concat([Buffer.from(`${head.join("\n")}\n\n`), content]);
}

function decode(question: string, file: Buffer): KeptAnswer | undefined {
  const end = file.indexOf("\n\n");
  if (end < 0) return undefined;
  const [title, ...lines] = file.toString("utf8", 0, end).split("\n");
  const head = new Map(
    lines.map((line) => /^(\w+): (.*)$/.exec(line)?.slice(1, 3) ?? []).map(pair),
  );
  const content = new Uint8Array(file.subarray(end + 2));
  const asked = head.get("asked") ?? "";
  const askedAt = Date.parse(asked);
  const isWhole = title === TITLE && head.get("sha256") === digest(question, asked, content);
  return isWhole && !Number.isNaN(askedAt) ? { content, askedAt } : undefined;
}

function pair([name = "", value = ""]: readonly string[]): [string, string] {
  return [name, value];
}

function digest(question: string, asked: string, content: Uint8Array): string {
  return hash("sha256", Buffer.concat([Buffer.from(`${question}\n${asked}\n`), content]));
}

function ignoreAbsent(error: unknown): undefined {
  if (systemErrorCode(error) !== "ENOENT") throw error;
}
