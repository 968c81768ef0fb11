import type { NodeId } from "./file_system.ts";
import type { Want } from "./tree_file_system.ts";

/** What the thread of a mount is given at its start. */
export interface TreeWorkerData {
  /** The store's git repository. */
  readonly git: string;
  /** The store's directory of checksum database files. */
  readonly checksums: string;
  /** Memory of {@linkcode MountCounters}. */
  readonly counters: SharedArrayBuffer;
}

/** Mount to main thread. */
export type FromTree =
  /** Something that is read is not resident; the ticket is settled when it is or cannot be. */
  | { readonly kind: "want"; readonly ticket: number; readonly want: Want }
  /** Listings of these directories that the kernel caches are no longer true. */
  | { readonly kind: "stale"; readonly directories: readonly NodeId[] };

/** Main thread to mount: something has become resident. */
export interface ToTree {
  readonly kind: "resident";
}
