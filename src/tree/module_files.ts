import type { ModuleVersion } from "../module/module_version.ts";
import { TOOLCHAIN_PATH } from "../module/toolchain.ts";
import type { Manifest } from "../store/manifest.ts";
import type { FileTable } from "./file_table.ts";
import { toolchainFileTable } from "./toolchain_files.ts";

/** The files that the directory of module `id` shows. */
export function fileTable(id: ModuleVersion, manifest: Manifest): FileTable {
  return id.path === TOOLCHAIN_PATH
    ? toolchainFileTable(manifest)
    : new ManifestFileTable(manifest);
}

class ManifestFileTable implements FileTable {
  readonly #manifest: Manifest;

  constructor(manifest: Manifest) {
    this.#manifest = manifest;
  }

  get count(): number {
    return this.#manifest.count;
  }

  name(index: number): string {
    return this.#manifest.name(index);
  }

  size(index: number): number {
    return this.#manifest.size(index);
  }

  executable(): boolean {
    return false;
  }

  source(index: number): number {
    return index;
  }

  find(name: string): number {
    return this.#manifest.find(name);
  }
}
