import { resolve } from "node:path";
import { ModuleService } from "../daemon/module_service.ts";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { parseGoSum, type SumLine } from "../module/go_sum.ts";
import { readBoundedFile } from "../project/bounded_file.ts";
import { type ImportSource, openImportSource } from "../transfer/import_source.ts";
import { ModuleImporter } from "../transfer/module_importer.ts";
import type { Offer } from "../transfer/offered_module.ts";
import { EXIT_DONE, EXIT_FAILED } from "./exit_code.ts";
import type { ImportFlags } from "./flags.ts";
import { readSessionSettings } from "./session_settings.ts";
import { TransferOutput } from "./transfer_output.ts";

/** A line has about 100 bytes; the largest workspaces known have some ten thousand. */
const MAXIMUM_GO_SUM = 128 * 1024 * 1024;

/** `gomodfs import`: takes modules of other layouts into the store. */
export async function runImport(paths: readonly string[], flags: ImportFlags): Promise<number> {
  const { location, settings, proxy, log } = readSessionSettings(flags, process.env, "warn");
  const sums = await readSums(flags.sum ?? []);
  const sources = openSources(paths, flags);
  const service = await ModuleService.open({
    location,
    settings,
    // Without a proxy nothing can be looked up in a checksum database, and go.sum files may say all that is needed.
    proxy: proxy ?? settings.GOPROXY ?? "off",
    environment: process.env,
    sums,
    log,
  });
  try {
    const output = new TransferOutput(flags, "imported");
    const importer = new ModuleImporter({
      store: service.store,
      checksums: service.checksums,
      spoolDirectory: service.temporaryDirectory,
    });
    const summary = await importer.import(offersOf(sources), (result) => output.tell(result));
    output.summarise(summary);
    return summary.failed > 0 ? EXIT_FAILED : EXIT_DONE;
  } finally {
    for (const source of sources) source.close();
    await service.close();
  }
}

function openSources(paths: readonly string[], { from }: ImportFlags): ImportSource[] {
  return paths.map((path) => openImportSource({ path: resolve(path), kind: from }));
}

function* offersOf(sources: readonly ImportSource[]): Generator<Offer, undefined> {
  for (const source of sources) yield* source.offers();
}

async function readSums(files: readonly string[]): Promise<SumLine[]> {
  const sums = await Promise.all(files.map(readSum));
  return sums.flat();
}

async function readSum(file: string): Promise<SumLine[]> {
  const text = await readBoundedFile(file, MAXIMUM_GO_SUM);
  if (text !== undefined) return parseGoSum(text, file);
  throw new GomodfsError("USAGE", `there is no ${file}`, { hint: "name a go.sum with --sum" });
}
