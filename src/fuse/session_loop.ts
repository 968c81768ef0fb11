import { readSync, writeSync, writevSync } from "node:fs";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import type { Ownership } from "./attributes_encoder.ts";
import type { Failure, FileSystem } from "./file_system.ts";
import { MAX_REQUEST, Opcode } from "./protocol.ts";
import type { ReplyWriter } from "./reply_writer.ts";
import { decodeHeader } from "./request.ts";
import { type ReplySink, RequestHandler } from "./request_handler.ts";
import type { SessionControl } from "./session_control.ts";
import { isSystemError } from "./system_error.ts";
import { WakeFile } from "./wake_file.ts";

/** A ticket that the main thread has settled. */
export interface Settlement {
  readonly ticket: number;
  /** Why there is no answer; undefined if the file system has one now. */
  readonly failure: Failure | undefined;
}

/** Why a session ended: its file system was unmounted, its connection aborted, or it was told to stop. */
export type EndOfSession = "unmounted" | "aborted" | "stopped";

/** What a session's thread gets from the main thread. */
export interface ServeOptions {
  readonly ownership: Ownership;
  readonly control: SessionControl;
  /** Is called once, as soon as the mount answers. */
  readonly onServing: () => void;
  /** Is called when the main thread has woken this one; gives what was settled meanwhile. */
  readonly receiveSettlements: () => Iterable<Settlement>;
  /** Is told what the file system throws. */
  readonly onError: (error: unknown) => void;
}

/**
 * Serves a mounted file system until its end, in a blocking loop of read, dispatch, write. Measured, one thread that
 * blocks is within a microsecond of libfuse in C; two threads, or asynchronous reads, are slower.
 *
 * @param device an open /dev/fuse on which a file system has been mounted
 * @throws GomodfsError `PROTOCOL` if the kernel does not speak FUSE as we know it
 */
export function serve(device: number, fileSystem: FileSystem, options: ServeOptions): EndOfSession {
  const handler = new RequestHandler(new WakeFile(fileSystem), new DeviceSink(device), options);
  try {
    return loop(device, handler, options);
  } finally {
    handler.abandonPending();
  }
}

function loop(device: number, handler: RequestHandler, options: ServeOptions): EndOfSession {
  const { control } = options;
  const buffer = Buffer.alloc(MAX_REQUEST);
  while (!control.isStopRequested) {
    const length = readRequest(device, buffer);
    if (typeof length === "string") return length;
    // First what the main thread has to say, so that the request is answered from the newest state.
    if (control.takeWake()) settleAll(handler, options.receiveSettlements());
    const request = buffer.subarray(0, length);
    const header = decodeHeader(request);
    control.countRequest(header.code);
    handler.handle(header, request);
    if (header.code === Opcode.DESTROY) return "unmounted";
    if (header.code === Opcode.INIT) announce(handler, options);
    control.pending = handler.pending;
  }
  return "stopped";
}

/** The main thread may wake this one from now on: kernels let notifications wait until INIT is answered. */
function announce(handler: RequestHandler, options: ServeOptions): void {
  if (handler.negotiated === undefined) return;
  options.control.markServing();
  options.onServing();
}

function settleAll(handler: RequestHandler, settlements: Iterable<Settlement>): void {
  for (const { ticket, failure } of settlements) handler.settle(ticket, failure);
}

/** @returns bytes of the request that was read, or that there will be no more */
function readRequest(device: number, buffer: Buffer): number | EndOfSession {
  for (;;) {
    try {
      return readSync(device, buffer, 0, buffer.length, null);
    } catch (error) {
      if (isSystemError(error, "ENODEV")) return "unmounted";
      if (isSystemError(error, "ECONNABORTED")) return "aborted";
      // ENOENT: the request was interrupted before it could be handed out (fs/fuse/dev.c).
      if (!isSystemError(error, "EINTR", "EAGAIN", "ENOENT")) {
        throw new GomodfsError("UNSUPPORTED", "the FUSE device cannot be read", { cause: error });
      }
    }
  }
}

/** Sends replies to the device, each with one system call. */
class DeviceSink implements ReplySink {
  readonly #device: number;

  constructor(device: number) {
    this.#device = device;
  }

  send(reply: ReplyWriter, body?: Uint8Array): void {
    try {
      if (body === undefined) writeSync(this.#device, reply.buffer, 0, reply.length);
      else writevSync(this.#device, [reply.buffer.subarray(0, reply.length), body]);
    } catch (error) {
      // The asker has gone, or the mount: the next read tells.
      if (!isSystemError(error, "ENOENT", "ENODEV", "ECONNABORTED", "ENOTCONN")) throw error;
    }
  }
}
