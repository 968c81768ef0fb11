import type { ModuleVersion } from "../module/module_version.ts";
import type { StoreBackend } from "../store/store_backend.ts";
import type { Want } from "../tree/want.ts";

/** What the thread of a mount is given at its start. */
export interface TreeWorkerData {
  /** What holds the store's modules. */
  readonly backend: StoreBackend;
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

/** Main thread to mount. */
export type ToTree =
  /** Something has become resident. */
  | { readonly kind: "resident" }
  /** A file under `@v` has been verified and is on its way into the store. */
  | {
      readonly kind: "arriving";
      readonly id: ModuleVersion;
      readonly file: "info" | "mod";
      readonly content: Uint8Array;
    };
