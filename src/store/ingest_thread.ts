import { Worker } from "node:worker_threads";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { formatModuleVersion, type ModuleVersion } from "../module/module_version.ts";
import {
  fromFailure,
  type IngestReply,
  type IngestRequest,
  type IngestTask,
} from "./ingest_message.ts";
import type { ZipBytes, ZipContent } from "./module_store.ts";

/** Nearly all memory of a job is outside the heap; V8's default of 48 MB would only be filled and kept. */
const YOUNG_GENERATION_MB = 6;

/** What a thread makes of a zip. */
export type IngestResult = Exclude<IngestReply, { readonly kind: "failed" }>;

interface Job {
  readonly id: ModuleVersion;
  readonly resolve: (result: IngestResult) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A worker thread that takes zips apart, one after the other. It keeps the process alive only while it works. Once the
 * thread has ended, for lack of memory or otherwise, the job at hand has failed and {@linkcode ended} is true.
 */
export class IngestThread {
  readonly #worker: Worker;
  #job: Job | undefined;
  #ended = false;

  /** @param entry the worker's entry file */
  constructor(entry: URL) {
    this.#worker = new Worker(entry, {
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    this.#worker.unref();
    // Only an ingest worker posts to this port, and nothing but replies.
    this.#worker.on("message", (reply: IngestReply) => this.#settle(reply));
    this.#worker.on("messageerror", (error) => this.#fail(error));
    this.#worker.on("error", (error) => this.#fail(error));
    this.#worker.on("exit", (code) => this.#fail(new Error(`exit code ${code}`)));
  }

  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Does what is to be done with a zip. The task before must have settled.
   *
   * @throws GomodfsError what {@linkcode ingestZip} and {@linkcode ZipExtractor} throw, and `STORE` if the thread ends
   */
  run(task: IngestTask, id: ModuleVersion, zip: ZipBytes): Promise<IngestResult> {
    const { promise, resolve, reject } = Promise.withResolvers<IngestResult>();
    this.#job = { id, resolve, reject };
    this.#worker.ref();
    const request: IngestRequest = { ...task, id, zip: contentOf(zip) };
    try {
      this.#worker.postMessage(request, buffersOf(request));
    } catch (cause) {
      // A buffer that was given away before; the thread has not seen the job.
      this.#takeJob()?.reject(threadFailure(id, cause));
    }
    return promise;
  }

  /** Ends the thread, whatever it does. */
  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #settle(reply: IngestReply): void {
    const job = this.#takeJob();
    if (reply.kind === "failed") job?.reject(fromFailure(reply.error));
    else job?.resolve(reply);
  }

  #fail(cause: unknown): void {
    this.#ended = true;
    const job = this.#takeJob();
    job?.reject(threadFailure(job.id, cause));
  }

  #takeJob(): Job | undefined {
    const job = this.#job;
    this.#job = undefined;
    this.#worker.unref();
    return job;
  }
}

/** Without the function, which no other thread can be given. */
function contentOf(zip: ZipBytes): ZipContent {
  return zip.kind === "shared" ? { kind: zip.kind, bytes: zip.bytes } : zip;
}

function buffersOf({ zip }: IngestRequest): ArrayBuffer[] {
  return zip.kind === "memory" ? [zip.bytes.buffer] : [];
}

function threadFailure(id: ModuleVersion, cause: unknown): GomodfsError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new GomodfsError("STORE", `${formatModuleVersion(id)} cannot be taken in: ${reason}`, {
    cause,
  });
}
