import { existsSync } from "node:fs";
import type { ObjectBucket } from "../../lib/s3/object_bucket.ts";
import type { BuildCache } from "../build_cache.ts";
import type { DiskTier } from "../disk/disk_tier.ts";
import { BucketLayout } from "./bucket_layout.ts";
import { BucketReader } from "./bucket_reader.ts";
import type { BuildSetKey } from "./build_set_key.ts";
import { BuildSetReader } from "./build_set_reader.ts";
import { inTime } from "./deadline.ts";
import { GuardedBucket } from "./guarded_bucket.ts";
import { RemoteBuildCache, type RemoteParts } from "./remote_build_cache.ts";
import { RemoteCounters, type RemoteStatistics } from "./remote_counters.ts";
import { leftUploads, type PendingUploads, Uploader } from "./uploader.ts";
import { Warnings } from "./warnings.ts";

/** What a {@linkcode RemoteTier} is made of. Times are milliseconds. */
export interface RemoteTierOptions {
  readonly disk: DiskTier;
  /** Closed by whoever made it. */
  readonly bucket: ObjectBucket;
  /** Tells a person what goes wrong, once for each kind of trouble. */
  readonly warn: (message: string) => void;
  /** In front of all keys of the bucket (--prefix); none unless given. */
  readonly prefix?: string;
  /** Objects read at once (-c); 32 unless given. */
  readonly readers?: number;
  /** Objects written at once (-u); 16 unless given. */
  readonly writers?: number;
  /** Bytes below which an output is not uploaded by itself (--min-upload-size); 0 unless given. */
  readonly minUploadSize?: number;
  /** After which a get counts as a miss (--get-timeout); 5 s unless given. */
  readonly getTime?: number;
  /** For which a close waits for uploads (--close-timeout); a minute unless given. */
  readonly closeTime?: number;
  /** A close waits for nothing; what is to be uploaded goes on until {@linkcode RemoteTier.close} (--async-upload). */
  readonly asyncUpload?: boolean;
  /** Uploads that may wait; 65,536 unless given. */
  readonly maxWaitingUploads?: number;
  /** Bytes of outputs that may wait to be uploaded; 8 GiB unless given. */
  readonly maxWaitingBytes?: number;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
}

/** About what it takes to compile a large package, for which it is worth to wait as long as bytes come. */
const DEFAULT_GET_TIME = 5_000;
/** For the beginning of an answer: far above what a bucket on another continent takes. */
const PATIENCE = 1_500;
const DEFAULT_CLOSE_TIME = 60_000;
/** Enough for a bucket that is 20 ms away. */
const DEFAULT_READERS = 32;
const DEFAULT_WRITERS = 16;
const DEFAULT_WAITING_UPLOADS = 1 << 16;
const DEFAULT_WAITING_BYTES = 8 * 2 ** 30;

/** A bucket behind a local tier, for all go commands of a process. */
export class RemoteTier {
  readonly #options: RemoteTierOptions;
  readonly #parts: RemoteParts;
  readonly #closing = new Set<Promise<void>>();

  constructor(options: RemoteTierOptions) {
    this.#options = options;
    this.#parts = createParts(options);
  }

  /**
   * One more go command's view of it. With "read" it puts into the local tier only, and nothing of it is written to the
   * bucket.
   *
   * @param setKeys the build's, as `buildSetKeys` finds them out where the go command runs
   */
  open(access: "read" | "write", setKeys: readonly BuildSetKey[] = []): BuildCache {
    const session = new RemoteBuildCache(this.#parts, {
      isWriter: access === "write",
      setKeys,
      getTime: this.#options.getTime ?? DEFAULT_GET_TIME,
      closeTime: this.#options.asyncUpload === true ? Number.POSITIVE_INFINITY : this.#closeTime,
      lookupTime: Math.min(this.#options.getTime ?? DEFAULT_GET_TIME, PATIENCE),
      minUploadSize: this.#options.minUploadSize ?? 0,
    });
    if (!existsSync(this.#parts.disk.layout.actions)) session.lookAhead();
    return this.#options.asyncUpload === true ? this.#detached(session) : session;
  }

  get statistics(): RemoteStatistics {
    return this.#parts.counters.statistics;
  }

  get pendingUploads(): PendingUploads {
    return this.#parts.uploader.pending;
  }

  /** Waits for what sessions left to it. */
  async close(): Promise<void> {
    const closing = Promise.all(this.#closing).then(() => this.#parts.uploader.idle());
    if ((await inTime(closing, this.#closeTime)).isInTime) return;
    this.#parts.warnings.once("left", leftUploads(this.pendingUploads, this.#closeTime));
  }

  get #closeTime(): number {
    return this.#options.closeTime ?? DEFAULT_CLOSE_TIME;
  }

  #detached(session: RemoteBuildCache): BuildCache {
    return {
      get: (id) => session.get(id),
      put: (put) => session.put(put),
      close: async () => {
        const closing = session.close().finally(() => this.#closing.delete(closing));
        this.#closing.add(closing);
      },
    };
  }
}

function createParts(options: RemoteTierOptions): RemoteParts {
  const { disk, clock = Date.now } = options;
  const counters = new RemoteCounters();
  const warnings = new Warnings(options.warn);
  const layout = new BucketLayout(options.prefix);
  const bucket = new GuardedBucket(options.bucket, {
    counters,
    warnings,
    clock,
    readers: options.readers ?? DEFAULT_READERS,
    writers: options.writers ?? DEFAULT_WRITERS,
    maxWaitingWrites: options.maxWaitingUploads ?? DEFAULT_WAITING_UPLOADS,
    patience: Math.min(options.getTime ?? DEFAULT_GET_TIME, PATIENCE),
  });
  const maxWaitingBytes = options.maxWaitingBytes ?? DEFAULT_WAITING_BYTES;
  const uploader = new Uploader({ bucket, layout, counters, warnings, maxWaitingBytes });
  const onDamaged = uploader.markDamaged.bind(uploader);
  const parts = { bucket, layout, disk, counters, warnings, onDamaged };
  const reader = new BucketReader(parts);
  const sets = new BuildSetReader(parts, reader);
  return { disk, bucket, reader, sets, uploader, counters, warnings, clock };
}
