import type { ModulePart, PartOrigin } from "../cache/module_cache.ts";
import type { ModuleVersion } from "../module/module_version.ts";

/** What happens during a prefetch, in the order in which it happens. */
export type PrefetchEvent =
  /** More is known to be needed: module versions of which any part is wanted, all told so far. */
  | { readonly kind: "planned"; readonly modules: number; readonly zips: number }
  /** A fetch of one part has begun. Not told for what is resident. */
  | { readonly kind: "started"; readonly id: ModuleVersion; readonly part: ModulePart }
  | {
      readonly kind: "finished";
      readonly id: ModuleVersion;
      readonly part: ModulePart;
      readonly origin: PartOrigin;
      /** Bytes of the part as downloaded; 0 if it was resident. */
      readonly bytes: number;
      readonly milliseconds: number;
    }
  | {
      readonly kind: "failed";
      readonly id: ModuleVersion;
      readonly part: ModulePart;
      readonly error: unknown;
      readonly milliseconds: number;
    }
  /** Fetched on a guess that failed, and as far as is known nobody needs it. `failed` follows if somebody does. */
  | {
      readonly kind: "dropped";
      readonly id: ModuleVersion;
      readonly part: ModulePart;
      readonly error: unknown;
      readonly milliseconds: number;
    }
  /** A dry run tells this of each part that is not resident, instead of `started` and what follows it. */
  | { readonly kind: "missing"; readonly id: ModuleVersion; readonly part: ModulePart }
  /** Something that the user should know and that is no failure: a vendor directory, a local replacement. */
  | { readonly kind: "note"; readonly message: string };

/** A part that could not be had. */
export interface PrefetchFailure {
  readonly id: ModuleVersion;
  readonly part: ModulePart;
  /**
   * A GomodfsError, `UNSUPPORTED` where only version control could give the part: such failures do not end a run, and the
   * go command may be asked for the module.
   */
  readonly error: unknown;
}

/** What a prefetch did. */
export interface PrefetchSummary {
  /** Module versions of which any part was wanted. */
  readonly modules: number;
  /** Zips wanted. */
  readonly zips: number;
  /** Module versions of which all that was wanted was resident before. */
  readonly resident: number;
  /** Parts fetched. */
  readonly fetched: number;
  /** Bytes downloaded. */
  readonly bytes: number;
  /** Parts that failed, each with its error, in the order of failing. */
  readonly failures: readonly PrefetchFailure[];
  readonly milliseconds: number;
}
