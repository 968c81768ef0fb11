import { LRUCache } from "lru-cache";
import {
  formatModuleVersion,
  type ModulePath,
  type ModuleVersion,
} from "../module/module_version.ts";
import { VirtualZip, type ZipDataReader } from "../module/zip/virtual_zip.ts";
import type { ModuleReader, ResidentModule, StoredModule } from "../store/module_store.ts";
import type { FileTable } from "./file_table.ts";
import { fileTable } from "./module_files.ts";
import { ModuleListing } from "./module_listing.ts";
import { ResidentNames } from "./resident_names.ts";
import type { DownloadFile } from "./virtual_path.ts";

/** The checksum database's verified files as a GOMODCACHE keeps them, by their path below `cache/download/sumdb`. */
export interface ChecksumFiles {
  /** The file's bytes; undefined if there is no such file. */
  read(path: string): Uint8Array | undefined;
  /** The names in a directory; undefined if there is no such directory. */
  list(path: string): readonly string[] | undefined;
}

/** A resident module as its directory and its zip show it. */
export interface OpenModule {
  readonly stored: StoredModule;
  readonly files: FileTable;
  readonly listing: ModuleListing;
  readonly zip: VirtualZip;
}

/** Contents above this are kept between reads: the kernel asks for large files in pieces, and each piece would inflate all. */
const KEPT_CONTENT_MINIMUM = 128 * 1024;
const KEPT_CONTENT_BYTES = 8 * 1024 * 1024;
const KEPT_MODULES = 256;
/** Far more than what can arrive while one commit is under way; the largest go.mod has 16 MiB. */
const ARRIVING_BYTES = 32 * 1024 * 1024;

interface Arriving {
  readonly id: ModuleVersion;
  readonly file: "info" | "mod";
  readonly content: Uint8Array;
}

/**
 * What of the virtual GOMODCACHE is resident, with its contents. Synchronous; it never causes a fetch: what is not
 * resident is undefined.
 */
