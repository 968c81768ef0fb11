import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { GomodfsError } from "../../../lib/gomodfs_error.ts";

/** What may not grow past a bound while a command writes it. */
export interface SizeLimit {
  /** Bytes that it has now. */
  readonly measure: () => Promise<number>;
  /** Bytes that it may have. */
  readonly maxBytes: number;
  /** Makes the error for more. */
  readonly error: () => GomodfsError;
}

/** Milliseconds between two looks, at least. */
const SHORTEST_PAUSE = 100;
/** A look at many files takes time; so many times as long is waited. */
const PAUSE_FACTOR = 10;

/**
 * Runs what writes, and ends it when that has become too large.
 *
 * @throws GomodfsError of the limit, also if it turns out only at the end, and whatever `task` throws
 */
export async function withinSizeLimit<T>(
  { measure, maxBytes, error }: SizeLimit,
  signal: AbortSignal | undefined,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const look = async (): Promise<void> => {
    const start = performance.now();
    const size = await measure();
    if (isOver) return;
    if (size > maxBytes) controller.abort(error());
    else
      timer = setTimeout(
        repeat,
        Math.max(SHORTEST_PAUSE, PAUSE_FACTOR * (performance.now() - start)),
      );
  };
  // What cannot be measured has gone, or the task will say so.
  const repeat = (): void => void look().catch(() => undefined);
  timer = setTimeout(repeat, SHORTEST_PAUSE);
  const either =
    signal === undefined ? controller.signal : AbortSignal.any([signal, controller.signal]);
  try {
    const result = await task(either);
    if ((await measure()) > maxBytes) throw error();
    return result;
  } catch (failure) {
    throw controller.signal.aborted ? controller.signal.reason : failure;
  } finally {
    isOver = true;
    clearTimeout(timer);
  }
}

/** Bytes of the files below a directory. Files that go meanwhile count nothing. */
export async function directorySize(directory: string): Promise<number> {
  let size = 0;
  for (const entry of await readdir(directory, { withFileTypes: true }).catch(() => [])) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) size += await directorySize(path);
    else
      size += await lstat(path).then(
        (status) => status.size,
        () => 0,
      );
  }
  return size;
}
