import { closeSync } from "node:fs";
import { endianness } from "node:os";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { FILE_TIME } from "../tree/file_time.ts";
import type { Ownership } from "./attributes_encoder.ts";
import { EntryInvalidations } from "./entry_invalidations.ts";
import type { Failure, NodeId } from "./file_system.ts";
import { invalidateInode, notify } from "./notification.ts";
import { SessionControl } from "./session_control.ts";
import type { EndOfSession } from "./session_loop.ts";
import type { ErrorReport, FromSession, SessionWorkerData, ToSession } from "./session_message.ts";
import { Waker } from "./waker.ts";

/** What a request allocates dies with it; V8's default of 48 MB would only be filled and kept. */
const YOUNG_GENERATION_MB = 6;

/** How to start a session. */
export interface SessionOptions<FromWorker> {
  /** An open /dev/fuse. The session closes it at its end. */
  readonly device: number;
  /**
   * Where this process finds the mount: the mount point, or below `/proc/PID/root` if another namespace has it. A promise
   * of it lets the session's thread start while the file system is being mounted.
   */
  readonly mountPoint: string | Promise<string>;
  /** The module of the worker thread; it calls `serveInWorker`. */
  readonly worker: URL;
  /** What the worker's `createFileSystem` gets; it must be cloneable. */
  readonly data: unknown;
  /** Receives what the worker posts. */
  readonly onMessage: (message: FromWorker) => void;
  /** Is told of errors that the file system threw; whoever asked got EIO. */
  readonly onError: (report: ErrorReport) => void;
  /** Owner and times of everything; by default this process's user and {@linkcode FILE_TIME}. */
  readonly ownership?: Partial<Ownership>;
}

/**
 * Starts to serve a mounted file system in a thread of its own.
 *
 * `FromWorker` and `ToWorker` are the messages of the program's two halves. They are not checked, since both halves
 * are of one build.
 *
 * @throws GomodfsError `UNSUPPORTED` on big-endian machines
 */
export function startSession<FromWorker, ToWorker>(
  options: SessionOptions<FromWorker>,
): FuseSession<ToWorker> {
  if (endianness() !== "LE") {
    closeSync(options.device);
    throw new GomodfsError("UNSUPPORTED", "FUSE mounts need a little-endian machine");
  }
  return new FuseSession({
    ...options,
    onMessage: (message) => options.onMessage(message as FromWorker),
  });
}

/** The main thread's half of a session. None of its methods waits for the file system. */
export class FuseSession<ToWorker> {
  /**
   * Fulfils with the reason when the session has ended and its device is closed: whoever still uses the mount then gets
   * ENOTCONN. Rejects with `UNSUPPORTED`, `PROTOCOL` or what the thread threw if the session's thread failed.
   */
  readonly closed: Promise<EndOfSession>;
  /** Fulfils when the mount answers; rejects if the session ends before. */
  readonly ready: Promise<void>;
  readonly #device: number;
  readonly #control = new SessionControl();
  readonly #inbox: MessagePort;
  readonly #entryInvalidations: EntryInvalidations;
  /** Undefined until the file system is mounted. */
  #waker: Waker | undefined;
  readonly #onExit = (): void => this.#stopAtExit();
  #state: "starting" | "ready" | "closed" = "starting";

