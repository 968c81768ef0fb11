import { createHash, type Hash, randomUUID } from "node:crypto";
import {
  type FileHandle,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  utimes,
} from "node:fs/promises";
import { join } from "node:path";
import { LRUCache } from "lru-cache";
import { GomodfsError } from "../../lib/gomodfs_error.ts";
import type { Logger } from "../../lib/logger.ts";
import { makeDirectory } from "../../lib/make_directory.ts";
import { replaceFile } from "../../lib/replace_file.ts";
import type { RawFields } from "./forwarded_fields.ts";
import {
  decodeRecord,
  encodeRecord,
  type StoredAnswer,
  type StoredBody,
  variantKey,
} from "./response_record.ts";

/** What a {@linkcode ResponseCache} is made of. */
export interface ResponseCacheOptions {
  readonly directory: string;
  /** Bytes of content; what was used longest ago goes. */
  readonly maxBytes: number;
  readonly log: Logger;
}

/** Content on its way into the cache. */
export interface NewBody {
  readonly path: string;
  /** Open for reading and writing. */
  readonly file: FileHandle;
  readonly hash: Hash;
}

/** What is known of a URL's answers while they are on disk: enough to remove them. */
interface KeptRecord {
  readonly bodies: readonly StoredBody[];
  /** Milliseconds since 1970: the time that its file has. */
  usedAt: number;
}

const RECORDS = "records";
const BODIES = "bodies";
const TEMPORARY = "tmp";

/** Answers to one URL that differ by what they Vary on; who sends ever different fields gets no more room. */
const MAX_VARIANTS = 8;
const MAX_RECORDS = 100_000;
/** So much of a file system's block goes with even the smallest file, twice. */
const RECORD_BYTES = 8 * 1024;
/** How exactly the order of use survives a restart. */
const USE_RESOLUTION = 60_000;
/** Nobody fills a body for so long. */
const ABANDONED = 24 * 60 * 60_000;

/**
 * Answers of servers on disk: `records/` has a file for each URL with what was answered, and `bodies/` content by its
 * SHA-256, each once. Bounded in bytes. One process at a time should use a directory: two would not harm each other, but
 * each counts only what it has seen.
 */
export class ResponseCache {
  readonly #options: ResponseCacheOptions;
  readonly #records: LRUCache<string, KeptRecord>;
  /** How many records have this content. */
  readonly #references = new Map<string, number>();
  readonly #removals = new Set<Promise<void>>();
  /** One after the other for each URL. */
  readonly #writes = new Map<string, Promise<unknown>>();

