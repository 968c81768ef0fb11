import { compareBytes } from "./byte_order.ts";

/** Compares decimals of any length without leading zeros: negative, 0 or positive. "" is below all. */
export function compareDecimals(a: string, b: string): number {
  return a.length - b.length || compareBytes(a, b);
}

/** The decimal incremented by 1. */
export function incrementDecimal(decimal: string): string {
  const nines = /9*$/.exec(decimal)?.[0].length ?? 0;
  const head = decimal.slice(0, decimal.length - nines);
  return bumpLastDigit(head === "" ? "0" : head, 1) + "0".repeat(nines);
}

/** The decimal decremented by 1; undefined if it is zero. */
export function decrementDecimal(decimal: string): string | undefined {
  const zeros = /0*$/.exec(decimal)?.[0].length ?? 0;
  const head = decimal.slice(0, decimal.length - zeros);
  if (head === "") return undefined;
  const lowered = bumpLastDigit(head, -1) + "9".repeat(zeros);
  return head === "1" && zeros > 0 ? lowered.slice(1) : lowered;
}

function bumpLastDigit(decimal: string, by: 1 | -1): string {
  return decimal.slice(0, -1) + String(Number(decimal.slice(-1)) + by);
}
