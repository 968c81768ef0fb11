import { stat } from "node:fs/promises";
import { GomodfsError } from "../../lib/gomodfs_error.ts";
import type { Logger } from "../../lib/logger.ts";
import { readBoundedFile } from "../../project/bounded_file.ts";
import { type CredentialSet, parseCredentials } from "./credential_set.ts";

const MAX_FILE_BYTES = 16 << 20;
const OTHERS_MAY_READ = 0o004;

/** The file that says who may ask: hashes of tokens and passwords, one a line. */
export class CredentialsFile {
  readonly #path: string;
  readonly #log: Logger;
  #credentials: CredentialSet;

  private constructor(path: string, log: Logger, credentials: CredentialSet) {
    this.#path = path;
    this.#log = log;
    this.#credentials = credentials;
  }

  /**
   * @throws GomodfsError `USAGE` if it is not there or has wrong lines, each named with its number; `INVALID` or
   *   `TOO_LARGE` if it cannot be read
   */
  static async open(path: string, log: Logger): Promise<CredentialsFile> {
    return new CredentialsFile(path, log, await readCredentials(path, log));
  }

  /** Those of the last time that the file could be read. */
  get credentials(): CredentialSet {
    return this.#credentials;
  }

  /**
   * Reads the file again. What it said before stays in force if it cannot be read: a slip of an editor must not lock
   * everybody out.
   *
   * @throws GomodfsError as {@linkcode open}
   */
  async reload(): Promise<void> {
    this.#credentials = await readCredentials(this.#path, this.#log);
  }
}

async function readCredentials(path: string, log: Logger): Promise<CredentialSet> {
  const text = await readBoundedFile(path, MAX_FILE_BYTES);
  if (text === undefined) {
    throw new GomodfsError("USAGE", `there is no file of credentials ${path}`, {
      hint: `make it with: (umask 077; gomodfs credential NAME >>${path})`,
    });
  }
  const credentials = parseCredentials(text, path);
  if (credentials.size === 0) {
    log.warn("the file of credentials names nobody: every request is refused", { file: path });
  }
  const { mode } = await stat(path);
  if ((mode & OTHERS_MAY_READ) !== 0) {
    log.warn("every user of this machine can read the hashes of the credentials", {
      file: path,
      hint: `chmod o-rwx ${path}`,
    });
  }
  return credentials;
}
