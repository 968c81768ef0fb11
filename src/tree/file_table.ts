import type { ModuleVersion } from "../module/module_version.ts";
import { TOOLCHAIN_PATH } from "../module/toolchain.ts";
import type { Manifest } from "../store/manifest.ts";
import { toolchainFileTable } from "./toolchain_files.ts";

/**
 * The files that a module directory shows, in ascending byte order of their UTF-8 names. For all modules but one that
 * is the manifest itself; golang.org/toolchain is shown as cmd/go changes it after extraction.
 */
export interface FileTable {
  readonly count: number;
  /** Name relative to the module's root. */
  name(index: number): string;
  size(index: number): number;
  executable(index: number): boolean;
  /** The manifest's index of the content. */
  source(index: number): number;
  /** The index of the file of this name, or -1. */
  find(name: string): number;
}

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
