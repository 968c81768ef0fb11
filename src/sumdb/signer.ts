import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from "node:crypto";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { encodeBase64 } from "./base64.ts";
import {
  ALGORITHM_ED25519,
  computeKeyHash,
  ED25519_KEY_SIZE,
  formatKeyId,
  formatVerifierKey,
  isValidServerName,
  parseEncodedKey,
} from "./verifier.ts";

/** Signs with one key of one server. */
export interface Signer {
  readonly name: string;
  readonly keyHash: number;
  sign(message: Uint8Array): Uint8Array;
}

/** A new key, both halves encoded. */
export interface KeyPair {
  /** `PRIVATE+KEY+<name>+<hash>+<keydata>`. Whoever has it can sign. */
  readonly signerKey: string;
  /** `<name>+<hash>+<keydata>`, for everybody. */
  readonly verifierKey: string;
}

const SIGNER_KEY_PREFIX = "PRIVATE+KEY+";

/** The fixed ASN.1 head of an Ed25519 PKCS #8 private key (RFC 8410 section 7), which node:crypto wants before the seed. */
const PKCS8_ED25519_HEAD = Buffer.from("302e020100300506032b657004220420", "hex");

/**
 * Reads a signer key, `PRIVATE+KEY+<name>+<hash>+<keydata>`, as golang.org/x/mod/sumdb/note.NewSigner does.
 *
 * @throws GomodfsError `USAGE` if it is malformed, its hash does not fit or its algorithm is unknown; the message holds
 * nothing of the key
 */
export function parseSignerKey(text: string): Signer {
  const encoded = text.startsWith(SIGNER_KEY_PREFIX)
    ? parseEncodedKey(text.slice(SIGNER_KEY_PREFIX.length))
    : undefined;
  if (encoded === undefined) throw new GomodfsError("USAGE", "malformed signer key");
  const { name, keyHash, key } = encoded;
  if (key[0] !== ALGORITHM_ED25519) {
    throw new GomodfsError(
      "USAGE",
      `the signer key of ${name} has the unknown algorithm ${key[0]}`,
    );
  }
  if (key.length !== 1 + ED25519_KEY_SIZE) throw new GomodfsError("USAGE", "malformed signer key");
  const privateKey = createPrivateKey({
    key: Buffer.concat([PKCS8_ED25519_HEAD, key.subarray(1)]),
    format: "der",
    type: "pkcs8",
  });
  const encodedPublicKey = Buffer.concat([Buffer.of(ALGORITHM_ED25519), rawPublicKey(privateKey)]);
  if (keyHash !== computeKeyHash(name, encodedPublicKey)) {
    throw new GomodfsError("USAGE", `the hash in the signer key of ${name} does not fit the key`);
  }
  return { name, keyHash, sign: (message) => sign(null, message, privateKey) };
}

/**
 * Makes a new key for the server `name`.
 *
 * @throws GomodfsError `USAGE` if the name is not valid
 */
export function generateKeyPair(name: string): KeyPair {
  if (!isValidServerName(name))
    throw new GomodfsError("USAGE", `"${name}" cannot be a server's name`);
  const { privateKey } = generateKeyPairSync("ed25519");
  const publicKey = rawPublicKey(privateKey);
  const keyHash = computeKeyHash(name, Buffer.concat([Buffer.of(ALGORITHM_ED25519), publicKey]));
  const seed = privateKey
    .export({ format: "der", type: "pkcs8" })
    .subarray(PKCS8_ED25519_HEAD.length);
  const keyData = encodeBase64(Buffer.concat([Buffer.of(ALGORITHM_ED25519), seed]));
  return {
    signerKey: `${SIGNER_KEY_PREFIX}${formatKeyId(name, keyHash)}+${keyData}`,
    verifierKey: formatVerifierKey(name, publicKey),
  };
}

function rawPublicKey(privateKey: KeyObject): Uint8Array {
  return createPublicKey(privateKey)
    .export({ format: "der", type: "spki" })
    .subarray(-ED25519_KEY_SIZE);
}
