import { hash } from "node:crypto";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { decodeBase64, encodeBase64 } from "./base64.ts";

declare const brand: unique symbol;

/** Bytes of a {@linkcode Hash}. */
export const HASH_SIZE = 32;

/** The SHA-256 hash of a log record or of a node of the tree: 32 bytes that nobody changes. */
export type Hash = Uint8Array & { readonly [brand]: "Hash" };

/** RFC 6962 section 2.1: leaves and inner nodes are hashed with different prefixes, so that neither can pass for the other. */
const RECORD_PREFIX = 0x00;
const NODE_PREFIX = 0x01;

function isHash(bytes: Uint8Array): bytes is Hash {
  return bytes.length === HASH_SIZE;
}

/**
 * Takes 32 bytes for a hash, without copying them.
 *
 * @throws GomodfsError `PROTOCOL` if they are not 32
 */
export function toHash(bytes: Uint8Array): Hash {
  const view = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isHash(view)) return view;
  throw new GomodfsError("PROTOCOL", `a hash has ${HASH_SIZE} bytes, not ${bytes.length}`);
}

/** Standard base64, as notes, proofs and error messages spell a hash. */
export function formatHash(hash: Hash): string {
  return encodeBase64(hash);
}

/**
 * The inverse of {@linkcode formatHash}.
 *
 * @returns undefined if `text` is not the base64 of 32 bytes
 */
export function parseHash(text: string): Hash | undefined {
  const bytes = decodeBase64(text);
  return bytes !== undefined && isHash(bytes) ? bytes : undefined;
}

/** Whether two hashes are the same. Hashes are public: the comparison need not take constant time. */
export function equalHashes(a: Hash, b: Hash): boolean {
  return Buffer.compare(a, b) === 0;
}

/** SHA-256. */
export function sha256(bytes: Uint8Array): Hash {
  return toHash(hash("sha256", bytes, "buffer"));
}

/** The hash of a record: SHA256(0x00 || text), RFC 6962 section 2.1. */
export function recordHash(text: Uint8Array): Hash {
  const input = new Uint8Array(1 + text.length);
  input[0] = RECORD_PREFIX;
  input.set(text, 1);
  return sha256(input);
}

/** The hash of an inner node: SHA256(0x01 || left || right), RFC 6962 section 2.1. */
export function nodeHash(left: Hash, right: Hash): Hash {
  const input = new Uint8Array(1 + 2 * HASH_SIZE);
  input[0] = NODE_PREFIX;
  input.set(left, 1);
  input.set(right, 1 + HASH_SIZE);
  return sha256(input);
}

/** The hash of the tree without records: SHA-256 of nothing, RFC 6962 section 2.1. */
export const EMPTY_TREE_HASH: Hash = sha256(new Uint8Array());
