import type { H1 } from "../module/module_version.ts";

/**
 * The table of contents of a resident module zip: one blob, decoded lazily. Files are in ascending byte order of their
 * UTF-8 names; names are relative to the module's root (`M@V/` removed) and separated by slashes.
 */
export interface Manifest {
  /** The hash of the module zip. */
  readonly h1: H1;
  /** Number of files. */
  readonly count: number;
  /** Sum of all sizes, in bytes. */
  readonly totalSize: number;
  /**
   * Names of the zip's directory entries, nearly always none, each with a slash at its end ("" for `M@V/` itself). They
   * make no directories, but the hash of the zip covers them, so a rebuilt zip has them too.
   */
  readonly directories: readonly string[];
  name(index: number): string;
  /** Content bytes of the file. */
  size(index: number): number;
  /** Bytes of the raw deflate stream kept for the file; -1 where none is kept (the virtual zip then stores it). */
  storedSize(index: number): number;
  /** CRC-32 of the content, as zip wants it. */
  crc32(index: number): number;
  /** The git blob id (20 bytes) of the content. */
  objectId(index: number): Uint8Array;
  /** SHA-256 (32 bytes) of the content. */
  sha256(index: number): Uint8Array;
  /** The index of the file of this name, or -1. */
  find(name: string): number;
  /** The index of the first file whose name is not below `name` in byte order; `count` if there is none. */
  lowerBound(name: string): number;
}
