import { closeSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { type CacheAddress, parseCacheAddress } from "../buildcache/server/cache_address.ts";
import { writeAll } from "../buildcache/server/descriptor_io.ts";
import { formatTokenLine } from "../buildcache/server/token_line.ts";
import { describeTarget } from "../http/listen_target.ts";
import type { CacheprogSettings } from "./cacheprog_settings.ts";
import { EXIT_DONE, EXIT_FAILED } from "./exit_code.ts";

/** Milliseconds in which a server on this machine says its first words, unless it hangs. */
const FIRST_WORDS = 3_000;
const STDOUT = 1;
/** How the go command ends a session. Bytes of a body have no double quotes. */
const CLOSE = '"Command":"close"';
/** A request is shorter; a longer piece is a part of a body. */
const MAX_REQUEST = 4_096;

/**
 * Connects the go command that started this process with a server. Is there none, it is served from the local directory.
 *
 * @throws GomodfsError `USAGE`
 */
export async function runConnect(settings: CacheprogSettings): Promise<number> {
  const address = parseCacheAddress(settings.address ?? "");
  const token = await ownToken(settings);
  let socket: Socket;
  try {
    socket = await openConnection(address, token === undefined ? "" : formatTokenLine(token));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(
      `gomodfs: no cache server at ${describeTarget(address)} (${reason}); this build uses ${settings.cacheDirectory} alone\n`,
    );
    const { runDirect } = await import("./cacheprog_direct.ts");
    return await runDirect(settings);
  }
  return await pass(socket, describeTarget(address));
}

async function ownToken({ token, tokenFile }: CacheprogSettings): Promise<string | undefined> {
  if (token !== undefined || tokenFile === undefined) return token;
  const { readTokens } = await import("../buildcache/server/write_permission.ts");
  return readTokens(tokenFile)[0];
}

/** A connection on which the server has begun to speak, paused. */
async function openConnection(address: CacheAddress, greeting: string): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connect({
    ...(address.kind === "unix" ? { path: address.path } : address),
    allowHalfOpen: true,
    noDelay: true,
  });
  socket.setTimeout(FIRST_WORDS, () => reject(new Error("it does not answer")));
  socket.once("error", reject);
  socket.once("readable", resolve);
  if (greeting !== "") socket.write(greeting);
  try {
    await promise;
  } catch (error) {
    socket.destroy();
    throw error;
  }
  socket.setTimeout(0);
  socket.off("error", reject);
  return socket;
}

/** Passes bytes both ways until the server has nothing more to say or the go command is gone. */
async function pass(socket: Socket, server: string): Promise<number> {
  const { stdin } = process;
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  let isClosing = false;
  for (const signal of ["SIGINT", "SIGQUIT"] as const) process.on(signal, () => {});
  stdin.on("data", (bytes: Buffer) => {
    isClosing = bytes.length < MAX_REQUEST && bytes.includes(CLOSE);
    if (!socket.write(bytes)) stdin.pause();
  });
  stdin.on("end", () => {
    isClosing = true;
    socket.end();
  });
  stdin.on("error", () => socket.destroy());
  socket.on("drain", () => stdin.resume());
  socket.on("data", (bytes) => {
    // Synchronously: the go command reads all the time, and what waits for it need not be kept.
    if (!writeAll(STDOUT, bytes)) end();
  });
  socket.on("end", end);
  socket.on("error", () => {});
  socket.on("close", end);
  await ended;
  // The go command waits for this end, and need not wait for that of the process.
  closeSync(STDOUT);
  socket.destroy();
  stdin.destroy();
  if (isClosing) return EXIT_DONE;
  process.stderr.write(
    `gomodfs: the cache server at ${server} has gone in the middle of the build; run the build again, which then does without it\n`,
  );
  return EXIT_FAILED;
}
