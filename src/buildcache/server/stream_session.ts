import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import type { BuildCache } from "../build_cache.ts";
import { CacheSession } from "../cache_session.ts";

/** The two ends of a go command, as streams; a socket is both. */
export interface StreamEnds {
  readonly input: Readable;
  readonly output: Writable;
  /** Tells a person what goes wrong. */
  readonly warn: (message: string) => void;
  /** Takes from the input what is not the go command's; all of it is, unless given. */
  readonly takeOff?: (input: Buffer) => Buffer;
}

/**
 * Serves one go command until it closes or has gone; other things go on meanwhile. Reads no faster than the answers are
 * taken.
 *
 * @throws GomodfsError `PROTOCOL`
 */
export async function serveStreams(cache: BuildCache, ends: StreamEnds): Promise<void> {
  const { input, output, takeOff = (bytes: Buffer) => bytes } = ends;
  const session = new CacheSession(cache, {
    write: (text) => void output.write(text),
    warn: ends.warn,
  });
  try {
    for await (const chunk of chunksOf(input)) {
      session.push(takeOff(chunk));
      if (session.isClosing) break;
      await session.capacity();
      if (output.writableNeedDrain) await drained(output);
    }
    if (session.isClosing) await session.closed;
  } finally {
    await session.end();
  }
}

/** Leaves the stream open when the loop ends early, for the last answer. A broken one has ended. */
async function* chunksOf(input: Readable): AsyncGenerator<Buffer, void, void> {
  // A stream without an encoding gives buffers; its iterator's type says any.
  const chunks = input.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  try {
    for await (const chunk of chunks) yield chunk;
  } catch (error) {
    if (!input.destroyed) throw error;
  }
}

/** Fulfils when the stream takes more, or never will. */
async function drained(output: Writable): Promise<void> {
  const ended = new AbortController();
  const options = { signal: ended.signal };
  try {
    await Promise.race([once(output, "drain", options), once(output, "close", options)]);
  } catch {
    // It broke, as the next read tells.
  } finally {
    ended.abort();
  }
}
