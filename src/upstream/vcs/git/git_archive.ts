import { open, rm } from "node:fs/promises";
import { GomodfsError } from "../../../lib/gomodfs_error.ts";
import { checkDamage } from "./bare_repository.ts";
import type { Git } from "./git.ts";
import { withinSizeLimit } from "./size_limit.ts";

/** What to write as a zip, and where. */
export interface Archive {
  /** The repository. */
  readonly clone: string;
  /** Of a commit that is there. */
  readonly hash: string;
  /** Relative to the root of the commit; "" is all of it. */
  readonly directory: string;
  /** A file that does not exist yet. */
  readonly target: string;
  readonly maxBytes: number;
  /** How messages call it. */
  readonly what: string;
  readonly signal: AbortSignal;
}

/**
 * Writes a zip as cmd/go has git write it (codehost/git.go, `ReadZip`); nothing is left of one that fails.
 *
 * @throws GomodfsError `NOT_FOUND` if there is no such directory, `TOO_LARGE`, `STORE`, `TIMEOUT`, `CANCELLED`;
 *   DamagedRepository
 */
export async function writeArchive(git: Git, archive: Archive): Promise<void> {
  const { clone, hash, directory, target, maxBytes, what } = archive;
  await using file = await open(target, "wx", 0o600).catch((cause: unknown) => {
    throw new GomodfsError("STORE", `cannot write ${target}`, { cause });
  });
  const limit = {
    measure: async () => (await file.stat()).size,
    maxBytes,
    error: () =>
      new GomodfsError("TOO_LARGE", `the zip of ${what} is larger than ${maxBytes} bytes`),
  };
  const flags = ["--format=zip", "--prefix=prefix/", "--end-of-options"];
  const paths = directory === "" ? [] : [directory];
  try {
    const outcome = await withinSizeLimit(limit, archive.signal, async (signal) => {
      return await git.run({
        args: ["archive", ...flags, hash, ...paths],
        directory: clone,
        outputFile: file.fd,
        signal,
      });
    });
    if (outcome.status === 0) return;
    checkDamage(outcome);
    if (/did not match any files/.test(outcome.stderr)) {
      throw new GomodfsError("NOT_FOUND", `${what} does not exist`);
    }
    throw new GomodfsError("STORE", `git archive of ${what} ended with ${outcome.status}`, {
      hint: "see whether the disk is full",
      cause: outcome.stderr,
    });
  } catch (error) {
    await rm(target, { force: true });
    throw error;
  }
}
