import { GomodfsError } from "../lib/gomodfs_error.ts";
import { formatModuleVersion, type ModuleVersion } from "../module/module_version.ts";
import type { ModuleReader } from "../store/module_store.ts";
import type { ExportTarget } from "./export_target.ts";
import { runLanes } from "./lanes.ts";
import {
  TransferCount,
  TransferRecord,
  type TransferResult,
  type TransferSummary,
} from "./transfer_result.ts";

/** Modules at a time: while one is written to the disk another is put together. */
const LANES = 4;

/** A module version that is wanted in the target. */
export interface WantedModule {
  readonly id: ModuleVersion;
  /** Its files are wanted. False: whatever there is, if only a go.mod that is part of a module graph. */
  readonly zip: boolean;
}

/** Writes resident modules to an {@linkcode ExportTarget}. */
export class ModuleExporter {
  readonly #reader: ModuleReader;
  readonly #target: ExportTarget;

  constructor(reader: ModuleReader, target: ExportTarget) {
    this.#reader = reader;
    this.#target = target;
  }

  /**
   * Writes modules. A part that is not resident and that the go command needs is a failure: where a module has its
   * files, these are its `.info` and its `.mod`. A failure ends nothing but the part that it is about.
   *
   * @param report is told what became of each module, as soon as that is known
   * @throws GomodfsError `STORE` if the lists of versions cannot be written
   */
  async export(
    modules: Iterable<WantedModule>,
    report: (result: TransferResult) => void,
  ): Promise<TransferSummary> {
    const count = new TransferCount();
    await runLanes(modules, LANES, async (module) => {
      const result = await this.#write(module);
      count.add(result);
      report(result);
    });
    await this.#target.finish();
    return count.summary;
  }

  async #write({ id, zip }: WantedModule): Promise<TransferResult> {
    const record = new TransferRecord(id);
    let hasFiles = false;
    await record.attempt("zip", async () => {
      const module = this.#reader.openModule(id);
      if (module === undefined && zip) throw absent(id, "zip");
      if (module === undefined) return undefined;
      hasFiles = true;
      return await this.#target.putModule(module);
    });
    await record.attempt("mod", async () => {
      const goMod = this.#reader.readGoMod(id);
      if (goMod !== undefined) return await this.#target.putGoMod(id, goMod);
      if (hasFiles) throw absent(id, "mod");
      return undefined;
    });
    await record.attempt("info", async () => {
      const info = this.#reader.readInfo(id);
      if (info !== undefined) return await this.#target.putInfo(id, info);
      if (hasFiles) throw absent(id, "info");
      return undefined;
    });
    return record.result();
  }
}

function absent(id: ModuleVersion, part: "info" | "mod" | "zip"): GomodfsError {
  return new GomodfsError("NOT_FOUND", `${formatModuleVersion(id)} has no .${part} in the store`, {
    hint: "the go command needs it: fetch it with gomodfs exec -- go mod download MODULE@VERSION",
  });
}
