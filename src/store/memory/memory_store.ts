import { inflateRawSync } from "node:zlib";
import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { formatModuleVersion, type H1, type ModuleVersion } from "../../module/module_version.ts";
import { virtualZipSize } from "../../module/zip/virtual_zip.ts";
import { DeflateStreams } from "../deflate_streams.ts";
import type { IngestedModule, IngestPool } from "../ingest.ts";
import type { Manifest } from "../manifest.ts";
import { decodeManifest } from "../manifest_codec.ts";
import type {
  ModuleStore,
  Priority,
  ResidentModule,
  StoredModule,
  StoreUsage,
  ZipBytes,
} from "../module_store.ts";

/** What is resident of one module version. */
interface Entry {
  readonly id: ModuleVersion;
  info?: Uint8Array;
  goMod?: Uint8Array;
  module?: MemoryModule;
}

/** A store that lasts as long as the process: for tests, and for a cache that must leave nothing behind. */
export class MemoryStore implements ModuleStore {
  readonly #pool: IngestPool;
  readonly #entries = new Map<string, Entry>();

  /** @param pool takes the zips apart; the caller closes it */
  constructor(pool: IngestPool) {
    this.#pool = pool;
  }

  openModule(id: ModuleVersion): StoredModule | undefined {
    return this.#find(id)?.module;
  }

  readInfo(id: ModuleVersion): Uint8Array | undefined {
    return this.#find(id)?.info;
  }

  readGoMod(id: ModuleVersion): Uint8Array | undefined {
    return this.#find(id)?.goMod;
  }

  list(): ResidentModule[] {
    return Array.from(this.#entries.values(), ({ id, info, goMod, module }) => ({
      id,
      info: info !== undefined,
      goMod: goMod !== undefined,
      zip: module !== undefined,
    }));
  }

  refresh(): void {
    // No other thread or process writes here.
  }

  expectModule(): void {
    this.#pool.expect();
  }

  async putInfo(id: ModuleVersion, info: Uint8Array): Promise<void> {
    this.#entry(id).info ??= info.slice();
  }

  async putGoMod(id: ModuleVersion, goMod: Uint8Array): Promise<void> {
    this.#entry(id).goMod ??= goMod.slice();
  }

  async putModule(
    id: ModuleVersion,
    zip: ZipBytes,
    verify: (h1: H1) => void | Promise<void>,
    priority?: Priority,
  ): Promise<H1> {
    const ingested = await this.#pool.ingest(id, zip, priority);
    await verify(ingested.h1);
    this.#entry(id).module ??= new MemoryModule(id, ingested);
    return ingested.h1;
  }

  async remove(id: ModuleVersion): Promise<void> {
    this.#entries.delete(formatModuleVersion(id));
  }

  usage(): StoreUsage {
    const entries = [...this.#entries.values()];
    const modules = entries.flatMap(({ module }) => module ?? []);
    const downloadBytes = sum(entries, ({ info, goMod }) => byteLength(info) + byteLength(goMod));
    return {
      modules: entries.length,
      zips: modules.length,
      storedBytes: downloadBytes + sum(modules, (module) => module.storedBytes),
      servedBytes: downloadBytes + sum(modules, (module) => module.servedBytes),
    };
  }

  async close(): Promise<void> {
    this.#entries.clear();
  }

  #find(id: ModuleVersion): Entry | undefined {
    return this.#entries.get(formatModuleVersion(id));
  }

  #entry(id: ModuleVersion): Entry {
    const key = formatModuleVersion(id);
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const entry: Entry = { id };
    this.#entries.set(key, entry);
    return entry;
  }
}

/** A module whose deflate streams are in memory. */
class MemoryModule implements StoredModule {
  readonly id: ModuleVersion;
  readonly h1: H1;
  readonly manifest: Manifest;
  /** Bytes in memory. */
  readonly storedBytes: number;
  readonly #streams: readonly Uint8Array[];

  constructor(id: ModuleVersion, module: IngestedModule) {
    this.id = id;
    this.h1 = module.h1;
    this.manifest = decodeManifest(module.manifest);
    this.#streams = copyStreams(module, this.manifest);
    const streams = new Set(this.#streams);
    this.storedBytes = module.manifest.length + sum([...streams], byteLength);
  }

  /** Bytes of the extracted files and of the zip. */
  get servedBytes(): number {
    const zip = virtualZipSize(`${formatModuleVersion(this.id)}/`, this.manifest);
    return this.manifest.totalSize + zip;
  }

  readFile(index: number): Uint8Array {
    const size = this.manifest.size(index);
    const content = inflateRawSync(this.#stream(index), { maxOutputLength: size + 1 });
    if (content.length !== size) throw this.#damaged(index);
    return content;
  }

  readDeflated(index: number, start: number, out: Uint8Array): boolean {
    out.set(this.#stream(index).subarray(start, start + out.length));
    return true;
  }

  #stream(index: number): Uint8Array {
    const stream = this.#streams[index];
    if (stream === undefined) throw this.#damaged(index);
    return stream;
  }

  #damaged(index: number): GomodfsError {
    const name = `${formatModuleVersion(this.id)}/${this.manifest.name(index)}`;
    return new GomodfsError("STORE", `the stored bytes of ${name} are damaged`);
  }
}

/** The stream of each file; files of the same content share one. */
function copyStreams(module: IngestedModule, manifest: Manifest): Uint8Array[] {
  using streams = new DeflateStreams(module);
  const copies = new Map<number, Uint8Array>();
  return Array.from(module.offsets, (offset, index) => {
    const known = copies.get(offset);
    if (known !== undefined) return known;
    const copy = copyStream(streams, index, manifest.storedSize(index));
    copies.set(offset, copy);
    return copy;
  });
}

function copyStream(streams: DeflateStreams, index: number, length: number): Uint8Array {
  const copy = new Uint8Array(length);
  let end = 0;
  for (const piece of streams.pieces(index, length)) {
    copy.set(piece, end);
    end += piece.length;
  }
  return copy;
}

function byteLength(bytes: Uint8Array | undefined): number {
  return bytes?.length ?? 0;
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
