import { randomUUID } from "node:crypto";
import { mkdtemp, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { makeDirectory } from "../lib/make_directory.ts";

/**
 * Writes files below a directory so that each appears whole or not at all: in a directory of temporary files beside, then
 * by rename. They are not flushed: what a crash of the machine damages, the next export finds.
 */
export class StagedFiles {
  readonly #root: string;
  #staging: Promise<string> | undefined;

  /** @param root made when the first file comes */
  constructor(root: string) {
    this.#root = root;
  }

  /**
   * Makes the file at `path`, which is below the root, replacing what is there.
   *
   * @param write makes the file at the path that it is given, and may check it: nothing is shown if it throws
   * @throws GomodfsError whatever `write` throws, `STORE` if the file system takes nothing
   */
  async place(path: string, write: (temporary: string) => Promise<void>): Promise<void> {
    let temporary: string | undefined;
    try {
      temporary = join(await this.#stagingDirectory(), randomUUID());
      await write(temporary);
      await makeDirectory(dirname(path));
      await rename(temporary, path);
    } catch (cause) {
      if (temporary !== undefined) await rm(temporary, { force: true });
      if (cause instanceof GomodfsError) throw cause;
      throw new GomodfsError("STORE", `cannot write ${path}`, {
        hint: "make room there, or name a directory that you may write to",
        cause,
      });
    }
  }

  async close(): Promise<void> {
    const staging = await this.#staging?.catch(() => undefined);
    if (staging !== undefined) await rm(staging, { recursive: true, force: true });
  }

  async #stagingDirectory(): Promise<string> {
    this.#staging ??= makeDirectory(this.#root).then(
      async () => await mkdtemp(join(this.#root, ".gomodfs-export-")),
    );
    return await this.#staging;
  }
}
