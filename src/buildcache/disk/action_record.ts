import { isOutputId, type OutputId } from "../identifier.ts";

/** What is known of an action: what it made, and when. */
export interface ActionRecord {
  readonly outputId: OutputId;
  /** Bytes of the output. */
  readonly size: number;
  /** When the go command put it. */
  readonly time: Date;
}

const NANOSECONDS_PER_MILLISECOND = 1_000_000n;
const DECIMAL = /^\d{1,19}$/;

/** A record as it is kept on disk: `OUTPUT-ID SIZE UNIX-NANOSECONDS`. */
export function formatActionRecord({ outputId, size, time }: ActionRecord): string {
  return `${outputId} ${size} ${BigInt(time.getTime()) * NANOSECONDS_PER_MILLISECOND}\n`;
}

/**
 * Reads a record. The directories of github.com/creachadair/gocache, which go-cache-plugin uses, have no time in it: it
 * is that of the file then.
 *
 * @param modified when the file was written
 * @returns undefined for anything else
 */
export function parseActionRecord(text: string, modified: () => Date): ActionRecord | undefined {
  const [outputId = "", size = "", nanoseconds, ...rest] = text.trimEnd().split(" ");
  if (!isOutputId(outputId) || !DECIMAL.test(size) || rest.length > 0) return undefined;
  if (nanoseconds !== undefined && !DECIMAL.test(nanoseconds)) return undefined;
  const time =
    nanoseconds === undefined
      ? modified()
      : new Date(Number(BigInt(nanoseconds) / NANOSECONDS_PER_MILLISECOND));
  return { outputId, size: Number(size), time };
}
