import { DirStore } from "./dir/dir_store.ts";
import { DirStoreReader } from "./dir/dir_store_reader.ts";
import { GitStore } from "./git/git_store.ts";
import { GitStoreReader } from "./git/git_store_reader.ts";
import { createIngestPool, type IngestPoolOptions } from "./ingest.ts";
import type { ModuleReader, ModuleStore } from "./module_store.ts";

/** What holds the modules of a store, and how. It can be sent to other threads. */
export type StoreBackend =
  /** A git repository of gomodfs's own. */
  | { readonly kind: "git"; readonly repository: string }
  /** A real GOMODCACHE; the options are those of {@linkcode DirStore}. */
  | {
      readonly kind: "dir";
      readonly directory: string;
      readonly downloadDirectory?: string;
      readonly extract?: boolean;
      readonly writableDirectories?: boolean;
    };

/** A store and the threads that take zips apart for it. */
export interface OpenedStore {
  readonly store: ModuleStore;
  /** To be closed before the store: what they have not begun fails with `CANCELLED`. */
  readonly threads: { close(): Promise<void> };
}

/** A store opened for reading. */
export interface OpenedReader extends ModuleReader {
  /** Closes its files. */
  close(): void;
}

/** Where the modules are: the file that is there if the store is. */
export function storePath(backend: StoreBackend): string {
  return backend.kind === "git" ? backend.repository : backend.directory;
}

/**
 * Opens a store for reading.
 *
 * @throws GomodfsError `STORE` if there is none or it is damaged, `UNSUPPORTED` if it is of another format
 */
export function openStoreReader(backend: StoreBackend): OpenedReader {
  return backend.kind === "git"
    ? GitStoreReader.open(backend.repository)
    : new DirStoreReader(backend);
}

/**
 * Opens a store, which is made if it is missing.
 *
 * @param options of the threads
 * @throws GomodfsError `STORE` if it cannot be made or opened, `UNSUPPORTED` if it is of another format
 */
export async function openStore(
  backend: StoreBackend,
  options: Pick<IngestPoolOptions, "build" | "onPackages"> = {},
): Promise<OpenedStore> {
  const threads = createIngestPool(options);
  if (backend.kind === "dir") {
    return { store: new DirStore({ ...backend, extractor: threads }), threads };
  }
  const store = await GitStore.open({ directory: backend.repository, ingest: threads });
  return { store, threads };
}
