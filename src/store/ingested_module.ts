import type { H1 } from "../module/module_version.ts";
import type { ZipBytes } from "./module_store.ts";

/**
 * A module zip that was checked and taken apart, ready to be written. Nothing compares its hash yet. The deflate streams
 * of its files stay where they are in the zip: nothing is copied before it is written.
 */
export interface IngestedModule {
  readonly h1: H1;
  /** Encoded manifest. */
  readonly manifest: Uint8Array<ArrayBuffer>;
  /** The zip, given back. */
  readonly zip: ZipBytes;
  /**
   * Where each file's raw deflate stream begins, in manifest order: its offset in the zip, or that in `added` plus the
   * zip's size. Its length is the manifest's stored size.
   */
  readonly offsets: Float64Array<ArrayBuffer>;
  /** Streams of files that the zip does not compress. */
  readonly added: Uint8Array<ArrayBuffer>;
  /** Adler-32 of each file's content, in manifest order. */
  readonly adler32s: Uint32Array<ArrayBuffer>;
  /** What each package directory imports, if the threads were told how packages are built; "" is the root. */
  readonly packages?: ReadonlyMap<string, readonly string[]>;
}
