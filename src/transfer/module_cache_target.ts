import { rm } from "node:fs/promises";
import { join } from "node:path";
import { escapePath, escapeVersion } from "../module/escape.ts";
import type { H1, ModuleVersion } from "../module/module_version.ts";
import type { ModuleStore, StoredModule } from "../store/module_store.ts";
import { verifyModule } from "../store/verify_module.ts";
import {
  checkExistingGoMod,
  checkExistingInfo,
  checkExistingModule,
  differs,
} from "./existing_part.ts";
import type { ExportTarget } from "./export_target.ts";
import { HeldZips } from "./held_zips.ts";
import { checkRebuilt, RebuiltZip } from "./rebuilt_zip.ts";

/** What a {@linkcode ModuleCacheTarget} is made of. */
export interface ModuleCacheTargetParts {
  /** The GOMODCACHE. */
  readonly directory: string;
  /** Writes to that directory; the caller closes it. */
  readonly store: ModuleStore;
}

/** An ordinary GOMODCACHE. */
export class ModuleCacheTarget implements ExportTarget {
  readonly #store: ModuleStore;
  readonly #directory: string;
  readonly #spoolDirectory: string;
  readonly #zips: HeldZips;

  constructor({ directory, store }: ModuleCacheTargetParts) {
    this.#store = store;
    this.#directory = directory;
    this.#spoolDirectory = join(directory, `.gomodfs-export-${process.pid}`);
    this.#zips = new HeldZips(this.#spoolDirectory);
  }

  async putInfo(id: ModuleVersion, info: Uint8Array): Promise<number | undefined> {
    const existing = this.#store.readInfo(id);
    if (existing !== undefined) {
      checkExistingInfo({ id, place: this.#downloadFile(id, "info") }, existing);
      return undefined;
    }
    await this.#store.putInfo(id, info);
    return info.length;
  }

  async putGoMod(id: ModuleVersion, goMod: Uint8Array): Promise<number | undefined> {
    const existing = this.#store.readGoMod(id);
    if (existing !== undefined) {
      checkExistingGoMod({ id, place: this.#downloadFile(id, "mod") }, existing, goMod);
      return undefined;
    }
    await this.#store.putGoMod(id, goMod);
    return goMod.length;
  }

  async putModule(module: StoredModule): Promise<number | undefined> {
    const { id, h1 } = module;
    const existing = this.#store.openModule(id);
    if (existing !== undefined) {
      this.#checkExisting(existing, h1);
      return undefined;
    }
    const zip = new RebuiltZip(module);
    const held = await this.#zips.hold(zip);
    try {
      await this.#store.putModule(id, held.bytes, (found) => checkRebuilt(id, found, h1), "ahead");
    } finally {
      await held.release();
    }
    return zip.size();
  }

  async finish(): Promise<void> {
    // The store keeps the lists of versions.
  }

  async close(): Promise<void> {
    await rm(this.#spoolDirectory, { recursive: true, force: true });
  }

  #checkExisting(existing: StoredModule, stored: H1): void {
    const { id } = existing;
    const place = join(this.#directory, `${escapePath(id.path)}@${escapeVersion(id.version)}`);
    checkExistingModule({ id, place }, existing.h1, stored);
    const verification = verifyModule(existing);
    if (!verification.ok) throw differs(place, `is damaged: ${verification.reason}`);
  }

  #downloadFile({ path, version }: ModuleVersion, extension: "info" | "mod"): string {
    const name = `${escapeVersion(version)}.${extension}`;
    return join(this.#directory, "cache", "download", escapePath(path), "@v", name);
  }
}
