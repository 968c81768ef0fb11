import { closeSync } from "node:fs";
import type { BuildCache } from "../build_cache.ts";
import { CacheSession } from "../cache_session.ts";
import { readSome, writeAll } from "./descriptor_io.ts";

/** The two ends of a go command, as file descriptors. */
export interface BlockingEnds {
  readonly input: number;
  /** Closed when there is nothing more to say: the go command waits for that, not for the end of this process. */
  readonly output: number;
  /** Tells a person what goes wrong. */
  readonly warn: (message: string) => void;
}

/** What the kernel keeps in a pipe (pipe(7)): more is never there at once. */
const READ_SIZE = 64 << 10;

/**
 * Serves one go command until it closes or has gone. Reads and writes synchronously: each get is then a read, a few file
 * operations and a write, and there is nothing else to do meanwhile. Only for caches that answer at once.
 *
 * @throws GomodfsError `PROTOCOL`
 */
export async function serveBlocking(cache: BuildCache, ends: BlockingEnds): Promise<void> {
  let isHeard = true;
  const session = new CacheSession(cache, {
    write: (text) => {
      isHeard = isHeard && writeAll(ends.output, Buffer.from(text));
    },
    warn: ends.warn,
  });
  const buffer = Buffer.allocUnsafe(READ_SIZE);
  try {
    while (isHeard && !session.isClosing) {
      const length = readSome(ends.input, buffer);
      if (length === 0) break;
      session.push(buffer.subarray(0, length));
    }
    if (session.isClosing) await session.closed;
  } finally {
    await session.end();
    closeSync(ends.output);
  }
}
