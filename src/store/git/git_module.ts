import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { formatModuleVersion, type H1, type ModuleVersion } from "../../module/module_version.ts";
import type { Manifest } from "../manifest.ts";
import type { StoredModule } from "../module_store.ts";
import { RAW_DEFLATE_OFFSET, ZLIB_OVERHEAD } from "../zlib_stream.ts";
import type { ObjectDatabase } from "./object_database.ts";
import { objectIdFromBytes } from "./object_id.ts";

/** A module whose files are blobs of a repository. */
export class GitModule implements StoredModule {
  readonly id: ModuleVersion;
  readonly manifest: Manifest;
  readonly #database: ObjectDatabase;

  constructor(id: ModuleVersion, manifest: Manifest, database: ObjectDatabase) {
    this.id = id;
    this.manifest = manifest;
    this.#database = database;
  }

  get h1(): H1 {
    return this.manifest.h1;
  }

  readFile(index: number): Uint8Array {
    const id = this.manifest.objectId(index);
    const size = this.manifest.size(index);
    const storedSize = this.manifest.storedSize(index);
    const content =
      storedSize < 0
        ? undefined
        : this.#database.search(id, (pack, offset) =>
            pack.contentOf(offset, size, storedSize + ZLIB_OVERHEAD),
          );
    return content ?? this.#readObject(index);
  }

  readDeflated(index: number, start: number, out: Uint8Array): boolean {
    const storedSize = this.manifest.storedSize(index);
    if (storedSize < 0) return false;
    const size = this.manifest.size(index);
    const found = this.#database.search(this.manifest.objectId(index), (pack, offset) => {
      const stream = pack.exactStreamAt(offset, size, storedSize + ZLIB_OVERHEAD);
      if (stream === undefined) return undefined;
      pack.readInto(out, stream + RAW_DEFLATE_OFFSET + start);
      return true;
    });
    if (found === undefined) {
      throw new GomodfsError(
        "STORE",
        `${this.#fileName(index)} is stored in another form than its zip had`,
        {
          hint: "another program repacked the store; remove the module and fetch it again",
        },
      );
    }
    return true;
  }

  /** In whatever form it is stored: another program may have repacked the store. */
  #readObject(index: number): Uint8Array {
    const object = this.#database.read(objectIdFromBytes(this.manifest.objectId(index)));
    if (object.type !== "blob" || object.content.length !== this.manifest.size(index)) {
      throw new GomodfsError("STORE", `${this.#fileName(index)} is not what its manifest says`);
    }
    return object.content;
  }

  #fileName(index: number): string {
    return `${formatModuleVersion(this.id)}/${this.manifest.name(index)}`;
  }
}
