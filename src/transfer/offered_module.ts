import type { GomodfsError } from "../lib/gomodfs_error.ts";
import type { ModuleVersion } from "../module/module_version.ts";

/** A module zip that can be read, once or again. */
export interface ReadableZip {
  /**
   * Bytes of the zip.
   *
   * @throws GomodfsError if the source is damaged
   */
  size(): number;
  /**
   * Fills `bytes`, which are as many as {@linkcode size} said.
   *
   * @throws GomodfsError `UPSTREAM` if the zip cannot be read, whatever the source finds wrong with it
   */
  readInto(bytes: Uint8Array): Promise<void>;
  /**
   * Writes the zip to a new file.
   *
   * @throws GomodfsError as {@linkcode readInto}; the system's error if the file cannot be written
   */
  writeTo(path: string): Promise<void>;
}

/** A module zip that a source has. */
export interface OfferedZip extends ReadableZip {
  /** Where it is, for messages. */
  readonly place: string;
}

/** A `.info` or `.mod` file that a source has. */
export interface OfferedFile {
  /** Where it is, for messages. */
  readonly place: string;
  /** @throws GomodfsError `UPSTREAM` if it cannot be read, `TOO_LARGE` past the bound of its kind */
  read(): Promise<Uint8Array>;
}

/** What a source has of one module version; undefined is what it has not. Nothing of it is verified. */
export interface OfferedModule {
  readonly kind: "module";
  readonly id: ModuleVersion;
  readonly info: OfferedFile | undefined;
  readonly goMod: OfferedFile | undefined;
  readonly zip: OfferedZip | undefined;
}

/** A file that should be a module and does not say which. */
export interface UnreadableFile {
  readonly kind: "unreadable";
  readonly place: string;
  readonly error: GomodfsError;
}

/** One thing that a source has. */
export type Offer = OfferedModule | UnreadableFile;
