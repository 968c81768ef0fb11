import type { Priority } from "../lib/priority.ts";
import type { H1, ModuleVersion } from "../module/module_version.ts";
import type { Manifest } from "./manifest.ts";

export type { Priority } from "../lib/priority.ts";

/**
 * The bytes of a module zip, in memory or in a file, and nothing else: this much other threads can be sent. Memory that
 * is shared begins at a page of the machine and has it to itself, its last page too.
 */
export type ZipContent =
  | { readonly kind: "memory"; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: "shared"; readonly bytes: Uint8Array<SharedArrayBuffer> }
  | { readonly kind: "file"; readonly path: string; readonly size: number };

/**
 * The bytes of a module zip on their way into a store: in memory of their own, in memory that is used again when they
 * are released, or spooled to a file when they are many.
 */
export type ZipBytes =
  | Exclude<ZipContent, { kind: "shared" }>
  | (Extract<ZipContent, { kind: "shared" }> & { readonly release: () => void });

/** Bytes of a zip. */
export function zipSize(zip: ZipContent): number {
  return zip.kind === "file" ? zip.size : zip.bytes.length;
}

/** What of one module version a store holds. */
export interface ResidentModule {
  readonly id: ModuleVersion;
  readonly info: boolean;
  readonly goMod: boolean;
  readonly zip: boolean;
}

/** A module whose files are resident. Reads are synchronous: a store is local, and a read is a pread and an inflate. */
export interface StoredModule {
  readonly id: ModuleVersion;
  /** The verified hash of its zip. */
  readonly h1: H1;
  readonly manifest: Manifest;
  /**
   * The whole content of the file at `index` of the manifest. The caller must not change it.
   *
   * @throws GomodfsError `STORE` if the bytes are gone or damaged
   */
  readFile(index: number): Uint8Array;
  /**
   * Fills `out` with the bytes from `start` on of the raw deflate stream (RFC 1951) of the file at `index`, which has
   * `manifest.storedSize(index)` bytes. Memory of the caller's: a server that sends zips would make as much garbage as it
   * sends, which V8 is slow to collect since it is not on its heap.
   *
   * @returns false, and nothing is written, where the manifest says that no such stream is kept
   * @throws GomodfsError `STORE` if the bytes are gone or damaged
   */
  readDeflated(index: number, start: number, out: Uint8Array): boolean;
}

/** What a store takes up and gives. */
export interface StoreUsage {
  /** Module versions of which anything is resident. */
  readonly modules: number;
  /** Module versions whose zip is resident. */
  readonly zips: number;
  /** Bytes on disk (or in memory). */
  readonly storedBytes: number;
  /** Bytes that the resident modules' extracted files and virtual zips have in a GOMODCACHE. */
  readonly servedBytes: number;
}

/** The reading half of a store: synchronous, so that a blocking file system thread can use it. */
export interface ModuleReader {
  openModule(id: ModuleVersion): StoredModule | undefined;
  /** The `.info` file, canonical. */
  readInfo(id: ModuleVersion): Uint8Array | undefined;
  /** The `.mod` file. */
  readGoMod(id: ModuleVersion): Uint8Array | undefined;
  /** Everything resident, in no particular order. */
  list(): ResidentModule[];
  /** Learns what other threads and processes have written since the last look. Cheap if nothing changed. */
  refresh(): void;
}

/**
 * A store of modules. What it once answered it answers until it is removed; a write is durable before its promise
 * resolves (in a GOMODCACHE no more than the go command's own are: against the end of the process) and is invisible
 * before that. Several threads and processes may use one store.
 */
export interface ModuleStore extends ModuleReader {
  /** Says that a module zip is on its way, so that what takes it in can get ready. */
  expectModule(): void;
  putInfo(id: ModuleVersion, info: Uint8Array): Promise<void>;
  putGoMod(id: ModuleVersion, goMod: Uint8Array): Promise<void>;
  /**
   * Takes a module zip in. The zip rules of golang.org/x/mod/zip are enforced, every entry's CRC and size checked, and
   * the h1 of its files computed; `verify` is given that hash before anything becomes visible and refuses by throwing.
   * The buffer of a zip in memory is consumed (transferred); a file must be the caller's alone until the promise settles,
   * and may be gone then. What somebody waits for overtakes what is fetched ahead.
   *
   * @throws GomodfsError `INVALID` for a zip that breaks the rules, whatever `verify` throws, `STORE` if it cannot be written
   */
  putModule(
    id: ModuleVersion,
    zip: ZipBytes,
    verify: (h1: H1) => void | Promise<void>,
    priority?: Priority,
  ): Promise<H1>;
  remove(id: ModuleVersion): Promise<void>;
  usage(): StoreUsage;
  close(): Promise<void>;
}
