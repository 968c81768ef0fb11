import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { makeDirectorySync } from "../../lib/make_directory_sync.ts";

/** Who knows the name of a directory in it may enter, and nobody else can list the names. */
const ROOT_MODE = 0o711;
/** The go command of another user, who talks to a server, reads and runs what is in it. */
const MODE = 0o755;

/**
 * A directory whose name nobody can guess. It begins with the id of this process, so that what a killed process leaves is
 * found (see `disk/left_over.ts`).
 */
export class PrivateDirectory implements Disposable {
  readonly path: string;

  /**
   * @param root made if it is missing; the system's place for temporary files stands in where that cannot be
   * @throws GomodfsError `STORE`
   */
  constructor(root: string) {
    try {
      this.path = makeIn(root) ?? makeTemporary();
    } catch (cause) {
      throw new GomodfsError("STORE", "cannot make a directory for what this build makes", {
        hint: "see that the file system of TMPDIR has room",
        cause,
      });
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

function makeIn(root: string): string | undefined {
  try {
    makeDirectorySync(root, ROOT_MODE);
    return makeBelow(join(root, `${process.pid}-`));
  } catch {
    return undefined;
  }
}

function makeTemporary(): string {
  return makeBelow(join(tmpdir(), `gomodfs-build-${process.pid}-`));
}

function makeBelow(prefix: string): string {
  const { randomUUID } = process.getBuiltinModule("node:crypto");
  const path = mkdtempSync(`${prefix}${randomUUID()}-`);
  chmodSync(path, MODE);
  return path;
}
