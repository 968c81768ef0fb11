import { existsSync } from "node:fs";
import { locateStore } from "../daemon/store_location.ts";
import { GitStoreReader } from "../store/git/git_store_reader.ts";
import type { StoreFlags } from "./flags.ts";

/** The store that flags and environment name, for reading; undefined, with a word about it, if there is none yet. */
export function openStoreReader(flags: StoreFlags): GitStoreReader | undefined {
  const { directory, git } = locateStore(flags.store, process.env);
  if (existsSync(git)) return GitStoreReader.open(git);
  process.stderr.write(`gomodfs: there is no store at ${directory} yet\n`);
  return undefined;
}