  constructor(options: SessionOptions<unknown>) {
    const { device, mountPoint, worker, data } = options;
    const { port1, port2 } = new MessageChannel();
    this.#device = device;
    this.#inbox = port1;
    this.#entryInvalidations = new EntryInvalidations(device, this.#control);
    const ownership = completeOwnership(options.ownership);
    const control = this.#control.memory;
    const workerData: SessionWorkerData = { device, control, inbox: port2, ownership, data };
    const thread = new Worker(worker, {
      workerData,
      transferList: [port2],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    // A process cannot exit while a thread of it sleeps in read(2) of the device.
    process.once("exit", this.#onExit);
    const ready = Promise.withResolvers<void>();
    this.ready = ready.promise;
    this.closed = this.#supervise(thread, options, ready.resolve).finally(() => {
      ready.reject(
        new GomodfsError("CANCELLED", "the FUSE session ended before the mount answered"),
      );
    });
    // Those who care look at the promises; to nobody else is the end of a session an unhandled error.
    this.ready.catch(() => {});
    this.closed.catch(() => {});
    if (typeof mountPoint === "string") this.#begin(mountPoint);
    else void mountPoint.then((path) => this.#begin(path));
  }

  /** Lets everybody who waits for `ticket` have the answer: `failure`, or what the file system says when asked again. */
  settle(ticket: number, failure?: Failure): void {
    this.#send({ kind: "settle", settlement: { ticket, failure } });
  }

  /** Sends the program's own message to the worker's half; it arrives before later `settle` and `post` calls act. */
  post(message: ToWorker): void {
    this.#send({ kind: "message", message });
  }

  /** Makes the kernel forget the listing of a directory that it cached, since there are new names in it. */
  invalidateDirectory(directory: NodeId): void {
    this.#notify(invalidateInode(directory));
  }

  /**
   * Makes the kernel forget what `name` in `parent` is, or that it is missing. The kernel lets that wait for lookups in
   * `parent` that are under way, so it is done in the background.
   *
   * @throws GomodfsError `BUSY` if too many names wait for that already
   */
  invalidateEntry(parent: NodeId, name: Uint8Array): Promise<void> {
    return this.#entryInvalidations.add(parent, name);
  }

  /** How many requests the kernel has sent so far, by opcode: `LOOKUP` 12. Each counter is modulo 2^32. */
  requestCounts(): ReadonlyMap<string, number> {
    return this.#control.requestCounts();
  }

  /** Requests that wait for a ticket. */
  get pending(): number {
    return this.#control.pending;
  }

  /**
   * Stops serving. Whoever waits, and whoever still uses the mount, gets ENOTCONN: unmount first, lazily if it is busy.
   *
   * @returns {@linkcode closed}
   */
  stop(): Promise<EndOfSession> {
    this.#control.requestStop();
    this.#wake();
    return this.closed;
  }

  async #supervise(
    thread: Worker,
    options: SessionOptions<unknown>,
    onReady: () => void,
  ): Promise<EndOfSession> {
    let end: EndOfSession | undefined;
    thread.on("message", (message: FromSession) => {
      switch (message.kind) {
        case "serving":
          void this.#waker?.prepare().then(() => this.#becomeReady(onReady));
          break;
        case "message":
          options.onMessage(message.message);
          break;
        case "error":
          options.onError(message.report);
          break;
        case "ended":
          end = message.end;
          break;
      }
    });
    try {
      await exitOf(thread);
    } finally {
      await this.#close();
    }
    if (end !== undefined) return end;
    throw new GomodfsError("UNSUPPORTED", "the FUSE session's thread ended without a reason");
  }

  #begin(mountPoint: string): void {
    this.#waker = new Waker(this.#device, mountPoint);
    this.#control.markMounted();
  }

  #becomeReady(onReady: () => void): void {
    if (this.#state === "closed") return;
    this.#state = "ready";
    // What was sent before is in the inbox already.
    this.#wake();
    onReady();
  }

  async #close(): Promise<void> {
    this.#state = "closed";
    process.off("exit", this.#onExit);
    this.#inbox.close();
    this.#waker?.close();
    await this.#entryInvalidations.close();
    closeSync(this.#device);
  }

  #stopAtExit(): void {
    if (!this.#control.isServing) return;
    try {
      this.#waker?.stopSync(() => this.#control.requestStop());
    } catch {
      // The mount has gone, and the thread with it.
    }
  }

  #send(message: ToSession): void {
    if (this.#state === "closed") return;
    this.#inbox.postMessage(message);
    this.#wake();
  }

  /** One notification wakes the thread for everything sent until it rises. */
  #wake(): void {
    if (this.#state !== "ready" || this.#waker === undefined) return;
    if (this.#control.requestWake() || this.#waker.hasFailed) this.#waker.wake();
  }

  #notify(notification: Buffer): void {
    // Before INIT is answered the kernel has cached nothing, and would make this thread wait.
    if (this.#state === "ready") notify(this.#device, notification);
  }
}

/** Waits for the end of a thread; throws what the thread threw. */
function exitOf(thread: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    let failure: unknown;
    thread.once("error", (error) => {
      failure = error;
    });
    thread.once("exit", () => (failure === undefined ? resolve() : reject(failure)));
  });
}

function completeOwnership(ownership: Partial<Ownership> = {}): Ownership {
  return {
    uid: ownership.uid ?? process.getuid?.() ?? 0,
    gid: ownership.gid ?? process.getgid?.() ?? 0,
    time: ownership.time ?? FILE_TIME,
  };
}
