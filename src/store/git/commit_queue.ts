import { GomodfsError } from "../../lib/gomodfs_error.ts";

/** Jobs that together have this many bytes are enough for one commit. */
const BATCH_BYTES = 16 * 1024 * 1024;

/** Something to commit. */
export interface CommitJob {
  /** Bytes that it writes, roughly. */
  readonly size: number;
}

/** What became of a job. */
export type CommitOutcome = { readonly error?: unknown };

interface Waiting<Job> {
  readonly job: Job;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit: what arrives while one commit is under way shares the next. A commit costs about five fsyncs, whatever
 * is in it, and a store takes in hundreds of modules at once.
 */
export class CommitQueue<Job extends CommitJob> {
  readonly #commit: (jobs: readonly Job[]) => Promise<readonly CommitOutcome[]>;
  #waiting: Waiting<Job>[] = [];
  #running: Promise<void> | undefined;
  #closed = false;

  /** @param commit commits jobs together; one outcome each, or throws if all failed */
  constructor(commit: (jobs: readonly Job[]) => Promise<readonly CommitOutcome[]>) {
    this.#commit = commit;
  }

  /** Resolves when the job is committed. */
  async add(job: Job): Promise<void> {
    if (this.#closed) throw new GomodfsError("CANCELLED", "the store is closed");
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ job, resolve, reject });
    this.#running ??= this.#run();
    await promise;
  }

  /** Takes no more jobs and resolves when those that wait are done. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      // Jobs that are added in the same turn of the event loop belong together.
      await new Promise((resolve) => setImmediate(resolve));
      await this.#commitBatch(this.#takeBatch());
    }
    this.#running = undefined;
  }

  #takeBatch(): Waiting<Job>[] {
    let bytes = 0;
    let count = 0;
    for (const { job } of this.#waiting) {
      bytes += job.size;
      if (count > 0 && bytes > BATCH_BYTES) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  async #commitBatch(batch: readonly Waiting<Job>[]): Promise<void> {
    try {
      const outcomes = await this.#commit(batch.map(({ job }) => job));
      for (const [index, { resolve, reject }] of batch.entries()) {
        const error = outcomes[index]?.error;
        if (error === undefined) resolve();
        else reject(error);
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
