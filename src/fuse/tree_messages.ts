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

/** Mount to main thread: something that is read is not resident. The ticket is settled when it is or cannot be. */
export interface FromTree {
  readonly ticket: number;
  readonly want: Want;
}

/** Main thread to mount: something has become resident. */
export interface ToTree {
  readonly kind: "resident";
}
