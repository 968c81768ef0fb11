import type { ModuleVersion } from "../../module/module_version.ts";
import type { ResidentModule } from "../module_store.ts";
import { parseRefName, splitRefName } from "./ref_name.ts";
import type { Refs } from "./refs.ts";

/**
 * What the refs say is resident. The names of 10,000 modules take 80 ms to parse and check, so those known from before
 * are not parsed again when a ref comes or goes.
 */
export class ResidentList {
  readonly #refs: Refs;
  /** By the name of the ref without its suffix; undefined for a ref that is not one of a module. */
  #ids = new Map<string, ModuleVersion | undefined>();
  #generation = -1;
  #residents: ResidentModule[] = [];

  constructor(refs: Refs) {
    this.#refs = refs;
  }

  /** One element for each module version, in no particular order. */
  residents(): readonly ResidentModule[] {
    const { generation } = this.#refs;
    if (generation !== this.#generation) {
      this.#residents = this.#read();
      this.#generation = generation;
    }
    return this.#residents;
  }

  #read(): ResidentModule[] {
    const ids = new Map<string, ModuleVersion | undefined>();
    const residents = new Map<string, ResidentModule>();
    for (const name of this.#refs.names()) {
      const { base, kind } = splitRefName(name);
      if (!ids.has(base)) {
        ids.set(base, this.#ids.has(base) ? this.#ids.get(base) : parseRefName(name)?.id);
      }
      const id = ids.get(base);
      if (id === undefined) continue;
      const known = residents.get(base);
      residents.set(base, {
        id,
        info: kind === "info" || known?.info === true,
        goMod: kind === "mod" || known?.goMod === true,
        zip: kind === "zip" || known?.zip === true,
      });
    }
    this.#ids = ids;
    return [...residents.values()];
  }
}
