import { createPublicKey, verify } from "node:crypto";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { sha256 } from "./hash.ts";

/** Checks signatures made with one key of one server. */
export interface Verifier {
  /** The server's name, typically `host[/path]`. */
  readonly name: string;
  /** The first 32 bits of a hash over the name and the public key. */
  readonly keyHash: number;
  verify(message: Uint8Array, signature: Uint8Array): boolean;
}

/** Finds the verifier of a key. */
export interface Verifiers {
  /**
   * @returns undefined if the key is not known
   * @throws GomodfsError if the answer is not clear
   */
  find(name: string, keyHash: number): Verifier | undefined;
}

/** The only algorithm that exists: the first byte of an encoded key. */
export const ALGORITHM_ED25519 = 1;

/** Bytes of an Ed25519 public key, and of the seed of a private one (RFC 8032 section 5.1.5). */
export const ED25519_KEY_SIZE = 32;

/** The fixed ASN.1 head of an Ed25519 SubjectPublicKeyInfo (RFC 8410 section 4), which node:crypto wants before the key. */
const SPKI_ED25519_HEAD = Buffer.from("302a300506032b6570032100", "hex");

/** `<name>+<hash>+<key>`, split up; the last part of both a verifier key and a signer key. */
interface EncodedKey {
  readonly name: string;
  readonly keyHash: number;
  /** One byte of algorithm and the key itself. */
  readonly key: Uint8Array;
}

/** Whether `name` can be a server's: not empty, well-formed, without Unicode white space and plus signs. */
export function isValidServerName(name: string): boolean {
  // \p{White_Space} is Go's unicode.IsSpace, character for character; \s is not.
  return name !== "" && name.isWellFormed() && !/[\p{White_Space}+]/u.test(name);
}

/** A key's name and hash as messages spell them: `name+0123abcd`. */
export function formatKeyId(name: string, keyHash: number): string {
  return `${name}+${keyHash.toString(16).padStart(8, "0")}`;
}

/** The key hash of an encoded public key (one byte of algorithm and the key). */
export function computeKeyHash(name: string, key: Uint8Array): number {
  return Buffer.from(sha256(Buffer.concat([Buffer.from(`${name}\n`), key]))).readUInt32BE();
}

/** Splits `<name>+<hash>+<key>`; undefined if it is malformed. The hash is not compared. */
export function parseEncodedKey(text: string): EncodedKey | undefined {
  const [name = "", hash = "", ...rest] = text.split("+");
  // Plus is a digit of base64 too.
  const key = decodeBase64(rest.join("+"));
  if (!isValidServerName(name) || !/^[0-9A-Fa-f]{8}$/.test(hash)) return undefined;
  if (key === undefined || key.length === 0) return undefined;
  return { name, keyHash: Number.parseInt(hash, 16), key };
}

/**
 * Reads a verifier key, `<name>+<hash>+<keydata>`, as golang.org/x/mod/sumdb/note.NewVerifier does.
 *
 * @throws GomodfsError `USAGE` if it is malformed, its hash does not fit or its algorithm is unknown
 */
export function parseVerifierKey(text: string): Verifier {
  const encoded = parseEncodedKey(text);
  if (encoded === undefined) throw malformedKey();
  const { name, keyHash, key } = encoded;
  if (keyHash !== computeKeyHash(name, key)) {
    throw new GomodfsError(
      "USAGE",
      `the hash in the verifier key of ${name} does not fit the key`,
      {
        hint: "copy the whole key again from the server's operator",
      },
    );
  }
  if (key[0] !== ALGORITHM_ED25519) {
    throw new GomodfsError(
      "USAGE",
      `the verifier key of ${name} has the unknown algorithm ${key[0]}`,
    );
  }
  if (key.length !== 1 + ED25519_KEY_SIZE) throw malformedKey();
  return new Ed25519Verifier(name, keyHash, key.subarray(1));
}

/**
 * Encodes the verifier key of an Ed25519 public key.
 *
 * @throws GomodfsError `USAGE` if the name is not valid or the key has not 32 bytes
 */
export function formatVerifierKey(name: string, publicKey: Uint8Array): string {
  if (!isValidServerName(name) || publicKey.length !== ED25519_KEY_SIZE) throw malformedKey();
  const key = Buffer.concat([Buffer.of(ALGORITHM_ED25519), publicKey]);
  return `${formatKeyId(name, computeKeyHash(name, key))}+${encodeBase64(key)}`;
}

/** The verifiers of a list. */
export function verifierList(...list: readonly Verifier[]): Verifiers {
  return {
    find(name, keyHash) {
      const [found, other] = list.filter((v) => v.name === name && v.keyHash === keyHash);
      if (other === undefined) return found;
      // Two keys with one hash do not happen by accident: somebody else has written this list.
      throw new GomodfsError("SECURITY", `ambiguous key ${formatKeyId(name, keyHash)}`);
    },
  };
}

class Ed25519Verifier implements Verifier {
  readonly name: string;
  readonly keyHash: number;
  readonly #publicKey: ReturnType<typeof createPublicKey>;

  constructor(name: string, keyHash: number, publicKey: Uint8Array) {
    this.name = name;
    this.keyHash = keyHash;
    const key = Buffer.concat([SPKI_ED25519_HEAD, publicKey]);
    this.#publicKey = createPublicKey({ key, format: "der", type: "spki" });
  }

  verify(message: Uint8Array, signature: Uint8Array): boolean {
    return verify(null, message, this.#publicKey, signature);
  }
}

function malformedKey(): GomodfsError {
  return new GomodfsError("USAGE", "malformed verifier key", {
    hint: "a verifier key is NAME+HASH+KEY: the server's name, 8 hexadecimal digits and base64",
  });
}
