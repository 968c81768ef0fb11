import { LRUCache } from "lru-cache";
import type { ObjectContent } from "../../lib/s3/object_bucket.ts";
import { SingleFlight } from "../../lib/single_flight.ts";
import type { CachedOutput } from "../disk/disk_tier.ts";
import type { ActionId, OutputId } from "../identifier.ts";
import { formatBucketAction } from "./bucket_action.ts";
import type { BucketLayout } from "./bucket_layout.ts";
import type { BuildSet } from "./build_set.ts";
import { encodeBuildSet } from "./build_set_codec.ts";
import type { BuildSetKey } from "./build_set_key.ts";
import type { GuardedBucket, WriteOptions } from "./guarded_bucket.ts";
import type { EncodedPack } from "./pack_codec.ts";
import type { RemoteCounters } from "./remote_counters.ts";
import type { Warnings } from "./warnings.ts";

/** What an {@linkcode Uploader} works with. */
export interface UploaderParts {
  readonly bucket: GuardedBucket;
  readonly layout: BucketLayout;
  readonly counters: RemoteCounters;
  readonly warnings: Warnings;
  /** Bytes of outputs that may wait; an output that would be more is not uploaded. */
  readonly maxWaitingBytes: number;
}

/** What waits to be uploaded or is on its way. */
export interface PendingUploads {
  readonly count: number;
  readonly bytes: number;
}

/** Outputs of which it is remembered that the bucket has them, or has them damaged. */
const MAX_REMEMBERED = 1 << 17;

/**
 * Writes to the bucket, each object once however many sessions put it. It outlives sessions: a server goes on uploading
 * when the go command has gone. What waits are names of files in the local tier, not their bytes.
 */
export class Uploader {
  readonly #parts: UploaderParts;
  readonly #outputs = new SingleFlight<boolean>();
  readonly #uploaded = new LRUCache<OutputId, true>({ max: MAX_REMEMBERED });
  readonly #damaged = new LRUCache<OutputId, true>({ max: MAX_REMEMBERED });
  readonly #pending = new Set<Promise<unknown>>();
  #pendingBytes = 0;

  constructor(parts: UploaderParts) {
    this.#parts = parts;
  }

  get pending(): PendingUploads {
    return { count: this.#pending.size, bytes: this.#pendingBytes };
  }

  /** Remembers that the bucket has other bytes for an output: the next upload replaces them. */
  markDamaged(id: OutputId): void {
    this.#damaged.set(id, true);
    this.#uploaded.delete(id);
  }

  /** Writes what an action made: the output first, so that nobody finds a record whose output is missing. */
  async action(id: ActionId, output: CachedOutput): Promise<void> {
    if (!(await this.output(output))) return;
    const bytes = formatBucketAction(output);
    const key = this.#parts.layout.action(id);
    await this.#write(key, { kind: "memory", bytes }, { onlyIfAbsent: false, priority: "ahead" });
  }

  /** Writes an output, unless the bucket has it. @returns whether it has it now */
  async output({ outputId: id, size, diskPath: path }: CachedOutput): Promise<boolean> {
    if (this.#uploaded.has(id)) return true;
    return await this.#outputs.run(id, async () => {
      const { counters, warnings, layout, maxWaitingBytes } = this.#parts;
      if (this.#pendingBytes + size > maxWaitingBytes) {
        counters.add("uploadsSkipped");
        warnings.once("overflow", `${this.#pendingBytes} bytes already wait to be uploaded`);
        return false;
      }
      // Its id is what the request's signature has to contain.
      const content: ObjectContent = { kind: "file", path, size, sha256: id };
      const isThere = await this.#write(layout.output(id), content, {
        onlyIfAbsent: !this.#damaged.has(id),
        priority: "ahead",
      });
      if (isThere) {
        this.#uploaded.set(id, true);
        this.#damaged.delete(id);
      }
      return isThere;
    });
  }

  /** @returns whether the bucket has it now */
  async pack({ id, bytes }: EncodedPack): Promise<boolean> {
    const content: ObjectContent = { kind: "memory", bytes, sha256: id };
    const key = this.#parts.layout.pack(id);
    return await this.#write(key, content, { onlyIfAbsent: true, priority: "demand" });
  }

  /** Writes a set under all keys of its build. */
  async buildSet(keys: readonly BuildSetKey[], set: BuildSet): Promise<void> {
    const content: ObjectContent = { kind: "memory", bytes: await encodeBuildSet(set) };
    const { layout } = this.#parts;
    const options: WriteOptions = { onlyIfAbsent: false, priority: "demand" };
    await Promise.all(keys.map((key) => this.#write(layout.buildSet(key), content, options)));
  }

  /** Fulfils when nothing is pending any more. */
  async idle(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  async #write(key: string, content: ObjectContent, options: WriteOptions): Promise<boolean> {
    const size = content.kind === "memory" ? content.bytes.length : content.size;
    const written = this.#parts.bucket.write(key, content, options);
    this.#pending.add(written);
    this.#pendingBytes += size;
    try {
      return (await written) !== "failed";
    } finally {
      this.#pending.delete(written);
      this.#pendingBytes -= size;
    }
  }
}

/** Says what was not uploaded in time. */
export function leftUploads({ count, bytes }: PendingUploads, milliseconds: number): string {
  const megabytes = (bytes / 1e6).toFixed(1);
  return `${count} uploads (${megabytes} MB) were not done in ${milliseconds / 1000} s and are left`;
}
