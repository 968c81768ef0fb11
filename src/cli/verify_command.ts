import { GomodfsError, isGomodfsError } from "../lib/gomodfs_error.ts";
import { formatModuleVersion, type ModuleVersion } from "../module/module_version.ts";
import { parseModuleVersion } from "../module/path.ts";
import type { GitStoreReader } from "../store/git/git_store_reader.ts";
import { type Verification, verifyModule } from "../store/verify_module.ts";
import { EXIT_DONE, EXIT_FAILED } from "./exit_code.ts";
import type { StoreFlags } from "./flags.ts";
import { openStoreReader } from "./store_reader.ts";

/** `gomodfs verify`: all resident modules, or those that are named. */
export async function runVerify(names: readonly string[], flags: StoreFlags): Promise<number> {
  const reader = openStoreReader(flags);
  const ids = names.length > 0 ? names.map(parseName) : residentIds(reader);
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

function residentIds(reader: GitStoreReader | undefined): ModuleVersion[] {
  return (reader?.list() ?? []).filter(({ zip }) => zip).map(({ id }) => id);
}

function verify(reader: GitStoreReader | undefined, id: ModuleVersion): Verification {
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

function parseName(name: string): ModuleVersion {
  const at = name.lastIndexOf("@");
  if (at > 0) return parseModuleVersion(name.slice(0, at), name.slice(at + 1));
  throw new GomodfsError("USAGE", `${name} does not name a module version`, {
    hint: "write MODULE@VERSION, for example golang.org/x/net@v0.43.0",
  });
}
