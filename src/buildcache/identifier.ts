import { GomodfsError } from "../lib/gomodfs_error.ts";

declare const actionIdBrand: unique symbol;
declare const outputIdBrand: unique symbol;

/** The key of a build step: what went into it, hashed; 64 hexadecimal digits in lower case. */
export type ActionId = string & { readonly [actionIdBrand]: true };
/** The SHA-256 of what a build step made; 64 hexadecimal digits in lower case. */
export type OutputId = string & { readonly [outputIdBrand]: true };

/** Of cmd/go/internal/cache, HashSize. */
const ID_BYTES = 32;
const HEXADECIMAL = /^[0-9a-f]{64}$/;

/** The output without bytes. */
export const EMPTY_OUTPUT =
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" as OutputId; // of 64 digits

/** @throws GomodfsError `PROTOCOL` unless it is the standard base64 of 32 bytes */
export function decodeActionId(base64: unknown): ActionId {
  return decode(base64, "ActionID") as ActionId; // 64 digits, as decode() promises
}

/** @throws GomodfsError `PROTOCOL` unless it is the standard base64 of 32 bytes */
export function decodeOutputId(base64: unknown): OutputId {
  return decode(base64, "OutputID") as OutputId; // 64 digits, as decode() promises
}

/** The standard base64 of an id. */
export function encodeId(id: ActionId | OutputId): string {
  return Buffer.from(id, "hex").toString("base64");
}

/** Whether text is an action id. */
export function isActionId(text: string): text is ActionId {
  return HEXADECIMAL.test(text);
}

/** Whether text is an output id. */
export function isOutputId(text: string): text is OutputId {
  return HEXADECIMAL.test(text);
}

function decode(base64: unknown, field: string): string {
  const bytes = typeof base64 === "string" ? Buffer.from(base64, "base64") : undefined;
  // Buffer.from passes over what is no base64: only the one way to write these bytes is accepted.
  if (bytes?.length === ID_BYTES && bytes.toString("base64") === base64) {
    return bytes.toString("hex");
  }
  throw new GomodfsError("PROTOCOL", `${field} is not the base64 of ${ID_BYTES} bytes`);
}
