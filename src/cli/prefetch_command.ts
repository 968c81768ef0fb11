import { resolve } from "node:path";
import { ModuleService } from "../daemon/module_service.ts";
import {
  locateModuleCache,
  locateProxyTree,
  locateStore,
  type StoreLocation,
} from "../daemon/store_location.ts";
import { isGomodfsError } from "../lib/gomodfs_error.ts";
import { silentLogger } from "../lib/logger.ts";
import { type PrefetchRequest, prefetch } from "../prefetch/prefetch.ts";
import type { PrefetchSummary } from "../prefetch/prefetch_event.ts";
import { type GoSettings, readGoSettings } from "../upstream/go_settings.ts";
import { EXIT_DONE, EXIT_FAILED } from "./exit_code.ts";
import { Interruption } from "./interruption.ts";
import {
  chooseDestination,
  type PrefetchDestination,
  type PrefetchFlags,
  verbosityOf,
} from "./prefetch_flags.ts";
import { createPrefetchLog } from "./prefetch_log.ts";
import { PrefetchReport } from "./prefetch_report.ts";
import { readRequest } from "./prefetch_request.ts";
import { Stopwatch } from "./stopwatch.ts";

/** `gomodfs prefetch`: fetches what projects and modules need. */
export async function runPrefetch(names: readonly string[], flags: PrefetchFlags): Promise<number> {
  const environment = process.env;
  const stopwatch = new Stopwatch();
  stopwatch.end("start");
  const settings = readGoSettings(environment);
  const directory = resolve(flags.directory);
  const location = locate(chooseDestination(flags, directory, settings), environment);
  const request = await readRequest(names, flags, directory, settings);
  stopwatch.end("read the projects");

  using interruption = new Interruption();
  using report = new PrefetchReport({
    results: process.stdout,
    messages: process.stderr,
    verbosity: verbosityOf(flags),
    json: flags.json === true,
    timings: flags.timings === true,
    environment,
  });
  try {
    const run = {
      request,
      flags,
      location,
      settings,
      environment,
      interruption,
      report,
      stopwatch,
    };
    const summary = await fetchAll(run);
    const dryRun = flags.dryRun === true;
    report.finish({ summary, into: location.directory, phases: stopwatch.phases, dryRun });
    return summary.failures.length > 0 ? EXIT_FAILED : EXIT_DONE;
  } catch (error) {
    report.close();
    if (interruption.exitCode !== undefined && isGomodfsError(error, "CANCELLED")) {
      return interruption.exitCode;
    }
    if (!report.hasTold(error)) throw error;
    report.finishEarly(stopwatch.phases);
    return EXIT_FAILED;
  }
}

interface Run {
  readonly request: PrefetchRequest;
  readonly flags: PrefetchFlags;
  readonly location: StoreLocation;
  readonly settings: GoSettings;
  readonly environment: NodeJS.ProcessEnv;
  readonly interruption: Interruption;
  readonly report: PrefetchReport;
  readonly stopwatch: Stopwatch;
}

async function fetchAll(run: Run): Promise<PrefetchSummary> {
  const { request, flags, report, stopwatch } = run;
  const service = await openService(run);
  stopwatch.end("open the store");
  try {
    return await prefetch(request, service, {
      concurrency: flags.concurrency,
      continueOnError: flags.continueOnError === true,
      dryRun: flags.dryRun === true,
      onEvent: report.record,
      signal: run.interruption.signal,
    });
  } finally {
    stopwatch.end("fetch");
    await service.close();
    stopwatch.end("close the store");
  }
}

async function openService(run: Run): Promise<ModuleService> {
  const { request, flags, location, settings, environment, report } = run;
  const log = createPrefetchLog(verbosityOf(flags), (line) => report.print(line));
  return await ModuleService.open({
    location,
    settings,
    proxy: flags.proxy,
    environment,
    sums: request.projects.flatMap(({ sums }) => sums),
    log,
    // The report names each failure, with what to do.
    cacheLog: silentLogger,
  });
}

function locate(destination: PrefetchDestination, environment: NodeJS.ProcessEnv): StoreLocation {
  switch (destination.kind) {
    case "modcache":
      return locateModuleCache(destination.directory, environment, destination);
    case "zips":
      return locateProxyTree(destination.directory, environment);
    case "store":
      return locateStore(destination.name, environment, destination);
  }
}
