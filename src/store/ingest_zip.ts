import { constants, deflateRawSync } from "node:zlib";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import type { ImportCollector } from "../module/import_collector.ts";
import type { ModuleVersion } from "../module/module_version.ts";
import { quote } from "../module/quote.ts";
import type { RandomAccessReader } from "../module/zip/random_access.ts";
import type { ZipEntry } from "../module/zip/zip_entry.ts";
import { METHOD_STORED } from "../module/zip/zip_format.ts";
import type { ContentDigester } from "./content_digest.ts";
import type { TakePiece } from "./entry_content.ts";
import type { IngestedModule } from "./ingested_module.ts";
import { encodeManifest, type ManifestRow } from "./manifest_codec.ts";
import {
  hashModule,
  type ModuleFileEntry,
  namingModule,
  readModuleEntries,
} from "./module_entries.ts";
import type { ZipContent } from "./module_store.ts";
import { openZipBytes } from "./zip_bytes_reader.ts";

/** What is found out about a zip that is taken apart. */
export type TakenApart = Omit<IngestedModule, "zip">;

/**
 * Checks a module zip and takes it apart. Each file is inflated once, for its checksums, and its deflate stream is left
 * where it is; a file that the zip does not compress is deflated.
 *
 * @param imports gathers what the packages import
 * @throws GomodfsError `INVALID` or `TOO_LARGE` naming the module and the entry, `SECURITY` for a SHA-1 collision,
 *   `STORE` if a spooled zip cannot be read
 */
export function ingestZip(
  id: ModuleVersion,
  zip: ZipContent,
  digester: ContentDigester,
  imports?: ImportCollector,
): TakenApart {
  const reader = openZipBytes(zip);
  try {
    const entries = readModuleEntries(id, reader);
    const files = new IngestedFiles(reader, digester, entries.files.length, imports);
    for (const file of entries.files) files.add(file);
    const h1 = hashModule(entries, files.rows);
    const manifest = encodeManifest(h1, files.rows, entries.directories);
    const packages = imports === undefined ? {} : { packages: imports.packages() };
    return { h1, manifest, ...files.streams(), ...packages };
  } catch (error) {
    throw namingModule(id, error);
  } finally {
    reader.close();
  }
}

/** A deflate stream: where it begins, as {@linkcode IngestedModule.offsets} say, and its bytes. */
interface Stream {
  readonly offset: number;
  readonly storedSize: number;
}

/** The first file of a content. */
interface KnownContent extends Stream {
  readonly row: ManifestRow;
}

/** What is known of a module's files, one after the other. */
class IngestedFiles {
  readonly rows: ManifestRow[] = [];
  readonly #reader: RandomAccessReader;
  readonly #digester: ContentDigester;
  readonly #offsets: Float64Array<ArrayBuffer>;
  readonly #adler32s: Uint32Array<ArrayBuffer>;
  readonly #added: Buffer[] = [];
  #addedEnd: number;
  readonly #known = new Map<string, KnownContent>();
  readonly #imports: ImportCollector | undefined;

  constructor(
    reader: RandomAccessReader,
    digester: ContentDigester,
    count: number,
    imports: ImportCollector | undefined,
  ) {
    this.#imports = imports;
    this.#reader = reader;
    this.#digester = digester;
    this.#offsets = new Float64Array(count);
    this.#adler32s = new Uint32Array(count);
    this.#addedEnd = reader.size;
  }

  add({ name, entry }: ModuleFileEntry): void {
    const { objectId, sha256, adler32, storedSize } = this.#digester.digest(
      this.#reader,
      entry,
      this.#lookAt(name),
    );
    const index = this.rows.length;
    const key = objectId.toString("latin1");
    const same = this.#known.get(key);
    if (same !== undefined) checkSameContent(same.row, name, sha256);
    const stream = same ?? this.#stream(entry, storedSize);
    const { size, crc32 } = entry;
    const row = { name, size, storedSize: stream.storedSize, crc32, objectId, sha256 };
    if (same === undefined) this.#known.set(key, { ...stream, row });
    this.rows.push(row);
    this.#offsets[index] = stream.offset;
    this.#adler32s[index] = adler32;
  }

  streams(): Pick<IngestedModule, "offsets" | "adler32s" | "added"> {
    const added = new Uint8Array(this.#addedEnd - this.#reader.size);
    let end = 0;
    for (const stream of this.#added) {
      added.set(stream, end);
      end += stream.length;
    }
    return { offsets: this.#offsets, adler32s: this.#adler32s, added };
  }

  #lookAt(name: string): TakePiece | undefined {
    const imports = this.#imports;
    if (imports?.wants(name) !== true) return undefined;
    return (source) => imports.add(name, source);
  }

  /** Where an entry's deflate stream is, which is made where the zip has none. */
  #stream(entry: ZipEntry, storedSize: number): Stream {
    if (entry.method !== METHOD_STORED) return { offset: entry.dataOffset, storedSize };
    const content = this.#reader.read(entry.dataOffset, entry.compressedSize);
    const deflated = deflateRawSync(content, { level: constants.Z_BEST_SPEED });
    const offset = this.#addedEnd;
    this.#added.push(deflated);
    this.#addedEnd += deflated.length;
    return { offset, storedSize: deflated.length };
  }
}

/** The store names contents by SHA-1, for which collisions can be made; SHA-256 tells them. */
function checkSameContent(same: ManifestRow, name: string, sha256: Uint8Array): void {
  if (Buffer.compare(same.sha256, sha256) !== 0) {
    throw new GomodfsError(
      "SECURITY",
      `files ${quote(same.name)} and ${quote(name)} differ and have the same SHA-1`,
    );
  }
}
