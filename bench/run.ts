// Measures gomodfs beside what it replaces: npm run bench. See README.md.
import { parseArgs } from "node:util";
import { Bench } from "./bench.ts";
import { measureInTurns } from "./measure.ts";
import { openPeer } from "./peer.ts";
import { formatTable, judge, type Row, writeReport } from "./report.ts";
import type { Workload } from "./workload.ts";
import { buildGeth } from "./workloads/build_geth.ts";
import { daemonMemory } from "./workloads/daemon_memory.ts";
import { listGethExec } from "./workloads/list_geth_exec.ts";
import { listGethMount } from "./workloads/list_geth_mount.ts";
import { listGethWarm } from "./workloads/list_geth_warm.ts";
import { mountReady } from "./workloads/mount_ready.ts";
import { startUp } from "./workloads/start_up.ts";
import { storeSize } from "./workloads/store_size.ts";

const WORKLOADS: readonly Workload[] = [
  startUp,
  listGethExec,
  listGethMount,
  listGethWarm,
  storeSize,
  mountReady,
  daemonMemory,
  buildGeth,
];

const USAGE = `Usage: node bench/run.ts [--runs N] [--only REGEXP] [--long] [--check] [--peer gomodfs=PATH]

  --runs N             measurements of each contender (default 5)
  --only REGEXP        only workloads whose name matches
  --long               also the workloads that take minutes
  --check              exit with 1 if a target is missed
  --peer gomodfs=PATH  measure a tailscale/gomodfs binary too, where that can be done
`;

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "5" },
    only: { type: "string", default: "" },
    long: { type: "boolean", default: false },
    check: { type: "boolean", default: false },
    peer: { type: "string" },
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
  const chosen = WORKLOADS.filter(
    ({ name, longRuns }) => only.test(name) && (longRuns === undefined || values.long),
  );
  await using bench = await Bench.start((proxy) => openPeer(values.peer, proxy));
  const rows: Row[] = [];
  for (const workload of chosen) {
    process.stderr.write(`${workload.name} ...\n`);
    rows.push(await measure(workload, bench, Math.min(runs, workload.longRuns ?? runs)));
  }
  process.stdout.write(formatTable(rows));
  const directory = new URL("results", import.meta.url).pathname;
  process.stderr.write(`written: ${await writeReport(directory, rows)}\n`);
  return values.check && rows.some((row) => !judge(row).met) ? 1 : 0;
}

async function measure(workload: Workload, bench: Bench, runs: number): Promise<Row> {
  const { name, unit, target } = workload;
  await using prepared = await workload.prepare(bench);
  return { name, unit, target, samples: await measureInTurns(prepared.contenders, runs) };
}

process.exitCode = await main();
