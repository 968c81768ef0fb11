import type { ModuleVersion } from "../module/module_version.ts";
import type { StoredModule } from "../store/module_store.ts";

/** The layouts that modules are exported in. */
export const EXPORT_LAYOUTS = ["modcache", "proxy"] as const;

/**
 * `modcache`: a GOMODCACHE as the go command fills it. `proxy`: a GOPROXY tree, which `GOPROXY=file://DIR` serves.
 */
export type ExportLayout = (typeof EXPORT_LAYOUTS)[number];

/**
 * A directory that modules are exported to. What is there already is compared with the store and kept; nothing is ever
 * half written.
 *
 * Each `put` gives the bytes that it wrote, or undefined where all was there; it throws GomodfsError `SECURITY` where
 * something else is there, `STORE` where the directory takes nothing or the store's bytes are damaged.
 */
export interface ExportTarget {
  /** @param info canonical */
  putInfo(id: ModuleVersion, info: Uint8Array): Promise<number | undefined>;
  putGoMod(id: ModuleVersion, goMod: Uint8Array): Promise<number | undefined>;
  putModule(module: StoredModule): Promise<number | undefined>;
  /** Writes what says which versions there are. To be called once, when all modules are written. */
  finish(): Promise<void>;
  /** Gives up temporary files and what else is held. */
  close(): Promise<void>;
}
