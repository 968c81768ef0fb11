import { resolve } from "node:path";
import { createIngestPool } from "../store/ingest.ts";
import type { ModuleReader } from "../store/module_store.ts";
import { openStore } from "../store/store_backend.ts";
import type { ExportTarget } from "../transfer/export_target.ts";
import { ModuleCacheTarget } from "../transfer/module_cache_target.ts";
import { ModuleExporter, type WantedModule } from "../transfer/module_exporter.ts";
import { ProxyTree } from "../transfer/proxy_tree.ts";
import { readGoSettings } from "../upstream/go_settings.ts";
import { EXIT_DONE, EXIT_FAILED } from "./exit_code.ts";
import type { ExportFlags } from "./flags.ts";
import { parseModuleName } from "./module_name.ts";
import { byPathAndVersion } from "./resident_order.ts";
import { openStoreReader } from "./store_reader.ts";
import { TransferOutput } from "./transfer_output.ts";

/** A target, and what has to be closed with it. */
interface OpenedTarget {
  readonly target: ExportTarget;
  readonly close: () => Promise<void>;
}

/** `gomodfs export`: writes all resident modules, or those that are named, to an ordinary directory. */
export async function runExport(
  path: string,
  names: readonly string[],
  flags: ExportFlags,
): Promise<number> {
  const named = names.map(parseModuleName).map((id) => ({ id, zip: true }));
  const reader = openStoreReader(flags);
  if (reader === undefined) return EXIT_FAILED;
  const directory = resolve(path);
  const { target, close } = await (flags.as === "proxy"
    ? openProxyTree(directory)
    : openModuleCache(directory, flags));
  try {
    const output = new TransferOutput(flags, "exported");
    const exporter = new ModuleExporter(reader, target);
    const wanted = named.length > 0 ? named : residentModules(reader);
    const summary = await exporter.export(wanted, (result) => output.tell(result));
    output.summarise(summary);
    return summary.failed > 0 ? EXIT_FAILED : EXIT_DONE;
  } finally {
    await close();
    reader.close();
  }
}

async function openProxyTree(directory: string): Promise<OpenedTarget> {
  const pool = createIngestPool();
  const target = new ProxyTree(directory, async (id, path, size) => {
    const { h1 } = await pool.ingest(id, { kind: "file", path, size });
    return h1;
  });
  return {
    target,
    close: async () => {
      await target.close();
      await pool.close();
    },
  };
}

async function openModuleCache(directory: string, flags: ExportFlags): Promise<OpenedTarget> {
  const writableDirectories = flags.modcacherw ?? readGoSettings(process.env).flags.modcacherw;
  const { store, threads } = await openStore({ kind: "dir", directory, writableDirectories });
  const target = new ModuleCacheTarget({ directory, store });
  return {
    target,
    close: async () => {
      await target.close();
      await threads.close();
      await store.close();
    },
  };
}

function residentModules(reader: ModuleReader): WantedModule[] {
  return reader
    .list()
    .sort(byPathAndVersion)
    .map(({ id, zip }) => ({ id, zip }));
}