export class VirtualTree {
  readonly #reader: ModuleReader;
  readonly #checksums: ChecksumFiles;
  readonly #modules = new LRUCache<string, OpenModule>({ max: KEPT_MODULES });
  readonly #contents = new LRUCache<string, Uint8Array>({
    maxSize: KEPT_CONTENT_BYTES,
    sizeCalculation: (content) => content.length,
  });
  readonly #arriving = new LRUCache<string, Arriving>({
    maxSize: ARRIVING_BYTES,
    sizeCalculation: ({ content }) => content.length + 1,
  });
  /** The one content too large for the cache that is being read now. */
  #largeContent: { readonly key: string; readonly content: Uint8Array } | undefined;
  #names: ResidentNames | undefined;

  constructor(reader: ModuleReader, checksums: ChecksumFiles) {
    this.#reader = reader;
    this.#checksums = checksums;
  }

  /** Looks again at what other threads and processes have stored. */
  refresh(): void {
    this.#reader.refresh();
    this.#names = undefined;
  }

  /** Whether the names that were last asked for may no longer be all. */
  get hasNewNames(): boolean {
    return this.#names === undefined;
  }

  /** Takes a verified file under `@v` that is on its way into the store, so that it can be read before it gets there. */
  accept(id: ModuleVersion, file: "info" | "mod", content: Uint8Array): void {
    this.#arriving.set(arrivalKey(id, file), { id, file, content });
    this.#names = undefined;
  }

  /** What the directories that lead to modules list. */
  names(): ResidentNames {
    this.#names ??= new ResidentNames([
      ...this.#reader.list(),
      ...this.#arriving.values().map(arrived),
    ]);
    return this.#names;
  }

  /** The module if its files are resident. */
  module(id: ModuleVersion): OpenModule | undefined {
    const key = formatModuleVersion(id);
    const open = this.#modules.get(key);
    if (open !== undefined) return open;
    const stored = this.#fresh(() => this.#reader.openModule(id));
    if (stored === undefined) return undefined;
    const files = fileTable(id, stored.manifest);
    const module = {
      stored,
      files,
      listing: new ModuleListing(files),
      zip: new VirtualZip(`${formatModuleVersion(id)}/`, stored.manifest),
    };
    this.#modules.set(key, module);
    return module;
  }

  /** Bytes of one of the files under `@v`, or undefined if it is not resident. */
  downloadFileSize(id: ModuleVersion, file: DownloadFile): number | undefined {
    if (file === "zip") return this.module(id)?.zip.size;
    return this.readDownloadFile(id, file, 0, Number.MAX_SAFE_INTEGER)?.length;
  }

  /** At most `length` bytes of one of the files under `@v`, or undefined if it is not resident. */
  readDownloadFile(
    id: ModuleVersion,
    file: DownloadFile,
    offset: number,
    length: number,
  ): Uint8Array | undefined {
    switch (file) {
      case "info":
        return slice(this.#smallPart(id, "info"), offset, length);
      case "mod":
        return slice(this.#smallPart(id, "mod"), offset, length);
      case "ziphash":
        return slice(ziphash(this.module(id)), offset, length);
      case "zip": {
        const module = this.module(id);
        return module && this.readZip(module, offset, length);
      }
    }
  }

  /** At most `length` bytes of the file at `index` of the module's file table. */
  readModuleFile(module: OpenModule, index: number, offset: number, length: number): Uint8Array {
    const source = module.files.source(index);
    return subarray(this.#content(module, source), offset, length);
  }

  /** At most `length` bytes of the module's zip. */
  readZip(module: OpenModule, offset: number, length: number): Uint8Array {
    return module.zip.read(offset, length, this.#zipDataOf(module));
  }

  /** Fills `out` with bytes of the module's zip, and gives their number: fewer at its end. */
  readZipInto(module: OpenModule, offset: number, out: Uint8Array): number {
    return module.zip.readInto(out, offset, this.#zipDataOf(module));
  }

  /** Lets go of what is kept of a file too large for the cache, for a reader that has read it to its end. */
  releaseLargeContent(): void {
    this.#largeContent = undefined;
  }

  /** `@v/list` of the module; undefined if it has none. */
  list(path: ModulePath): Uint8Array | undefined {
    const text = this.names().list(path);
    return text === undefined ? undefined : Buffer.from(text);
  }

  checksumFile(path: string): Uint8Array | undefined {
    return this.#checksums.read(path);
  }

  checksumDirectory(path: string): readonly string[] | undefined {
    return this.#checksums.list(path);
  }

  #smallPart(id: ModuleVersion, file: "info" | "mod"): Uint8Array | undefined {
    const read = (): Uint8Array | undefined =>
      file === "info" ? this.#reader.readInfo(id) : this.#reader.readGoMod(id);
    return read() ?? this.#arriving.get(arrivalKey(id, file))?.content ?? this.#fresh(read);
  }

  /** What is missing may have been stored by another thread or process since the last look. */
  #fresh<T>(read: () => T | undefined): T | undefined {
    const found = read();
    if (found !== undefined) return found;
    this.#reader.refresh();
    // The look may have found other modules than the one that is asked for.
    this.#names = undefined;
    return read();
  }

  #zipDataOf(module: OpenModule): ZipDataReader {
    return (index, start, out) => {
      if (module.stored.readDeflated(index, start, out)) return;
      // A file that is not deflated has its content in the zip.
      out.set(this.#content(module, index).subarray(start, start + out.length));
    };
  }

  #content(module: OpenModule, source: number): Uint8Array {
    if (module.stored.manifest.size(source) < KEPT_CONTENT_MINIMUM)
      return module.stored.readFile(source);
    return this.#keptContent(module, source);
  }

  #keptContent({ stored }: OpenModule, source: number): Uint8Array {
    const key = `${formatModuleVersion(stored.id)} ${source}`;
    const kept =
      this.#largeContent?.key === key ? this.#largeContent.content : this.#contents.get(key);
    if (kept !== undefined) return kept;
    const content = stored.readFile(source);
    if (content.length > KEPT_CONTENT_BYTES) this.#largeContent = { key, content };
    else this.#contents.set(key, content);
    return content;
  }
}

function arrivalKey(id: ModuleVersion, file: "info" | "mod"): string {
  return `${formatModuleVersion(id)}.${file}`;
}

function arrived({ id, file }: Arriving): ResidentModule {
  return { id, info: file === "info", goMod: file === "mod", zip: false };
}

function ziphash(module: OpenModule | undefined): Uint8Array | undefined {
  return module === undefined ? undefined : Buffer.from(module.stored.h1);
}

function slice(
  content: Uint8Array | undefined,
  offset: number,
  length: number,
): Uint8Array | undefined {
  return content === undefined ? undefined : subarray(content, offset, length);
}

function subarray(content: Uint8Array, offset: number, length: number): Uint8Array {
  return content.subarray(offset, Math.min(content.length, offset + length));
}
