import { inspect } from "node:util";
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { setThreadNiceness } from "../lib/thread_priority.ts";
import type { FileSystem, NodeId } from "./file_system.ts";
import { invalidateInode, notify } from "./notification.ts";
import { SessionControl } from "./session_control.ts";
import { type Settlement, serve } from "./session_loop.ts";
import type { ErrorReport, FromSession, SessionWorkerData, ToSession } from "./session_message.ts";

const SESSION_NICENESS = -5;

/** Builds the file system of a session inside its thread. */
export type CreateFileSystem = (context: SessionContext) => SessionFileSystem;

/** What a file system gets in the thread of its session. */
export interface SessionContext {
  /** What {@linkcode startSession} was given as `data`. */
  readonly data: unknown;
  /** Sends a message to the main thread. Tickets that it names may be settled from then on. */
  readonly post: (message: unknown) => void;
  /**
   * Makes the kernel forget the listing of a directory that it cached, since there are new names in it: at once, before
   * the request at hand is answered. That never waits for a request: the kernel locks pages of the listing only while
   * it copies rows into them (fuse_reverse_inval_inode, fuse_add_dirent_to_cache).
   */
  readonly invalidateDirectory: (directory: NodeId) => void;
}

/** A file system, and who takes what the main thread posts. */
export interface SessionFileSystem {
  readonly fileSystem: FileSystem;
  /**
   * Is called with each message of the main thread, in the order of its `post` and `settle` calls: what was posted
   * before a ticket was settled has arrived when the file system is asked again.
   */
  readonly onMessage?: (message: unknown) => void;
}

/**
 * The whole body of a session's worker thread: serves until the end of the session. Nothing asynchronous runs in the
 * thread meanwhile, since it sleeps in read(2).
 *
 * @throws GomodfsError `UNSUPPORTED` if the thread was not started by `startSession`
 */
export function serveInWorker(createFileSystem: CreateFileSystem): void {
  const port = parentPort;
  const start: unknown = workerData;
  if (port === null || !isSessionWorkerData(start)) {
    throw new GomodfsError(
      "UNSUPPORTED",
      "a FUSE session's thread can only be started by a session",
    );
  }
  // Whoever reads waits for this thread. Needs privilege, as daemons that run as root have.
  setThreadNiceness(SESSION_NICENESS);
  const send = (message: FromSession): void => port.postMessage(message);
  const { fileSystem, onMessage } = createFileSystem({
    data: start.data,
    post: (message) => send({ kind: "message", message }),
    invalidateDirectory: (directory) => notify(start.device, invalidateInode(directory)),
  });
  const control = new SessionControl(start.control);
  control.waitUntilMounted();
  const end = serve(start.device, fileSystem, {
    ownership: start.ownership,
    control,
    onServing: () => send({ kind: "serving" }),
    onError: (error) => send({ kind: "error", report: reportOf(error) }),
    receiveSettlements: () => receive(start.inbox, onMessage),
  });
  send({ kind: "ended", end });
}

/** Empties the inbox. Messages that came before a settlement are delivered before it is acted upon. */
function* receive(
  inbox: SessionWorkerData["inbox"],
  onMessage: SessionFileSystem["onMessage"],
): Generator<Settlement> {
  for (;;) {
    const received = receiveMessageOnPort(inbox);
    if (received === undefined) return;
    // The other end of this port is private to `startSession`, which only posts this type.
    const message = received.message as ToSession;
    if (message.kind === "settle") yield message.settlement;
    else onMessage?.(message.message);
  }
}

function reportOf(error: unknown): ErrorReport {
  if (!(error instanceof Error)) return { message: String(error), stack: "" };
  return { message: error.message, stack: inspect(error) };
}

function isSessionWorkerData(value: unknown): value is SessionWorkerData {
  return (
    typeof value === "object" &&
    value !== null &&
    "device" in value &&
    typeof value.device === "number" &&
    "control" in value &&
    value.control instanceof SharedArrayBuffer &&
    "inbox" in value &&
    "ownership" in value &&
    "data" in value
  );
}
