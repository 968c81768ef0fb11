import { createHash } from "node:crypto";

declare const brand: unique symbol;

/** The SHA-1 name of a git object as 40 lower-case hexadecimal digits. */
export type ObjectId = string & { readonly [brand]: "ObjectId" };

/** The four types of git objects. */
export type ObjectType = "commit" | "tree" | "blob" | "tag";

/** A git object: its type and its content without the `type size\0` header. */
export interface GitObject {
  readonly type: ObjectType;
  readonly content: Uint8Array;
}

/** Bytes of a raw SHA-1 object id. */
export const OBJECT_ID_LENGTH = 20;

/** The id that `text` spells, undefined if it is none. */
export function parseObjectId(text: string): ObjectId | undefined {
  return isObjectId(text) ? text : undefined;
}

/** The id that the 20 bytes at `offset` are. */
export function objectIdFromBytes(bytes: Uint8Array, offset = 0): ObjectId {
  const hex = asBuffer(bytes).toString("hex", offset, offset + OBJECT_ID_LENGTH);
  if (!isWhole(hex)) throw new RangeError(`no object id at offset ${offset}`);
  return hex;
}

/** The 20 raw bytes of an id. */
export function objectIdToBytes(id: ObjectId): Buffer {
  return Buffer.from(id, "hex");
}

/** The id of the object that has this content (git-hash-object). */
export function hashObject(type: ObjectType, content: Uint8Array): ObjectId {
  const hex = createHash("sha1")
    .update(`${type} ${content.length}\0`)
    .update(content)
    .digest("hex");
  if (!isWhole(hex)) throw new RangeError("SHA-1 has 40 hexadecimal digits");
  return hex;
}

/** The same memory as a Buffer. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Whether hexadecimal digits, which Node has made, are all of an id. */
function isWhole(hex: string): hex is ObjectId {
  return hex.length === 2 * OBJECT_ID_LENGTH;
}

function isObjectId(text: string): text is ObjectId {
  return /^[0-9a-f]{40}$/.test(text);
}
