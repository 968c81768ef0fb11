import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isCanonical } from "../../module/path.ts";
import { sortVersions } from "../../module/semver.ts";
import { cannotWrite } from "./directory_error.ts";
import { LockedFile } from "./locked_file.ts";

const GO_MOD_SUFFIX = ".mod";

/** The rewriting of one `list` file that is under way, and the one after it. */
interface Rewriting {
  readonly current: Promise<void>;
  next: Promise<void> | undefined;
}

/**
 * Keeps the `list` files of a GOMODCACHE, which say what versions of a module have a `.mod` file. Who arrives while a
 * list is being rewritten shares the next rewriting with all others that do: many versions of a module, put at once,
 * cost two.
 */
export class VersionLists {
  readonly #rewriting = new Map<string, Rewriting>();

  /**
   * Rewrites the list in a directory `@v` by what is there now.
   *
   * @throws GomodfsError `STORE` if it cannot be written, or as {@linkcode LockedFile.open}
   */
  async update(directory: string): Promise<void> {
    const rewriting = this.#rewriting.get(directory);
    if (rewriting === undefined) return await this.#start(directory);
    rewriting.next ??= rewriting.current
      .catch(() => {}) // that is told to who started it
      .then(async () => await this.#start(directory));
    await rewriting.next;
  }

  async #start(directory: string): Promise<void> {
    const rewriting: Rewriting = { current: rewriteVersionList(directory), next: undefined };
    this.#rewriting.set(directory, rewriting);
    try {
      await rewriting.current;
    } finally {
      if (rewriting.next === undefined) this.#rewriting.delete(directory);
    }
  }
}

/** As rewriteVersionList of cmd/go/internal/modfetch/cache.go. */
async function rewriteVersionList(directory: string): Promise<void> {
  const path = join(directory, "list");
  await using list = await LockedFile.open(path);
  try {
    const content = Buffer.from(await versionList(directory));
    const old = await list.handle.readFile();
    if (content.equals(old)) return;
    await list.handle.truncate(0);
    await list.handle.write(content, 0, content.length, 0);
  } catch (cause) {
    // Half a list is worse than none, which only means that no version is known yet.
    await list.handle.truncate(0).catch(() => {});
    throw cannotWrite(path, cause);
  }
}

/**
 * One version a line, in order. Versions are taken from file names as they are, so that those with upper-case letters,
 * which names escape, are missing: cmd/go does the same.
 */
async function versionList(directory: string): Promise<string> {
  const names = await readdir(directory);
  const versions = names
    .filter((name) => name.endsWith(GO_MOD_SUFFIX))
    .map((name) => name.slice(0, -GO_MOD_SUFFIX.length))
    .filter(isCanonical);
  return sortVersions(versions)
    .map((version) => `${version}\n`)
    .join("");
}
