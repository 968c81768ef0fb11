import type { ModulePath, ModuleVersion } from "../module/module_version.ts";
import type { ModuleReader, ResidentModule, StoredModule } from "../store/module_store.ts";

/** A store as those see it who may have some of its modules only: of the others not even the names are there. */
export class ExportedModules implements ModuleReader {
  readonly #reader: ModuleReader;
  readonly #isExported: (path: ModulePath) => boolean;

  constructor(reader: ModuleReader, isExported: (path: ModulePath) => boolean) {
    this.#reader = reader;
    this.#isExported = isExported;
  }

  openModule(id: ModuleVersion): StoredModule | undefined {
    return this.#isExported(id.path) ? this.#reader.openModule(id) : undefined;
  }

  readInfo(id: ModuleVersion): Uint8Array | undefined {
    return this.#isExported(id.path) ? this.#reader.readInfo(id) : undefined;
  }

  readGoMod(id: ModuleVersion): Uint8Array | undefined {
    return this.#isExported(id.path) ? this.#reader.readGoMod(id) : undefined;
  }

  list(): ResidentModule[] {
    return this.#reader.list().filter(({ id }) => this.#isExported(id.path));
  }

  refresh(): void {
    this.#reader.refresh();
  }
}
