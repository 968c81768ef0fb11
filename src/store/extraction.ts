import type { H1, ModuleVersion } from "../module/module_version.ts";
import type { Priority, ZipBytes } from "./module_store.ts";

/** Where a module zip is to be written. */
export interface ExtractionTarget {
  /** The file that gets the zip's own bytes; made anew. */
  readonly zipFile: string;
  /** The directory that gets the module's files; its parent exists, it does not. Undefined: no files are wanted. */
  readonly directory: string | undefined;
  /** Directories keep mode 0755 (the go command's -modcacherw) instead of 0555. Files are 0444 in any case. */
  readonly writableDirectories: boolean;
}

/** What was extracted. */
export interface ExtractedModule {
  /** Nothing compares it yet: whoever asked for the extraction does, and shows nothing before. */
  readonly h1: H1;
  /** Number of files. */
  readonly files: number;
  /** Bytes of all files together. */
  readonly bytes: number;
}

/** Extracts module zips on threads of its own. */
export interface Extractor {
  /** Says that zips are on their way. */
  expect(): void;
  /**
   * Checks a module zip by the rules of golang.org/x/mod/zip and writes it and its files. What a failed extraction has
   * written stays for the caller to remove. The buffer of a zip in memory is consumed.
   *
   * @throws GomodfsError `INVALID` or `TOO_LARGE` for a zip that breaks the rules, `STORE` for what cannot be written
   */
  extract(
    id: ModuleVersion,
    zip: ZipBytes,
    target: ExtractionTarget,
    priority?: Priority,
  ): Promise<ExtractedModule>;
}
