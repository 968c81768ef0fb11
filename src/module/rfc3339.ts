import { GomodfsError } from "../lib/gomodfs_error.ts";
import { quote } from "./quote.ts";

/** Go's zero time.Time. */
export const ZERO_TIME = "0001-01-01T00:00:00Z";

const TIME_PATTERN =
  /^(\d{4})-(\d{2})-(\d{2})T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d+))?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/**
 * An RFC 3339 time as Go's time.Time writes it after reading it: at most nanoseconds, without trailing zeros, and "Z" for
 * an offset of zero. Other offsets stay.
 *
 * @throws GomodfsError `INVALID` where time.Time's UnmarshalJSON fails
 */
export function normalizeTime(text: string): string {
  const match = TIME_PATTERN.exec(text);
  if (match === null) throw invalidTime(text);
  const [, year = "", month = "", day = "", hour, minute, second, digits = "", zone = ""] = match;
  if (Number(day) < 1 || Number(day) > daysIn(Number(year), Number(month))) throw invalidTime(text);
  const nanoseconds = digits.slice(0, 9).replace(/0+$/, "");
  const fraction = nanoseconds === "" ? "" : `.${nanoseconds}`;
  const offset = zone.endsWith("00:00") ? "Z" : zone;
  return `${year}-${month}-${day}T${hour}:${minute}:${second}${fraction}${offset}`;
}

/** Days of a month counted from 1; 0 if there is no such month. */
function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month] ?? 0;
}

function invalidTime(text: string): GomodfsError {
  return new GomodfsError("INVALID", `${quote(text)} is not an RFC 3339 time`);
}
