// Measures gomodfs beside what it replaces: npm run bench. See README.md.
import { parseArgs } from "node:util";
import { Bench } from "./bench.ts";
import { measureInTurns } from "./measure.ts";
import { openPeers } from "./peers.ts";
import { formatTable, judge, type Row, writeReport } from "./report.ts";
import type { Workload } from "./workload.ts";
import { buildCache } from "./workloads/build_cache.ts";
import { buildCacheStart } from "./workloads/build_cache_start.ts";
import { buildGeth } from "./workloads/build_geth.ts";
import { daemonMemory } from "./workloads/daemon_memory.ts";
import { listGethExec } from "./workloads/list_geth_exec.ts";
import { listGethMount } from "./workloads/list_geth_mount.ts";
import { listGethWarm } from "./workloads/list_geth_warm.ts";
import { mountReady } from "./workloads/mount_ready.ts";
import { prefetch } from "./workloads/prefetch.ts";
import { prefetchAgain } from "./workloads/prefetch_again.ts";
import { prefetchMemory } from "./workloads/prefetch_memory.ts";
import { prefetchThenBuild, prefetchThenList } from "./workloads/prefetch_then_go.ts";
import { proxyDownload, proxyMemory, proxyRequests } from "./workloads/proxy_server.ts";
import { startUp } from "./workloads/start_up.ts";
import { storeSize } from "./workloads/store_size.ts";

const WORKLOADS: readonly Workload[] = [
  startUp,
  ...buildCacheStart,
  listGethExec,
  listGethMount,
  listGethWarm,
  storeSize,
  mountReady,
  daemonMemory,
  ...prefetch,
  prefetchThenList,
  prefetchAgain,
  ...prefetchMemory,
  ...proxyRequests,
  proxyDownload,
  proxyMemory,
  ...buildCache,
  buildGeth,
  prefetchThenBuild,
];

const USAGE = `Usage: node bench/run.ts [--runs N] [--only REGEXP] [--long] [--check] [--peer NAME=PATH]...

  --runs N                 measurements of each contender (default 5)
  --only REGEXP            only workloads whose name matches
  --long                   also the workloads that take minutes
  --check                  exit with 1 if a target is missed
  --peer gomodfs=PATH      measure a tailscale/gomodfs binary too, where that can be done
  --peer go-prefetch=PATH  measure a cfal/go-prefetch binary too, where that can be done
  --peer goproxy=PATH      measure a goproxy/goproxy binary too, where that can be done
  --peer go-cache-plugin=PATH
                           measure a tailscale/go-cache-plugin binary too, where that can be done
`;

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "5" },
    only: { type: "string", default: "" },
    long: { type: "boolean", default: false },
    check: { type: "boolean", default: false },
    peer: { type: "string", multiple: true, default: [] },
    help: { type: "boolean", default: false },
  },
});

async function main(): Promise<number> {
  const runs = Number(values.runs);
  if (values.help || !Number.isInteger(runs) || runs < 1) {
    process.stdout.write(USAGE);
    return values.help ? 0 : 2;
  }
  const only = new RegExp(values.only);
  const chosen = WORKLOADS.filter(({ name, long }) => only.test(name) && (!long || values.long));
  if (chosen.length === 0) throw new Error(`no workload's name matches ${values.only}`);
  await using bench = await Bench.start((goproxy) => openPeers(values.peer, goproxy));
  const { rows, failed } = await measureAll(chosen, bench, runs);
  process.stdout.write(formatTable(rows));
  const directory = new URL("results", import.meta.url).pathname;
  process.stderr.write(`written: ${await writeReport(directory, rows)}\n`);
  const missed = values.check && rows.some((row) => judge(row).met === false);
  return failed || missed ? 1 : 0;
}

/** Measures one workload after the other. One that fails says so, and the others go on. */
async function measureAll(
  workloads: readonly Workload[],
  bench: Bench,
  runs: number,
): Promise<{ readonly rows: readonly Row[]; readonly failed: boolean }> {
  const rows: Row[] = [];
  for (const workload of workloads) {
    process.stderr.write(`${workload.name} ...\n`);
    try {
      rows.push(await measure(workload, bench, Math.min(runs, workload.mostRuns ?? runs)));
    } catch (error) {
      process.stderr.write(`${workload.name}: FAILED: ${messageOf(error)}\n`);
    }
  }
  return { rows, failed: rows.length < workloads.length };
}

async function measure(workload: Workload, bench: Bench, runs: number): Promise<Row> {
  const { name, unit, target } = workload;
  await using prepared = await workload.prepare(bench);
  return { name, unit, target, samples: await measureInTurns(prepared.contenders, runs) };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`bench: ${messageOf(error)}\n`);
  process.exitCode = 2;
}
