import { chmodSync, lstatSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A directory that is removed with everything in it: `using directory = temporaryDirectory()`. */
export class TemporaryDirectory implements Disposable {
  readonly path: string;

  constructor(prefix: string) {
    this.path = mkdtempSync(join(tmpdir(), prefix));
  }

  /** The path of something in it. */
  join(...names: readonly string[]): string {
    return join(this.path, ...names);
  }

  [Symbol.dispose](): void {
    makeRemovable(this.path);
    rmSync(this.path, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Makes a fresh directory under the system's place for temporary files. */
export function temporaryDirectory(prefix = "gomodfs-test-"): TemporaryDirectory {
  return new TemporaryDirectory(prefix);
}

/** Like `chmod -R u+w` for directories: an extracted module's are 0555, and names in them could not be removed. */
function makeRemovable(directory: string): void {
  if (lstatSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) return;
  chmodSync(directory, 0o755);
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) makeRemovable(join(directory, entry.name));
  }
}
