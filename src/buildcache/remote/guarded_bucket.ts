import { CircuitBreaker, type Passage } from "../../lib/circuit_breaker.ts";
import { type GomodfsError, isGomodfsError } from "../../lib/gomodfs_error.ts";
import { RequestQueue } from "../../lib/request_queue.ts";
import type { ObjectBody, ObjectBucket, ObjectContent } from "../../lib/s3/object_bucket.ts";
import type { Priority } from "../../upstream/module_source.ts";
import type { RemoteCounters } from "./remote_counters.ts";
import type { Warnings } from "./warnings.ts";

/** How to ask a {@linkcode GuardedBucket}. */
export interface GuardOptions {
  readonly counters: RemoteCounters;
  readonly warnings: Warnings;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Requests that read, at once. */
  readonly readers: number;
  /** Requests that write, at once. */
  readonly writers: number;
  /** Requests that may wait to write. */
  readonly maxWaitingWrites: number;
  /** Milliseconds after which a bucket that has not begun to answer a read counts as away; its answer is still taken. */
  readonly patience: number;
}

/** How to write an object. */
export interface WriteOptions {
  /** Whether one that is there stays as it is. */
  readonly onlyIfAbsent: boolean;
  /** `demand` goes before `ahead`. */
  readonly priority: Priority;
}

/**
 * A bucket that a build can do without. Nothing here throws what the bucket throws: a failed read is an absent object, a
 * failed write is `failed`, and one line tells a person. While the bucket is away, it is not asked.
 */
export class GuardedBucket {
  readonly #bucket: ObjectBucket;
  readonly #options: GuardOptions;
  readonly #breaker: CircuitBreaker;
  readonly #reads: RequestQueue;
  readonly #writes: RequestQueue;
  #isWriteDenied = false;

