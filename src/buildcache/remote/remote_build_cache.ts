import type { BuildCache, CachedOutput, OutputPut, PendingPut } from "../build_cache.ts";
import type { DiskTier } from "../disk/disk_tier.ts";
import { LocalBuildCache } from "../disk/local_build_cache.ts";
import type { ActionId } from "../identifier.ts";
import type { BucketReader } from "./bucket_reader.ts";
import { type BuildSetKey, buildSetKeyOfAction } from "./build_set_key.ts";
import type { BuildSetReader } from "./build_set_reader.ts";
import { BuildSetRecorder } from "./build_set_recorder.ts";
import { inTime } from "./deadline.ts";
import type { GuardedBucket } from "./guarded_bucket.ts";
import { MissStreak } from "./miss_streak.ts";
import { PackWriter } from "./pack_writer.ts";
import type { RemoteCounters } from "./remote_counters.ts";
import { SetPrefetch } from "./set_prefetch.ts";
import { leftUploads, type Uploader } from "./uploader.ts";
import type { Warnings } from "./warnings.ts";

/** What all sessions of a process share. */
export interface RemoteParts {
  readonly disk: DiskTier;
  readonly bucket: GuardedBucket;
  readonly reader: BucketReader;
  readonly sets: BuildSetReader;
  readonly uploader: Uploader;
  readonly counters: RemoteCounters;
  readonly warnings: Warnings;
  readonly clock: () => number;
}

/** How a session goes. Times are milliseconds. */
export interface RemoteSessionOptions {
  /** Whether what the build puts, and what it used, is written to the bucket. */
  readonly isWriter: boolean;
  /** Of the build; found out from the first action that it asks for if there are none. */
  readonly setKeys: readonly BuildSetKey[];
  /** After which a get is answered as a miss; what it asked for still comes into the local tier. */
  readonly getTime: number;
  /** After which the build's set is done without. */
  readonly lookupTime: number;
  /** For which a close waits for uploads. */
  readonly closeTime: number;
  /** Bytes below which an output is not uploaded by itself. */
  readonly minUploadSize: number;
}

/** Gets of a session that may be late. After them it takes only what has come: compiling is quicker. */
const MAX_LATE_GETS = 3;

/** A build cache with a bucket behind it, as one go command sees it. */
export class RemoteBuildCache implements BuildCache {
  readonly #parts: RemoteParts;
  readonly #options: RemoteSessionOptions;
  readonly #local: LocalBuildCache;
  readonly #recorder: BuildSetRecorder | undefined;
  readonly #streak = new MissStreak();
  readonly #missing = new Set<ActionId>();
  readonly #uploads = new Set<Promise<void>>();
  #setKeys: readonly BuildSetKey[];
  #prefetch: Promise<SetPrefetch | undefined> | undefined;
  #arrivals: SetPrefetch | undefined;
  #lateGets = 0;
  #isClosed = false;

  constructor(parts: RemoteParts, options: RemoteSessionOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#local = new LocalBuildCache(parts.disk, parts.clock);
    this.#setKeys = options.setKeys;
    if (options.isWriter) {
      this.#recorder = new BuildSetRecorder(new PackWriter(parts.uploader), parts.uploader);
    }
  }

