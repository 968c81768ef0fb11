import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { syncDirectory } from "../../lib/durable_file.ts";
import type { Repository } from "./repository.ts";

/** What may lie beside a pack (gitformat-pack), the index first: without it git and readers do not see the pack. */
const EXTENSIONS = [".idx", ".rev", ".bitmap", ".mtimes", ".promisor", ".pack", ".keep"];
/** No pack is that long in the making. */
const LEFTOVER_AGE = 60 * 60_000;

/** Removes packs, and the index over several packs that may name them. */
export async function removePacks(repository: Repository, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  await rm(join(repository.packDirectory, "multi-pack-index"), { force: true });
  for (const name of names) {
    for (const extension of EXTENSIONS) {
      await rm(join(repository.packDirectory, name + extension), { force: true });
    }
  }
  await syncDirectory(repository.packDirectory);
}

/** Removes what processes that were killed left half done: temporary files and packs without an index. */
export async function removeLeftovers(repository: Repository, now: number): Promise<void> {
  const { packDirectory, temporaryDirectory } = repository;
  for (const name of await readdir(temporaryDirectory)) {
    if (isTemporary(name)) await removeIfOld(join(temporaryDirectory, name), now);
  }
  const files = new Set(await readdir(packDirectory));
  for (const name of files) {
    const [, pack] = /^(pack-[0-9a-f]{40})\.(?:keep|pack)$/.exec(name) ?? [];
    const isOurs = pack !== undefined && files.has(`${pack}.keep`);
    if (isOurs && !files.has(`${pack}.idx`)) await removeIfOld(join(packDirectory, name), now);
  }
}

function isTemporary(name: string): boolean {
  return /^(?:lock-|pack-|packed-refs-|HEAD\.)/.test(name);
}

async function removeIfOld(path: string, now: number): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found !== undefined && now - found.mtimeMs > LEFTOVER_AGE) await rm(path, { force: true });
}
