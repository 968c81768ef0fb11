import { existsSync } from "node:fs";
import { locateStore } from "../daemon/store_location.ts";
import {
  type OpenedReader,
  openStoreReader as openReader,
  storePath,
} from "../store/store_backend.ts";
import type { StoreFlags } from "./flags.ts";

/** The store that flags and environment name, for reading; undefined, with a word about it, if there is none yet. */
export function openStoreReader(flags: StoreFlags): OpenedReader | undefined {
  const { directory, backend } = locateStore(flags.store, process.env);
  if (existsSync(storePath(backend))) return openReader(backend);
  process.stderr.write(`gomodfs: there is no store at ${directory} yet\n`);
  return undefined;
}
