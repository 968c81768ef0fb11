import { createHash } from "node:crypto";
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { makeDirectory } from "../lib/make_directory.ts";
import { currentProcess } from "../lib/process_identity.ts";
import { readProcessStat } from "../lib/process_stat.ts";

/** What a process of another machine, with which a store is shared, has left for this long is nobody's any more. */
const FOREIGN_AGE_MILLISECONDS = 7 * 24 * 60 * 60_000;

/**
 * A directory for this process's temporary files. It is removed when the process ends in order; what processes that were
 * killed have left is removed by whoever comes next.
 */
export class ProcessDirectory implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * Makes the directory below `root`, and removes those of processes that have ended.
   *
   * @throws the system's error if it cannot be made
   */
  static async take(root: string): Promise<ProcessDirectory> {
    const { pid, startTime, machine } = currentProcess();
    const here = createHash("sha256").update(machine).digest("hex").slice(0, 16);
    const directory = new ProcessDirectory(join(root, `${pid}-${startTime}-${here}`));
    await makeDirectory(directory.path);
    for (const name of await readdir(root)) {
      if (await isLeftOver(root, name, here)) {
        await rm(join(root, name), { recursive: true, force: true });
      }
    }
    return directory;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

async function isLeftOver(root: string, name: string, here: string): Promise<boolean> {
  const [, pid, startTime, machine] = /^([1-9]\d{0,9})-(\d+)-([0-9a-f]{16})$/.exec(name) ?? [];
  if (pid === undefined) return false;
  if (machine === here) return readProcessStat(Number(pid))?.startTime !== startTime;
  const found = await stat(join(root, name)).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > FOREIGN_AGE_MILLISECONDS;
}
