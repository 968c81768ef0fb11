import { GomodfsError } from "../lib/gomodfs_error.ts";

/** IEC 80000-13 */
const UNITS: readonly string[] = ["B", "KiB", "MiB", "GiB", "TiB"];
const STEP = 1024;

/**
 * Reads a size such as `512B`, `32MiB` or `1 GiB`: a whole number with a binary unit.
 *
 * @returns bytes, at least 1
 * @throws GomodfsError `USAGE`
 */
export function parseByteSize(text: string): number {
  const [, digits, unit] = /^(\d{1,16}) ?(B|[KMGT]iB)$/.exec(text) ?? [];
  const exponent = unit === undefined ? -1 : UNITS.indexOf(unit);
  const bytes = Number(digits ?? 0) * STEP ** exponent;
  if (exponent >= 0 && bytes > 0 && Number.isSafeInteger(bytes)) return bytes;
  throw new GomodfsError("USAGE", `${JSON.stringify(text.slice(0, 40))} is no size`, {
    hint: `write a whole number and one of ${UNITS.join(", ")}: 32MiB`,
  });
}

/** The text with the largest unit that {@linkcode parseByteSize} reads as this number of bytes. */
export function formatByteSize(bytes: number): string {
  let value = bytes;
  let exponent = 0;
  while (value % STEP === 0 && exponent < UNITS.length - 1) {
    value /= STEP;
    exponent += 1;
  }
  return `${value}${UNITS[exponent]}`;
}
