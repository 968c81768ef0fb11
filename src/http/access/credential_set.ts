import { timingSafeEqual } from "node:crypto";
import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { type Credential, parseCredential } from "./credential.ts";
import { decoyHash, hashToken, type PasswordHash } from "./credential_hash.ts";

/** A credential whose hash is of a password. */
export type PasswordCredential = Credential & { readonly hash: PasswordHash };

/** One wrong line must not hide the others, and ten thousand wrong ones must not fill the screen. */
const MAX_REPORTED_ERRORS = 20;
const MAX_CREDENTIALS = 100_000;

/** All credentials of a server, as one file gives them. A name may have several tokens, so that one can be replaced. */
export class CredentialSet {
  static readonly empty = new CredentialSet([]);

  readonly #tokens = new Map<string, Credential>();
  readonly #passwords = new Map<string, PasswordCredential>();
  /** What stands for a name without a password: as much work as for one with; undefined if no name has one. */
  readonly decoy: PasswordHash | undefined;

  constructor(credentials: readonly Credential[]) {
    for (const credential of credentials) {
      if (isPassword(credential)) this.#passwords.set(credential.name, credential);
      else if (credential.hash.kind === "sha256") {
        this.#tokens.set(credential.hash.digest.toString("base64"), credential);
      }
    }
    const [password] = this.#passwords.values();
    this.decoy = password && decoyHash(password.hash);
  }

  /** Number of credentials. */
  get size(): number {
    return this.#tokens.size + this.#passwords.size;
  }

  /**
   * The credential of a token. It is looked up by its hash: what time this takes depends on bits that nobody who does
   * not know the token can choose.
   */
  findToken(token: string): Credential | undefined {
    const { digest } = hashToken(token);
    const found = this.#tokens.get(digest.toString("base64"));
    if (found?.hash.kind !== "sha256") return undefined;
    return timingSafeEqual(found.hash.digest, digest) ? found : undefined;
  }

  findPassword(name: string): PasswordCredential | undefined {
    return this.#passwords.get(name);
  }
}

function isPassword(credential: Credential): credential is PasswordCredential {
  return credential.hash.kind === "scrypt";
}

/**
 * Reads a file of credentials: one a line, empty lines, and lines that begin with `#`.
 *
 * @param file names the text in messages
 * @throws GomodfsError `USAGE` with every wrong line, as `FILE:LINE: what is wrong`
 */
export function parseCredentials(text: string, file: string): CredentialSet {
  const credentials: Credential[] = [];
  const errors: string[] = [];
  const passwordLines = new Map<string, number>();
  const tokenLines = new Map<string, number>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const number = index + 1;
    try {
      const credential = parseCredential(line);
      const { name, hash } = credential;
      const [seen, key] =
        hash.kind === "scrypt"
          ? ([passwordLines, name] as const)
          : ([tokenLines, hash.digest.toString("base64")] as const);
      const first = seen.get(key);
      if (first !== undefined) throw duplicate(credential, first);
      seen.set(key, number);
      credentials.push(credential);
    } catch (error) {
      if (!(error instanceof GomodfsError)) throw error;
      const hint = error.hint === undefined ? "" : ` (${error.hint})`;
      errors.push(`${file}:${number}: ${error.message}${hint}`);
    }
    if (credentials.length > MAX_CREDENTIALS) {
      errors.push(`${file}:${number}: more than ${MAX_CREDENTIALS} credentials`);
      break;
    }
  }
  if (errors.length > 0) throw wrongLines(errors);
  return new CredentialSet(credentials);
}

function duplicate({ name, hash }: Credential, line: number): GomodfsError {
  return new GomodfsError(
    "USAGE",
    hash.kind === "scrypt"
      ? `${name} has a password on line ${line} already`
      : `this token is on line ${line} already`,
    { hint: "remove one of the lines; a name may have several tokens, but one password" },
  );
}

function wrongLines(errors: readonly string[]): GomodfsError {
  const shown = errors.slice(0, MAX_REPORTED_ERRORS);
  const more = errors.length - shown.length;
  if (more > 0) shown.push(`and ${more} more`);
  return new GomodfsError("USAGE", shown.join("\n"));
}
