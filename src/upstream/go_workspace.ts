import { randomUUID } from "node:crypto";
import { chmod, lstat, mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { GomodfsError } from "../lib/gomodfs_error.ts";

const prefix = "go-command-";
/** Milliseconds after which a workspace can only be what a process left that was killed. */
const abandonedAfter = 24 * 60 * 60 * 1000;

/**
 * Directories for go commands that fetch from version control: a GOMODCACHE of their own, so that a repository is cloned
 * once for all its modules and versions, and a main module for each run.
 */
export class GoWorkspace {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * Makes one in a spool directory, and removes those that were abandoned there.
   *
   * @throws GomodfsError `STORE`
   */
  static async create(spoolDirectory: string): Promise<GoWorkspace> {
    try {
      await mkdir(spoolDirectory, { recursive: true, mode: 0o700 });
      await removeAbandoned(spoolDirectory);
      const workspace = new GoWorkspace(await mkdtemp(join(spoolDirectory, prefix)));
      await mkdir(workspace.moduleCache);
      return workspace;
    } catch (cause) {
      throw new GomodfsError("STORE", `cannot make a directory in ${spoolDirectory}`, {
        hint: "make room there, or name another directory",
        cause,
      });
    }
  }

  /** The GOMODCACHE. */
  get moduleCache(): string {
    return join(this.#directory, "mod");
  }

  /** A path for a file that nothing has yet. */
  newFile(extension: string): string {
    return join(this.#directory, `${randomUUID()}${extension}`);
  }

  /** A new directory to run a go command in: the root of a module, so that none above it counts as the main module. */
  async makeMainModule(): Promise<string> {
    const directory = join(this.#directory, `main-${randomUUID()}`);
    await mkdir(directory);
    await writeFile(join(directory, "go.mod"), "module main.invalid\n");
    return directory;
  }

  /** Removes everything. Nothing must be running in it. */
  async remove(): Promise<void> {
    await removeModuleTree(this.#directory);
  }
}

/** Removes a tree in which directories may be read-only, as an extracted module's are. */
export async function removeModuleTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch {
    await makeWritable(path);
    await rm(path, { recursive: true, force: true });
  }
}

async function makeWritable(directory: string): Promise<void> {
  if (!(await lstat(directory)).isDirectory()) return;
  await chmod(directory, 0o700);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) await makeWritable(join(directory, entry.name));
  }
}

async function removeAbandoned(spoolDirectory: string): Promise<void> {
  for (const name of await readdir(spoolDirectory)) {
    if (!name.startsWith(prefix)) continue;
    const directory = join(spoolDirectory, name);
    // Another process may be just as tidy.
    const status = await stat(directory).catch(() => undefined);
    if (status === undefined || Date.now() - status.mtimeMs < abandonedAfter) continue;
    await removeModuleTree(directory).catch(() => undefined);
  }
}
