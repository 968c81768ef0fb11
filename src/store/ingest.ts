import { GomodfsError } from "../lib/gomodfs_error.ts";
import { workerEntry } from "../lib/worker_entry.ts";
import type { BuildSettings } from "../module/build_context.ts";
import { formatModuleVersion, type ModuleVersion } from "../module/module_version.ts";
import type { ExtractedModule, ExtractionTarget, Extractor } from "./extraction.ts";
import type { IngestTask } from "./ingest_message.ts";
import { type IngestResult, IngestThread } from "./ingest_thread.ts";
import type { IngestedModule } from "./ingested_module.ts";
import { LargestFirstQueue } from "./largest_first_queue.ts";
import { type Priority, type ZipBytes, zipSize } from "./module_store.ts";

export type { IngestedModule } from "./ingested_module.ts";

/** Takes module zips apart, or extracts them, on threads of its own. */
export interface IngestPool extends Extractor {
  /**
   * Checks a module zip and takes it apart. The buffer of a zip in memory is consumed (transferred).
   *
   * @throws GomodfsError `INVALID` or `TOO_LARGE` for a zip that breaks the rules, `BUSY` when too many wait, `STORE` when
   *   a thread or a spooled zip fails, `CANCELLED` when the pool is closed
   */
  ingest(id: ModuleVersion, zip: ZipBytes, priority?: Priority): Promise<IngestedModule>;
  /**
   * Says that zips are on their way: threads that do not run yet are started, which takes 50 ms of a core that has nothing
   * else to do before the first has arrived.
   */
  expect(): void;
  /** Ends the threads, without which process.exit() may hang. What waits or runs fails with `CANCELLED`. */
  close(): Promise<void>;
}

export interface IngestPoolOptions {
  /** Number of threads, two by default: on two cores a third gains nothing. */
  readonly workers?: number;
  /** Bytes of the zips being taken apart at a time, 256 MiB by default; a larger zip runs alone. */
  readonly maxBytesInFlight?: number;
  /** Number of zips that may wait, 65,536 by default. */
  readonly maxWaiting?: number;
  /** How packages are built, for {@linkcode IngestPoolOptions.onPackages}. */
  readonly build?: BuildSettings;
  /** Told what the packages of a module import, each time that one has been taken apart. */
  readonly onPackages?: PackagesListener;
  /** The threads' entry file; its own, unless a test wants to see one fail. */
  readonly entry?: URL;
}

/** Is told what each package directory of a module imports; "" is the root. Nothing has verified the module yet. */
export type PackagesListener = (
  id: ModuleVersion,
  packages: ReadonlyMap<string, readonly string[]>,
) => void;

/** A pool whose threads start with the first job. */
export function createIngestPool(options: IngestPoolOptions = {}): IngestPool {
  return new WorkerIngestPool(options);
}

const IDLE_MILLISECONDS = 500;

interface Job {
  readonly task: IngestTask;
  readonly id: ModuleVersion;
  readonly zip: ZipBytes;
  /** Bytes of the zip. */
  readonly size: number;
  readonly resolve: (result: IngestResult) => void;
  readonly reject: (error: unknown) => void;
}