  private constructor(options: ResponseCacheOptions) {
    this.#options = options;
    this.#records = new LRUCache<string, KeptRecord>({
      max: MAX_RECORDS,
      maxSize: options.maxBytes,
      sizeCalculation: ({ bodies }) => bodies.reduce((sum, { size }) => sum + size, RECORD_BYTES),
      dispose: (record, key, reason) => {
        this.#release(record.bodies);
        if (reason !== "set") this.#remove(this.#recordFile(key));
      },
    });
  }

  /**
   * Opens the cache of a directory, which is made if it is missing.
   *
   * @throws GomodfsError `STORE` if it cannot be used
   */
  static async open(options: ResponseCacheOptions): Promise<ResponseCache> {
    const cache = new ResponseCache(options);
    try {
      for (const name of [RECORDS, BODIES, TEMPORARY]) {
        await makeDirectory(join(options.directory, name));
      }
      await cache.#readRecords();
      await cache.#removeLeftOvers();
      return cache;
    } catch (cause) {
      throw new GomodfsError(
        "STORE",
        `cannot open the reverse proxy's cache ${options.directory}`,
        {
          hint: "see that it is a directory that you may write to",
          cause,
        },
      );
    }
  }

  /** Content bytes that are kept, and what their records take up. */
  get storedBytes(): number {
    return this.#records.calculatedSize;
  }

  /** URLs of which there is an answer. */
  get size(): number {
    return this.#records.size;
  }

  /** The stored answer to a request for `url`, the newest of those that fit its fields (RFC 9111 section 4.1). */
  async lookup(url: URL, fields: RawFields): Promise<StoredAnswer | undefined> {
    const key = keyOf(url);
    const kept = this.#records.get(key);
    if (kept === undefined) return undefined;
    const answers = await this.#readRecord(key);
    this.#touch(key, kept);
    return answers?.find((answer) => answer.variant === variantKey(answer.fields, fields));
  }

  /** Makes a file for content. It becomes part of the cache by {@linkcode store}, or is given up by {@linkcode discard}. */
  async begin(): Promise<NewBody> {
    const path = join(this.#options.directory, TEMPORARY, randomUUID());
    return { path, file: await open(path, "wx+"), hash: createHash("sha256") };
  }

  /** Puts an answer with new content in the place of an earlier one. The file stays open. */
  async store(url: URL, answer: Omit<StoredAnswer, "body">, body: NewBody): Promise<void> {
    const { size } = await body.file.stat();
    const stored = { sha256: body.hash.digest("hex"), size };
    // While it is counted, nobody removes the file.
    this.#retain([stored]);
    try {
      await this.#removed();
      const target = this.bodyFile(stored);
      await makeDirectory(join(target, ".."));
      await rename(body.path, target);
      await this.#put(url, { ...answer, body: stored });
    } finally {
      this.#release([stored]);
    }
  }

  /** Puts an answer with content that is there already in the place of an earlier one. */
  async update(url: URL, answer: StoredAnswer): Promise<void> {
    this.#retain([answer.body]);
    try {
      await this.#put(url, answer);
    } finally {
      this.#release([answer.body]);
    }
  }

  async discard(body: NewBody): Promise<void> {
    await rm(body.path, { force: true });
  }

  /** Forgets a URL. */
  remove(url: URL): void {
    this.#records.delete(keyOf(url));
  }

  /** Where content is. */
  bodyFile({ sha256 }: StoredBody): string {
    return join(this.#options.directory, BODIES, sha256.slice(0, 2), sha256);
  }

  /** Waits for what is being removed. */
  async close(): Promise<void> {
    await Promise.all(this.#writes.values());
    await this.#removed();
  }

  async #put(url: URL, answer: StoredAnswer): Promise<void> {
    const key = keyOf(url);
    const before = this.#writes.get(key) ?? Promise.resolve();
    const write = before.catch(() => {}).then(async () => await this.#write(key, answer));
    this.#writes.set(key, write);
    try {
      await write;
    } finally {
      if (this.#writes.get(key) === write) this.#writes.delete(key);
    }
  }

  async #write(key: string, answer: StoredAnswer): Promise<void> {
    const earlier = this.#records.has(key) ? ((await this.#readRecord(key)) ?? []) : [];
    const others = earlier.filter(({ variant }) => variant !== answer.variant);
    const answers = [answer, ...others].slice(0, MAX_VARIANTS);
    await this.#removed();
    await replaceFile(this.#recordFile(key), encodeRecord(answers));
    this.#keep(key, answers, Date.now());
  }

  #keep(key: string, answers: readonly StoredAnswer[], usedAt: number): void {
    const bodies = answers.map(({ body }) => body);
    // Before the earlier record of the URL is released: they may have content in common.
    this.#retain(bodies);
    this.#records.set(key, { bodies, usedAt });
    if (this.#records.has(key)) return;
    // Too much for one URL.
    this.#release(bodies);
    this.#remove(this.#recordFile(key));
  }

  async #readRecord(key: string): Promise<readonly StoredAnswer[] | undefined> {
    try {
      return decodeRecord(await readFile(this.#recordFile(key), "utf8"));
    } catch (error) {
      this.#options.log.warn("a record of the reverse proxy's cache is unusable", { error });
      this.#records.delete(key);
      return undefined;
    }
  }

  #touch(key: string, kept: KeptRecord): void {
    const now = Date.now();
    if (now - kept.usedAt < USE_RESOLUTION) return;
    kept.usedAt = now;
    // Only the order of eviction after a restart depends on it.
    utimes(this.#recordFile(key), now / 1000, now / 1000).catch(() => {});
  }

  #retain(bodies: readonly StoredBody[]): void {
    for (const { sha256 } of bodies) {
      this.#references.set(sha256, (this.#references.get(sha256) ?? 0) + 1);
    }
  }

  #release(bodies: readonly StoredBody[]): void {
    for (const body of bodies) {
      const left = (this.#references.get(body.sha256) ?? 1) - 1;
      if (left > 0) this.#references.set(body.sha256, left);
      else {
        this.#references.delete(body.sha256);
        this.#remove(this.bodyFile(body));
      }
    }
  }

  #remove(path: string): void {
    const removal = rm(path, { force: true })
      .catch((error: unknown) => {
        this.#options.log.warn("cannot remove a file of the reverse proxy's cache", { error });
      })
      .finally(() => this.#removals.delete(removal));
    this.#removals.add(removal);
  }

  /** A name that is being removed must be gone before something new gets it. */
  async #removed(): Promise<void> {
    await Promise.all(this.#removals);
  }

  #recordFile(key: string): string {
    return join(this.#options.directory, RECORDS, key.slice(0, 2), key);
  }

  async #readRecords(): Promise<void> {
    const found: { key: string; usedAt: number }[] = [];
    for (const path of await filesBelow(join(this.#options.directory, RECORDS))) {
      const key = path.slice(-64);
      if (/^[0-9a-f]{64}$/.test(key)) found.push({ key, usedAt: (await stat(path)).mtimeMs });
      else this.#remove(path);
    }
    found.sort((a, b) => a.usedAt - b.usedAt);
    for (const { key, usedAt } of found) {
      const answers = await this.#readRecord(key);
      if (answers === undefined) this.#remove(this.#recordFile(key));
      else this.#keep(key, answers, usedAt);
    }
  }

  async #removeLeftOvers(): Promise<void> {
    const { directory } = this.#options;
    for (const path of await filesBelow(join(directory, BODIES))) {
      if (!this.#references.has(path.slice(-64))) this.#remove(path);
    }
    for (const path of await filesBelow(join(directory, TEMPORARY))) {
      const found = await stat(path).catch(() => undefined);
      if (found !== undefined && Date.now() - found.mtimeMs > ABANDONED) this.#remove(path);
    }
  }
}

/** The URL itself is not written down: its query may be a signature. */
function keyOf({ href }: URL): string {
  return createHash("sha256").update(href).digest("hex");
}

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
