import { isGomodfsError } from "../lib/gomodfs_error.ts";
import { formatModuleVersion, type ModuleVersion } from "../module/module_version.ts";
import type { ModuleReader } from "../store/module_store.ts";
import { type Verification, verifyModule } from "../store/verify_module.ts";
import { EXIT_DONE, EXIT_FAILED } from "./exit_code.ts";
import type { StoreFlags } from "./flags.ts";
import { parseModuleName } from "./module_name.ts";
import { openStoreReader } from "./store_reader.ts";

/** `gomodfs verify`: all resident modules, or those that are named. */
export async function runVerify(names: readonly string[], flags: StoreFlags): Promise<number> {
  const reader = openStoreReader(flags);
  const ids = names.length > 0 ? names.map(parseModuleName) : residentIds(reader);
  let failed = 0;
  let bytes = 0;
  for (const id of ids) {
    const result = verify(reader, id);
    if (result.ok) {
      bytes += result.bytes;
      continue;
    }
    failed++;
    process.stderr.write(`gomodfs: ${formatModuleVersion(id)}: ${result.reason}\n`);
  }
  if (failed > 0) {
    process.stderr.write(`gomodfs: ${failed} of ${ids.length} modules are damaged or missing\n`);
    return EXIT_FAILED;
  }
  process.stdout.write(`${ids.length} modules verified, ${bytes} bytes\n`);
  return EXIT_DONE;
}

function residentIds(reader: ModuleReader | undefined): ModuleVersion[] {
  return (reader?.list() ?? []).filter(({ zip }) => zip).map(({ id }) => id);
}

function verify(reader: ModuleReader | undefined, id: ModuleVersion): Verification {
  try {
    const module = reader?.openModule(id);
    return module === undefined
      ? { ok: false, reason: "it is not resident" }
      : verifyModule(module);
  } catch (error) {
    if (isGomodfsError(error)) return { ok: false, reason: error.message };
    throw error;
  }
}
