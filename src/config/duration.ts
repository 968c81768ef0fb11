import { GomodfsError } from "../lib/gomodfs_error.ts";

/** Units in milliseconds, the largest first, in Go's notation of durations (time.ParseDuration). */
const UNITS: readonly (readonly [string, number])[] = [
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["ms", 1],
];
/** A timer of Node that is set for longer fires at once (2**31 - 1 ms). */
const MAX_DURATION = 24 * 3_600_000;

/**
 * Reads a duration such as `10s`, `1m30s` or `500ms`: whole numbers with units, the largest first.
 *
 * @returns milliseconds, from 1 to those of a day
 * @throws GomodfsError `USAGE`
 */
export function parseDuration(text: string): number {
  const [, hours, minutes, seconds, milliseconds] =
    /^(?=.)(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?(?:(\d{1,9})ms)?$/.exec(text) ?? [];
  const numbers = [hours, minutes, seconds, milliseconds].map((digits) => Number(digits ?? 0));
  const sum = UNITS.reduce((total, [, size], index) => total + size * (numbers[index] ?? 0), 0);
  if (sum > 0 && sum <= MAX_DURATION) return sum;
  const reason = sum > MAX_DURATION ? "more than 24h" : "no duration";
  throw new GomodfsError("USAGE", `${JSON.stringify(text.slice(0, 40))} is ${reason}`, {
    hint: "write 500ms, 10s, 1m30s or 2h",
  });
}

/** The shortest text that {@linkcode parseDuration} reads as this number of milliseconds. */
export function formatDuration(milliseconds: number): string {
  let rest = milliseconds;
  let text = "";
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return text;
}