class WorkerIngestPool implements IngestPool {
  readonly #workers: number;
  readonly #maxBytesInFlight: number;
  readonly #maxWaiting: number;
  readonly #entry: URL;
  readonly #build: BuildSettings | undefined;
  readonly #onPackages: PackagesListener | undefined;
  readonly #waiting: Readonly<Record<Priority, LargestFirstQueue<Job>>> = {
    demand: new LargestFirstQueue(),
    ahead: new LargestFirstQueue(),
  };
  readonly #running = new Map<IngestThread, Job>();
  readonly #idle: IngestThread[] = [];
  #bytesInFlight = 0;
  #closed = false;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(options: IngestPoolOptions) {
    this.#workers = options.workers ?? 2;
    this.#maxBytesInFlight = options.maxBytesInFlight ?? 256 << 20;
    this.#maxWaiting = options.maxWaiting ?? 65_536;
    this.#build = options.build;
    this.#onPackages = options.onPackages;
    const source = new URL("./ingest_worker.ts", import.meta.url);
    this.#entry = options.entry ?? workerEntry(source, import.meta.url);
  }

  async ingest(
    id: ModuleVersion,
    zip: ZipBytes,
    priority: Priority = "demand",
  ): Promise<IngestedModule> {
    const result = await this.#run({ kind: "ingest", build: this.#build }, id, zip, priority);
    if (result.kind !== "ingested") throw new TypeError(`a zip was ${result.kind}`);
    const { packages } = result.module;
    if (packages !== undefined) this.#onPackages?.(id, packages);
    // A buffer that was transferred has come back; what was not transferred is where it was.
    return { ...result.module, zip: result.zip.kind === "memory" ? result.zip : zip };
  }

  async extract(
    id: ModuleVersion,
    zip: ZipBytes,
    target: ExtractionTarget,
    priority: Priority = "demand",
  ): Promise<ExtractedModule> {
    const result = await this.#run({ kind: "extract", target }, id, zip, priority);
    if (result.kind !== "extracted") throw new TypeError(`a zip was ${result.kind}`);
    return result.module;
  }

  expect(): void {
    if (this.#closed) return;
    while (this.#running.size + this.#idle.length < this.#workers) {
      this.#idle.push(new IngestThread(this.#entry));
    }
    this.#endIdleLater();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#idleTimer);
    for (const queue of Object.values(this.#waiting)) {
      for (const job of queue.clear()) job.reject(cancelled(job.id));
    }
    for (const job of this.#running.values()) job.reject(cancelled(job.id));
    const threads = [...this.#idle.splice(0), ...this.#running.keys()];
    await Promise.all(threads.map((thread) => thread.end()));
  }

  /** Waits for a thread and room in memory. */
  async #run(
    task: IngestTask,
    id: ModuleVersion,
    zip: ZipBytes,
    priority: Priority,
  ): Promise<IngestResult> {
    if (this.#closed) throw cancelled(id);
    const length = this.#waiting.demand.length + this.#waiting.ahead.length;
    if (length >= this.#maxWaiting) {
      throw new GomodfsError(
        "BUSY",
        `${formatModuleVersion(id)} is not taken in: ${length} modules are waiting`,
      );
    }
    const { promise, resolve, reject } = Promise.withResolvers<IngestResult>();
    const size = zipSize(zip);
    this.#waiting[priority].push({ task, id, zip: transferable(zip), size, resolve, reject });
    this.#startWaiting();
    return await promise;
  }

  #startWaiting(): void {
    for (;;) {
      const { demand, ahead } = this.#waiting;
      const queue = demand.length > 0 ? demand : ahead;
      const job = queue.peek();
      if (job === undefined || !this.#hasRoomFor(job)) return;
      queue.shift();
      void this.#runOn(this.#takeThread(), job);
    }
  }

  #hasRoomFor(job: Job): boolean {
    if (this.#running.size === 0) return true;
    return (
      this.#running.size < this.#workers && this.#bytesInFlight + job.size <= this.#maxBytesInFlight
    );
  }

  async #runOn(thread: IngestThread, job: Job): Promise<void> {
    this.#running.set(thread, job);
    this.#bytesInFlight += job.size;
    try {
      job.resolve(await thread.run(job.task, job.id, job.zip));
    } catch (error) {
      job.reject(error);
    }
    this.#running.delete(thread);
    this.#bytesInFlight -= job.size;
    if (!thread.ended) this.#idle.push(thread);
    this.#startWaiting();
    this.#endIdleLater();
  }

  /** A thread that has nothing to do costs some 30 MB; starting one costs 20 ms. */
  #endIdleLater(): void {
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => {
      for (const thread of this.#idle.splice(0)) void thread.end();
    }, IDLE_MILLISECONDS).unref();
  }

  /** An idle thread that still lives, or a new one. */
  #takeThread(): IngestThread {
    for (let thread = this.#idle.pop(); thread !== undefined; thread = this.#idle.pop()) {
      if (!thread.ended) return thread;
    }
    return new IngestThread(this.#entry);
  }
}

/** A zip whose buffer holds nothing else: a part of a larger buffer, as Node's pool gives, is copied. */
function transferable(zip: ZipBytes): ZipBytes {
  if (zip.kind !== "memory" || zip.bytes.length === zip.bytes.buffer.byteLength) return zip;
  return { kind: "memory", bytes: zip.bytes.slice() };
}

function cancelled(id: ModuleVersion): GomodfsError {
  return new GomodfsError(
    "CANCELLED",
    `${formatModuleVersion(id)} is not taken in: the store is closing`,
  );
}
