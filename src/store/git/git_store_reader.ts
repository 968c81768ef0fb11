import { LRUCache } from "lru-cache";
import { formatModuleVersion, type ModuleVersion } from "../../module/module_version.ts";
import { decodeManifest, withStoredSizes } from "../manifest_codec.ts";
import type { ModuleReader, ResidentModule, StoredModule } from "../module_store.ts";
import { foreignManifest } from "./foreign_module.ts";
import { GitModule } from "./git_module.ts";
import { type ModuleTree, readBlob, readModuleTree } from "./module_tree.ts";
import { ObjectDatabase } from "./object_database.ts";
import { asBuffer, type ObjectId, objectIdToBytes } from "./object_id.ts";
import { refName } from "./ref_name.ts";
import { Refs } from "./refs.ts";
import { openRepository, type Repository } from "./repository.ts";
import { ResidentList } from "./resident_list.ts";
import { storedSizesNow } from "./stored_sizes.ts";

/** Bytes of manifests that stay open: some 1,000 modules of usual size. */
const OPEN_MANIFEST_BYTES = 64 * 1024 * 1024;
/** What an open module costs besides its manifest. */
const OPEN_MODULE_OVERHEAD = 512;

interface OpenModule {
  readonly tree: ObjectId;
  readonly module: StoredModule;
  readonly size: number;
}

/**
 * Reads the modules in a git repository. It sees what was there when it was opened or last refreshed; each thread has
 * a reader of its own.
 */
export class GitStoreReader implements ModuleReader {
  /** The objects, for those who write beside. */
  readonly database: ObjectDatabase;
  /** The refs, for those who write beside. */
  readonly refs: Refs;
  readonly #open = new LRUCache<string, OpenModule>({
    maxSize: OPEN_MANIFEST_BYTES,
    sizeCalculation: (open) => open.size,
  });
  readonly #residents: ResidentList;

  constructor(repository: Repository) {
    this.database = new ObjectDatabase(repository);
    this.refs = new Refs(repository);
    this.#residents = new ResidentList(this.refs);
  }

  /**
   * Opens the store at `directory` for reading.
   *
   * @throws GomodfsError `STORE` if there is no store or it is damaged, `UNSUPPORTED` if it is of another format
   */
  static open(directory: string): GitStoreReader {
    return new GitStoreReader(openRepository(directory));
  }

  openModule(id: ModuleVersion): StoredModule | undefined {
    const tree = this.refs.get(refName(id, "zip"));
    if (tree === undefined) return undefined;
    const key = formatModuleVersion(id);
    const open = this.#open.get(key);
    if (open?.tree === tree) return open.module;
    const manifest = this.#readManifest(id, readModuleTree(this.database, tree));
    if (manifest === undefined) return undefined;
    const module = new GitModule(id, decodeManifest(manifest), this.database);
    this.#open.set(key, { tree, module, size: manifest.length + OPEN_MODULE_OVERHEAD });
    return module;
  }

  readInfo(id: ModuleVersion): Uint8Array | undefined {
    return this.#readPart(id, "info");
  }

  readGoMod(id: ModuleVersion): Uint8Array | undefined {
    return this.#readPart(id, "mod");
  }

  list(): ResidentModule[] {
    return [...this.#residents.residents()];
  }

  refresh(): void {
    this.refs.refresh();
  }

  /** Closes the files that are open. */
  close(): void {
    this.#open.clear();
    this.database.close();
  }

  /** The encoded manifest of a module; undefined if the tree is not that of a whole module. */
  #readManifest(id: ModuleVersion, tree: ModuleTree): Uint8Array | undefined {
    if (tree.manifest !== undefined) return this.#readOwnManifest(tree.manifest);
    if (tree.zip === undefined || tree.ziphash === undefined) return undefined;
    const h1 = asBuffer(readBlob(this.database, tree.ziphash)).toString("latin1").trim();
    return foreignManifest(this.database, id, tree.zip, h1);
  }

  /** A manifest that is not in a pack of ours shows that git copied the store, its files maybe in other forms. */
  #readOwnManifest(id: ObjectId): Uint8Array {
    const bytes = readBlob(this.database, id);
    for (const { pack } of this.database.locations(objectIdToBytes(id))) {
      if (pack.isOurs) return bytes;
    }
    return withStoredSizes(bytes, storedSizesNow(this.database, decodeManifest(bytes)));
  }

  /** A ref of its own, or else what tailscale/gomodfs puts into the module's tree. */
  #readPart(id: ModuleVersion, part: "info" | "mod"): Uint8Array | undefined {
    const blob = this.refs.get(refName(id, part)) ?? this.#partInTree(id, part);
    return blob && readBlob(this.database, blob);
  }

  #partInTree(id: ModuleVersion, part: "info" | "mod"): ObjectId | undefined {
    const tree = this.refs.get(refName(id, "zip"));
    return tree && readModuleTree(this.database, tree)[part];
  }
}