  constructor(bucket: ObjectBucket, options: GuardOptions) {
    this.#bucket = bucket;
    this.#options = options;
    this.#breaker = new CircuitBreaker(bucket.name, options.clock);
    this.#reads = new RequestQueue({ slots: options.readers });
    this.#writes = new RequestQueue({
      slots: options.writers,
      maxWaiting: options.maxWaitingWrites,
    });
  }

  /**
   * `away`: requests fail without being made. `doubtful`: the next request shows whether it is back, and nobody should
   * wait for that.
   */
  get state(): "answering" | "doubtful" | "away" {
    const { state } = this.#breaker.state;
    return state === "closed" ? "answering" : state === "open" ? "away" : "doubtful";
  }

  /** A record, whole; undefined if there is none, if it is larger, or if the bucket fails. */
  async read(key: string, maxBytes: number, priority: Priority): Promise<Uint8Array | undefined> {
    return await this.#read(key, priority, async (passage) => {
      const bytes = await this.#withPatience(passage, key, this.#bucket.read(key, maxBytes));
      if (bytes !== undefined) this.#options.counters.add("bytesDownloaded", bytes.length);
      return bytes;
    });
  }

  /** Hands an object's body to `take`; undefined if there is none, or if the bucket fails before its end. */
  async receive<T>(
    key: string,
    priority: Priority,
    take: (body: ObjectBody) => Promise<T>,
  ): Promise<T | undefined> {
    return await this.#read(key, priority, async (passage) => {
      const body = await this.#withPatience(passage, key, this.#bucket.get(key));
      if (body === undefined) return undefined;
      try {
        const taken = await take(body);
        this.#options.counters.add("bytesDownloaded", body.size);
        return taken;
      } finally {
        body.stream.destroy();
      }
    });
  }

  /** Writes an object, when its turn has come. */
  async write(
    key: string,
    content: ObjectContent,
    { onlyIfAbsent, priority }: WriteOptions,
  ): Promise<"stored" | "exists" | "failed"> {
    const { counters } = this.#options;
    try {
      const outcome = await this.#writes.run(priority, undefined, async () => {
        const passage = this.#isWriteDenied ? undefined : this.#admit();
        if (passage === undefined) return "skipped";
        return await this.#watched(passage, key, () => this.#put(key, content, onlyIfAbsent));
      });
      if (outcome === "skipped") {
        counters.add("uploadsSkipped");
        return "failed";
      }
      if (outcome === "exists") {
        counters.add("uploadsFound");
        return "exists";
      }
      counters.add("uploads");
      counters.add(
        "bytesUploaded",
        content.kind === "memory" ? content.bytes.length : content.size,
      );
      return "stored";
    } catch (error) {
      if (!isGomodfsError(error)) throw error;
      this.#onWriteFailed(error);
      return "failed";
    }
  }

  async #put(
    key: string,
    content: ObjectContent,
    onlyIfAbsent: boolean,
  ): Promise<"stored" | "exists"> {
    try {
      return await this.#bucket.put(key, content, { onlyIfAbsent });
    } catch (error) {
      // Before the next in the queue begins.
      if (isGomodfsError(error, "FORBIDDEN")) this.#isWriteDenied = true;
      throw error;
    }
  }

  async #read<T>(
    key: string,
    priority: Priority,
    request: (passage: Passage) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    try {
      return await this.#reads.run(priority, undefined, async () => {
        const passage = this.#admit();
        return passage && (await this.#watched(passage, key, () => request(passage)));
      });
    } catch (error) {
      if (!isGomodfsError(error)) throw error;
      this.#onReadFailed(error);
      return undefined;
    }
  }

  /** Undefined while the bucket is away, or is being tried by another request. */
  #admit(): Passage | undefined {
    try {
      return this.#breaker.admit();
    } catch (error) {
      if (isGomodfsError(error, "UPSTREAM")) return undefined;
      throw error;
    }
  }

  /** Learns from a request how the bucket is. */
  async #watched<T>(passage: Passage, key: string, request: () => Promise<T>): Promise<T> {
    try {
      const result = await request();
      passage.answered();
      return result;
    } catch (error) {
      this.#onFailed(passage, key, error);
      throw error;
    } finally {
      passage.abandoned();
    }
  }

  /** Learns that a bucket is too slow before it has answered. */
  async #withPatience<T>(passage: Passage, key: string, answer: Promise<T>): Promise<T> {
    let check: NodeJS.Immediate | undefined;
    const impatience = setTimeout(() => {
      // An answer that is here, and waits for this thread only, is handled before that.
      check = setImmediate(() => this.#onSlow(passage, key));
    }, this.#options.patience);
    try {
      const answered = await answer;
      passage.answered();
      return answered;
    } finally {
      clearTimeout(impatience);
      clearImmediate(check);
    }
  }

  #onSlow(passage: Passage, key: string): void {
    const { patience, warnings } = this.#options;
    passage.failed("connection", key, new Error(`no answer in ${patience} ms`));
    this.#breaker.gaveUp();
    warnings.once(
      "unavailable",
      `${this.#bucket.name} has not answered in ${patience} ms; the build goes on without what is late`,
    );
  }

  #onFailed(passage: Passage, key: string, error: unknown): void {
    // Refusals may be about a single key: S3 answers 403 for what is missing to whoever may not list the bucket.
    if (isGomodfsError(error, "FORBIDDEN")) passage.failed("answer", key, error);
    else if (isGomodfsError(error, "UPSTREAM") || isGomodfsError(error, "TIMEOUT")) {
      passage.failed("connection", key, error);
    }
    this.#breaker.gaveUp();
  }

  #onReadFailed(error: GomodfsError): void {
    const { counters, warnings } = this.#options;
    counters.add("downloadsFailed");
    if (error.code === "TOO_LARGE") {
      counters.add("corruptObjects");
      warnings.once("corrupt", `${error.message}; it is passed over`);
      return;
    }
    const trouble = error.code === "FORBIDDEN" ? "read-denied" : "unavailable";
    warnings.once(trouble, withHint(error, "the build goes on without it"));
  }

  #onWriteFailed(error: GomodfsError): void {
    const { counters, warnings } = this.#options;
    if (error.code === "BUSY") {
      counters.add("uploadsSkipped");
      warnings.once("overflow", `${error.message}; what comes now is not uploaded`);
      return;
    }
    counters.add("uploadsFailed");
    if (error.code === "FORBIDDEN") {
      warnings.once("write-denied", withHint(error, "nothing more is uploaded"));
      return;
    }
    warnings.once("upload", withHint(error, "the build goes on; some of it is not uploaded"));
  }
}

function withHint(error: GomodfsError, consequence: string): string {
  const hint = error.hint === undefined ? "" : ` (${error.hint})`;
  return `${error.message}; ${consequence}${hint}`;
}