  /** Looks for the build's set before anything is asked for: worth it where the local tier is empty. */
  lookAhead(): void {
    if (this.#setKeys.length > 0) this.#prefetch ??= this.#findSet();
  }

  get(id: ActionId): CachedOutput | undefined | Promise<CachedOutput | undefined> {
    const output = this.#local.get(id);
    if (output !== undefined) return this.#hit(id, output, "localHits");
    if (!this.#missing.has(id)) {
      if (this.#parts.bucket.state === "answering") {
        if (this.#lateGets < MAX_LATE_GETS) return this.#getInTime(id);
        const arrived = this.#arrivals?.arrived(id);
        if (arrived !== undefined) return this.#hit(id, arrived, "setHits");
      }
      // Nobody waits for a bucket that was away a moment ago; but somebody has to try.
      if (this.#parts.bucket.state === "doubtful") void this.#parts.reader.hasAction(id);
    }
    this.#parts.counters.add("misses");
    return undefined;
  }

  put(put: OutputPut): PendingPut {
    const pending = this.#local.put(put);
    return {
      write: (bytes) => pending.write(bytes),
      commit: () => {
        const diskPath = pending.commit();
        this.#onPut(put, diskPath);
        return diskPath;
      },
      discard: () => pending.discard(),
    };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const finished = this.#finish();
    const { closeTime } = this.#options;
    if ((await inTime(finished, closeTime)).isInTime) return;
    this.#parts.warnings.once("left", leftUploads(this.#parts.uploader.pending, closeTime));
  }

  async #finish(): Promise<void> {
    await this.#writeSet();
    await Promise.all(this.#uploads);
  }

  /** A build that found all in the local tier asked for no set, and has nothing to add to one. */
  async #writeSet(): Promise<void> {
    if (this.#prefetch === undefined) return;
    const prefetch = await this.#prefetch;
    prefetch?.stop();
    const set = await this.#recorder?.next(prefetch?.set);
    if (set !== undefined) await this.#parts.uploader.buildSet(this.#setKeys, set);
  }

  async #getInTime(id: ActionId): Promise<CachedOutput | undefined> {
    const answer = await inTime(this.#getRemote(id), this.#options.getTime);
    if (answer.isInTime) return answer.value;
    this.#parts.counters.add("lateGets");
    this.#lateGets += 1;
    return undefined;
  }

  async #getRemote(id: ActionId): Promise<CachedOutput | undefined> {
    if (this.#setKeys.length === 0) this.#setKeys = [buildSetKeyOfAction(id)];
    this.#prefetch ??= this.#findSet();
    const inSet = await (await this.#prefetch)?.get(id);
    if (inSet !== undefined) return this.#hit(id, inSet, "setHits");
    const output = await this.#getSingle(id);
    if (output !== undefined) return this.#hit(id, output, "remoteHits");
    this.#missing.add(id);
    this.#parts.counters.add("misses");
    return undefined;
  }

  async #getSingle(id: ActionId): Promise<CachedOutput | undefined> {
    const { reader } = this.#parts;
    if (this.#streak.isHopeful) {
      const output = await reader.action(id);
      this.#streak.observe(output !== undefined);
      return output;
    }
    if (this.#streak.takeSample()) {
      void reader.hasAction(id).then((isThere) => this.#streak.observe(isThere));
    }
    return undefined;
  }

  async #findSet(): Promise<SetPrefetch | undefined> {
    const { disk, sets, reader: outputs } = this.#parts;
    const found = await inTime(sets.find(this.#setKeys), this.#options.lookupTime);
    if (!found.isInTime || found.value === undefined) return undefined;
    this.#arrivals = new SetPrefetch(found.value, { disk, sets, outputs });
    return this.#arrivals;
  }

  #hit(
    id: ActionId,
    output: CachedOutput,
    counter: "localHits" | "setHits" | "remoteHits",
  ): CachedOutput {
    this.#parts.counters.add(counter);
    this.#recorder?.got(id, output);
    return output;
  }

  #onPut({ actionId, outputId, size }: OutputPut, diskPath: string): void {
    const { counters, uploader, clock } = this.#parts;
    counters.add("puts");
    if (!this.#options.isWriter) return;
    const output = { outputId, size, diskPath, time: new Date(clock()) };
    this.#recorder?.put(actionId, output);
    if (size < this.#options.minUploadSize) {
      counters.add("uploadsSkipped");
      return;
    }
    const upload = uploader.action(actionId, output).finally(() => this.#uploads.delete(upload));
    this.#uploads.add(upload);
  }
}
