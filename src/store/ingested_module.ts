import type { H1 } from "../module/module_version.ts";

/** A module zip that was checked and taken apart, ready to be written. Nothing compares its hash yet. */
export interface IngestedModule {
  readonly h1: H1;
  /** Encoded manifest. */
  readonly manifest: Uint8Array<ArrayBuffer>;
  /** zlib streams (78 9c, raw deflate, Adler-32 big-endian) of all files in manifest order, concatenated. */
  readonly streams: Uint8Array<ArrayBuffer>;
  /**
   * End offset of each file's stream in `streams`; equal to the previous end where the same content already occurred at
   * a lower index of this module.
   */
  readonly streamEnds: Uint32Array<ArrayBuffer>;
}
