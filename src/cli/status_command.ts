import { existsSync } from "node:fs";
import { callDaemon } from "../daemon/control_client.ts";
import type { DaemonStatus } from "../daemon/control_protocol.ts";
import { DaemonRegistry } from "../daemon/daemon_registry.ts";
import { locateStore } from "../daemon/store_location.ts";
import { isGomodfsError } from "../lib/gomodfs_error.ts";
import type { StoreUsage } from "../store/module_store.ts";
import { openStore, type StoreBackend, storePath } from "../store/store_backend.ts";
import { EXIT_DONE } from "./exit_code.ts";
import type { StoreFlags } from "./flags.ts";
import { formatBytes } from "./quantity.ts";

/** `gomodfs status`: the store, and each daemon that serves it. */
export async function runStatus(flags: StoreFlags & { readonly json?: boolean }): Promise<number> {
  const location = locateStore(flags.store, process.env);
  const usage = await readUsage(location.backend);
  const daemons = await askDaemons(location.state);
  const status = { store: { directory: location.directory, ...usage }, daemons };
  process.stdout.write(flags.json === true ? `${JSON.stringify(status)}\n` : formatStatus(status));
  return EXIT_DONE;
}

const NOTHING: StoreUsage = { modules: 0, zips: 0, storedBytes: 0, servedBytes: 0 };

/** A store that nothing has been put into yet is not made by looking at it. */
async function readUsage(backend: StoreBackend): Promise<StoreUsage> {
  if (!existsSync(storePath(backend))) return NOTHING;
  const { store, threads } = await openStore(backend);
  try {
    return store.usage();
  } finally {
    await store.close();
    await threads.close();
  }
}

interface Status {
  readonly store: StoreUsage & { readonly directory: string };
  readonly daemons: readonly DaemonStatus[];
}

async function askDaemons(state: string): Promise<DaemonStatus[]> {
  const records = await new DaemonRegistry(state).list();
  const answers = await Promise.all(records.map(({ socketPath }) => askDaemon(socketPath)));
  return answers.filter((answer) => answer !== undefined);
}

async function askDaemon(socketPath: string): Promise<DaemonStatus | undefined> {
  try {
    return await callDaemon(socketPath, { command: "status" });
  } catch (error) {
    // It has just ended, or is another user's; the store's own figures are still worth printing.
    if (!isGomodfsError(error)) throw error;
    process.stderr.write(`gomodfs: ${error.message}\n`);
    return undefined;
  }
}

function formatStatus({ store, daemons }: Status): string {
  const lines = [
    `store     ${store.directory}`,
    `resident  ${store.zips} modules, and parts of ${store.modules - store.zips} more`,
    `stored    ${formatBytes(store.storedBytes)} for ${formatBytes(store.servedBytes)} served`,
    ...daemons.flatMap(formatDaemon),
    ...(daemons.length === 0 ? ["daemon    none"] : []),
  ];
  return `${lines.join("\n")}\n`;
}

function formatDaemon(daemon: DaemonStatus): string[] {
  const { counts, flights, failures, circuits, securityEvents } = daemon;
  return [
    `daemon    ${daemon.pid} since ${daemon.startedAt}, ${placesOf(daemon)}`,
    `  asked     ${counts.hits} hits, ${counts.misses} misses; ${counts.reads} reads, ${formatBytes(counts.readBytes)}`,
    `  fetched   ${counts.fetched} parts, ${counts.failed} failures, ${flights.length} under way`,
    ...flights.slice(0, SHOWN).map((flight) => `  fetching  ${flight}`),
    ...circuits.slice(0, SHOWN).map(({ origin, since }) => `  away      ${origin} since ${since}`),
    ...securityEvents
      .slice(-SHOWN)
      .map(
        ({ time, database, kind, file }) =>
          `  security  ${time} ${database}: ${kind}, see ${file ?? "the log"}`,
      ),
    ...failures
      .slice(-SHOWN)
      .map(({ time, what, reason }) => `  failed    ${time} ${what}: ${reason}`),
  ];
}

/** Where it shows the store. One of `exec` shows it to its command only. */
function placesOf({ mountPoint, urls }: DaemonStatus): string {
  const places = [...(mountPoint === undefined ? [] : [mountPoint]), ...urls];
  return places.length === 0 ? "in a mount namespace of its own" : places.join(", ");
}

const SHOWN = 10;
