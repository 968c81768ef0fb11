import { hash, randomBytes, type ScryptOptions, scrypt } from "node:crypto";
import { GomodfsError } from "../../lib/gomodfs_error.ts";

/** A token of full entropy: one round of a fast hash hides it. */
export interface TokenHash {
  readonly kind: "sha256";
  /** SHA-256 of the token's UTF-8 bytes: 32 bytes. */
  readonly digest: Buffer;
}

/** A password that a person chose: only a hash that costs memory and time hides it (RFC 7914). */
export interface PasswordHash {
  readonly kind: "scrypt";
  /** The base 2 logarithm of the cost parameter N. */
  readonly logCost: number;
  /** The block size r. */
  readonly blockSize: number;
  /** The parallelization p. */
  readonly parallelization: number;
  readonly salt: Buffer;
  readonly key: Buffer;
}

export type CredentialHash = TokenHash | PasswordHash;

/** Derives a key: crypto.scrypt, or in tests something that counts. */
export type DeriveKey = (
  password: string,
  salt: Buffer,
  length: number,
  options: ScryptOptions,
) => Promise<Buffer>;

const DIGEST_LENGTH = 32;
const SALT_LENGTH = 16;
const KEY_LENGTH = 32;
/**
 * 16 MiB for each derivation, the least memory that the OWASP Password Storage Cheat Sheet accepts, with the
 * parallelization that it wants then.
 */
const DEFAULT_COST = { logCost: 14, blockSize: 8, parallelization: 5 } as const;
/** A line of the file must not be able to take the server's memory, nor its processor for long. */
const MAX_DERIVATION_MEMORY = 64 << 20;
const MAX_PARALLELIZATION = 16;
const MIN_LOG_COST = 10;
const MAX_LOG_COST = 20;

const TOKEN_PATTERN = /^\$sha256\$([A-Za-z0-9+/]{43})$/;
/** The PHC string format, as passlib writes scrypt hashes: base64 without padding. */
const PASSWORD_PATTERN =
  /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,3}),p=(\d{1,3})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;

/**
 * Reads `$sha256$DIGEST` or `$scrypt$ln=14,r=8,p=5$SALT$KEY`, with base64 that is not padded.
 *
 * @throws GomodfsError `USAGE`; the message does not repeat the text, which may be a password by mistake
 */
export function parseCredentialHash(text: string): CredentialHash {
  const [, digest] = TOKEN_PATTERN.exec(text) ?? [];
  if (digest !== undefined) return { kind: "sha256", digest: Buffer.from(digest, "base64") };
  const [, logCost, blockSize, parallelization, salt = "", key = ""] =
    PASSWORD_PATTERN.exec(text) ?? [];
  if (logCost === undefined) {
    throw new GomodfsError(
      "USAGE",
      "the hash is neither $sha256$DIGEST nor $scrypt$ln=N,r=N,p=N$SALT$KEY",
      { hint: "gomodfs credential NAME makes such a line" },
    );
  }
  const hash: PasswordHash = {
    kind: "scrypt",
    logCost: Number(logCost),
    blockSize: Number(blockSize),
    parallelization: Number(parallelization),
    salt: Buffer.from(salt, "base64"),
    key: Buffer.from(key, "base64"),
  };
  checkCost(hash);
  return hash;
}

function checkCost(hash: PasswordHash): void {
  const { logCost, blockSize, parallelization } = hash;
  if (logCost < MIN_LOG_COST || logCost > MAX_LOG_COST || blockSize < 1) {
    throw new GomodfsError(
      "USAGE",
      `scrypt with ln=${logCost},r=${blockSize} is out of range: ln is from ${MIN_LOG_COST} to ${MAX_LOG_COST}, r from 1`,
    );
  }
  if (memoryOf(hash) > MAX_DERIVATION_MEMORY) {
    throw new GomodfsError(
      "USAGE",
      `scrypt with ln=${logCost},r=${blockSize} takes more than ${MAX_DERIVATION_MEMORY >> 20} MiB of memory`,
      { hint: "make the line anew with gomodfs credential --password" },
    );
  }
  if (parallelization < 1 || parallelization > MAX_PARALLELIZATION) {
    throw new GomodfsError(
      "USAGE",
      `scrypt with p=${parallelization} is out of range: p is from 1 to ${MAX_PARALLELIZATION}`,
    );
  }
}

/** RFC 7914 section 2: N blocks of 128 r bytes, and p more. */
function memoryOf({ logCost, blockSize, parallelization }: PasswordHash): number {
  return 128 * blockSize * (2 ** logCost + parallelization);
}

/** The text that {@linkcode parseCredentialHash} reads. */
export function formatCredentialHash(hash: CredentialHash): string {
  if (hash.kind === "sha256") return `$sha256$${unpaddedBase64(hash.digest)}`;
  const { logCost, blockSize, parallelization, salt, key } = hash;
  const cost = `ln=${logCost},r=${blockSize},p=${parallelization}`;
  return `$scrypt$${cost}$${unpaddedBase64(salt)}$${unpaddedBase64(key)}`;
}

function unpaddedBase64(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "");
}

/** The hash of a generated token. */
export function hashToken(token: string): TokenHash {
  return { kind: "sha256", digest: hash("sha256", token, "buffer") };
}

/** The hash of a chosen password, with a fresh salt. */
export async function hashPassword(
  password: string,
  derive: DeriveKey = deriveKey,
): Promise<PasswordHash> {
  const salt = randomBytes(SALT_LENGTH);
  const empty: PasswordHash = {
    kind: "scrypt",
    ...DEFAULT_COST,
    salt,
    key: Buffer.alloc(KEY_LENGTH),
  };
  return { ...empty, key: await derivePasswordKey(password, empty, derive) };
}

/** The key that a password has under the salt and the cost of a hash, in the length of the hash's own. */
export async function derivePasswordKey(
  password: string,
  hash: PasswordHash,
  derive: DeriveKey = deriveKey,
): Promise<Buffer> {
  return await derive(password, hash.salt, hash.key.length, {
    N: 2 ** hash.logCost,
    r: hash.blockSize,
    p: hash.parallelization,
    // OpenSSL refuses at its bound, and counts a little more than the RFC's formula.
    maxmem: memoryOf(hash) + (1 << 20),
  });
}

/** A hash that no password is known for, as costly as `like`: checking it takes the time of a real one. */
export function decoyHash(like: PasswordHash): PasswordHash {
  return { ...like, salt: randomBytes(like.salt.length), key: randomBytes(like.key.length) };
}

/** crypto.scrypt as a promise; it runs on libuv's threads. */
export const deriveKey: DeriveKey = async (password, salt, length, options) => {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  scrypt(password, salt, length, options, (error, key) => {
    if (error === null) resolve(key);
    else reject(error);
  });
  return await promise;
};

/** A fresh token: 256 bits, with a name in front by which scanners for leaked secrets can find it. */
export function generateToken(): string {
  return `gomodfs_${randomBytes(DIGEST_LENGTH).toString("base64url")}`;
}
