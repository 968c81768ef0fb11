import { createConnection, type Socket } from "node:net";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import {
  type ControlRequest,
  type ControlResults,
  decodeResult,
  encodeRequest,
  MAX_RESPONSE_BYTES,
} from "./control_protocol.ts";
import { LineDecoder } from "./line_decoder.ts";

/** How long to wait for a daemon. */
export interface CallOptions {
  /** Milliseconds; 10 seconds if not given, and for "prefetch", which fetches, no end. */
  readonly timeout?: number;
  /** Gives up waiting; what the daemon began it goes on with. */
  readonly signal?: AbortSignal;
}

const DEFAULT_TIMEOUT_MS = 10_000;

/**
 * Asks the daemon behind a control socket.
 *
 * @throws GomodfsError `NOT_FOUND` if no daemon listens there, `FORBIDDEN` if it is another user's, `TIMEOUT`,
 * `CANCELLED`, `UNSUPPORTED` if its version of gomodfs does not understand, `PROTOCOL` if it answers nonsense, and
 * whatever it answers with
 */
export async function callDaemon<Request extends ControlRequest>(
  socketPath: string,
  request: Request,
  options: CallOptions = {},
): Promise<ControlResults[Request["command"]]> {
  const line = await exchange(socketPath, encodeRequest(request), waitSignal(request, options));
  return decodeResult<Request["command"]>(request.command, line);
}

function waitSignal(request: ControlRequest, options: CallOptions): AbortSignal | undefined {
  const byCommand = request.command === "prefetch" ? undefined : DEFAULT_TIMEOUT_MS;
  const timeout = options.timeout ?? byCommand;
  if (timeout === undefined) return options.signal;
  const expiry = AbortSignal.timeout(timeout);
  return options.signal === undefined ? expiry : AbortSignal.any([options.signal, expiry]);
}

async function exchange(
  path: string,
  request: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  if (signal?.aborted === true) throw interrupted(path, signal);
  const socket = createConnection(path);
  const giveUp = () => socket.destroy(interrupted(path, signal));
  signal?.addEventListener("abort", giveUp);
  try {
    socket.write(request);
    return await firstLine(socket, path);
  } catch (error) {
    throw asGomodfsError(error, path);
  } finally {
    signal?.removeEventListener("abort", giveUp);
    socket.destroy();
  }
}

async function firstLine(socket: Socket, path: string): Promise<string> {
  const decoder = new LineDecoder(MAX_RESPONSE_BYTES);
  // A socket without an encoding gives buffers; its iterator's type says any.
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    for (const line of decoder.push(chunk)) return line;
  }
  throw new GomodfsError("PROTOCOL", `the daemon at ${path} hung up without an answer`);
}

function interrupted(path: string, signal: AbortSignal | undefined): GomodfsError {
  const reason: unknown = signal?.reason;
  return reason instanceof DOMException && reason.name === "TimeoutError"
    ? new GomodfsError("TIMEOUT", `the daemon at ${path} did not answer in time`)
    : new GomodfsError("CANCELLED", `no longer waiting for the daemon at ${path}`);
}

function asGomodfsError(error: unknown, path: string): GomodfsError {
  if (error instanceof GomodfsError) return error;
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const details = { cause: error };
  switch (code) {
    case "ENOENT":
    case "ECONNREFUSED":
      return new GomodfsError("NOT_FOUND", `no daemon listens on ${path}`, details);
    case "EACCES":
    case "EPERM":
      return new GomodfsError("FORBIDDEN", `the daemon at ${path} is another user's`, details);
    default:
      return new GomodfsError(
        "PROTOCOL",
        `the daemon at ${path} hung up (${String(code)})`,
        details,
      );
  }
}
