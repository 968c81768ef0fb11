import { formatModuleVersion } from "../module/module_version.ts";
import type { ResidentModule } from "../store/module_store.ts";
import { EXIT_DONE } from "./exit_code.ts";
import type { StoreFlags } from "./flags.ts";
import { byPathAndVersion } from "./resident_order.ts";
import { openStoreReader } from "./store_reader.ts";

/** `gomodfs list`: module versions whose files are resident; with `--json` also those of which only a part is. */
export async function runList(flags: StoreFlags & { readonly json?: boolean }): Promise<number> {
  const reader = openStoreReader(flags);
  for (const resident of (reader?.list() ?? []).sort(byPathAndVersion)) {
    if (flags.json === true) process.stdout.write(`${JSON.stringify(describe(resident))}\n`);
    else if (resident.zip) process.stdout.write(`${formatModuleVersion(resident.id)}\n`);
  }
  return EXIT_DONE;
}

function describe({ id, info, goMod, zip }: ResidentModule): unknown {
  return { path: id.path, version: id.version, info, mod: goMod, zip };
}
