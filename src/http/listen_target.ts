import { unlinkSync } from "node:fs";
import { connect, type ListenOptions, type Server } from "node:net";
import { GomodfsError } from "../lib/gomodfs_error.ts";

/** Where a server listens. */
export type ListenTarget =
  /** Without a host every address of the machine; port 0 takes a free one. */
  | { readonly kind: "tcp"; readonly host: string | undefined; readonly port: number }
  /** A socket in the file system. One that nobody listens on any more is replaced. */
  | {
      readonly kind: "unix";
      readonly path: string;
      /** Who may connect: permission bits; what the umask leaves of 0777 unless given. */
      readonly mode?: number;
    }
  /** A socket that listens already, inherited from a service manager. */
  | { readonly kind: "descriptor"; readonly descriptor: number };

/** Connections that the kernel holds while the server is busy: 1,000 clients may begin at one moment. */
const BACKLOG = 4_096;

/**
 * Has the server listen.
 *
 * @throws GomodfsError `BUSY` if something else listens there, `USAGE` if nothing can
 */
export async function listenOn(server: Server, target: ListenTarget): Promise<void> {
  if (target.kind === "unix") await makeRoomForSocket(target);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  listenWithMode(server, target, resolve);
  try {
    await promise;
  } catch (cause) {
    throw listenError(target, cause);
  } finally {
    server.off("error", reject);
  }
}

/** How messages name a target. */
export function describeTarget(target: ListenTarget): string {
  switch (target.kind) {
    case "tcp":
      return `${bracketed(target.host ?? "")}:${target.port}`;
    case "unix":
      return target.path;
    case "descriptor":
      return `descriptor ${target.descriptor}`;
  }
}

/** As URLs have it (RFC 3986 section 3.2.2). */
export function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/** The kernel takes the mode of a socket from the umask when it binds it, which listen() does before it returns. */
function listenWithMode(server: Server, target: ListenTarget, onListening: () => void): void {
  const mode = target.kind === "unix" ? target.mode : undefined;
  if (mode === undefined) {
    server.listen(listenOptions(target), onListening);
    return;
  }
  const umask = process.umask(~mode & 0o777);
  try {
    server.listen(listenOptions(target), onListening);
  } finally {
    process.umask(umask);
  }
}

function listenOptions(target: ListenTarget): ListenOptions & { fd?: number } {
  switch (target.kind) {
    case "tcp":
      return {
        ...(target.host === undefined ? {} : { host: target.host }),
        port: target.port,
        backlog: BACKLOG,
      };
    case "unix":
      return { path: target.path, backlog: BACKLOG };
    case "descriptor":
      return { fd: target.descriptor };
  }
}

/**
 * A killed server leaves its socket; nobody listens on it, and no other can be made in its place.
 *
 * @throws GomodfsError `BUSY` if somebody does
 */
async function makeRoomForSocket(target: Extract<ListenTarget, { kind: "unix" }>): Promise<void> {
  const answer = await connectionError(target.path);
  if (answer === undefined) throw occupied(target);
  if (answer === "ECONNREFUSED") unlinkSync(target.path);
}

/** Undefined if somebody accepts a connection. */
async function connectionError(path: string): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const socket = connect(path, () => resolve(undefined));
  socket.once("error", (error) => resolve(errorCode(error) ?? "unknown"));
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}

function listenError(target: ListenTarget, cause: unknown): GomodfsError {
  if (errorCode(cause) === "EADDRINUSE") return occupied(target, cause);
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new GomodfsError("USAGE", `cannot listen on ${describeTarget(target)}: ${reason}`, {
    cause,
  });
}

function occupied(target: ListenTarget, cause?: unknown): GomodfsError {
  return new GomodfsError(
    "BUSY",
    `cannot listen on ${describeTarget(target)}: something else does`,
    {
      hint: "end it, or choose another address",
      cause,
    },
  );
}

function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
