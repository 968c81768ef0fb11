import { callDaemon } from "../daemon/control_client.ts";
import { type DaemonRecord, DaemonRegistry } from "../daemon/daemon_registry.ts";
import type { StoreLocation } from "../daemon/store_location.ts";
import { findMount, readMountTable } from "../fuse/mount_table.ts";
import { isGomodfsError } from "../lib/gomodfs_error.ts";

/** A daemon that serves a store, and where. */
export interface ServingDaemon {
  readonly socketPath: string;
  readonly mountPoint: string;
}

/** A daemon that serves the store on a mount which this process sees. */
export async function findDaemon(location: StoreLocation): Promise<ServingDaemon | undefined> {
  const records = await new DaemonRegistry(location.state).list();
  if (records.length === 0) return undefined;
  const table = await readMountTable();
  const isVisible = ({ mount }: DaemonRecord): boolean =>
    mount !== undefined && findMount(table, mount.point)?.device === mount.device;
  for (const record of records.filter(isVisible)) {
    if (record.mount !== undefined && (await answers(record.socketPath))) {
      return { socketPath: record.socketPath, mountPoint: record.mount.point };
    }
  }
  return undefined;
}

async function answers(socketPath: string): Promise<boolean> {
  try {
    await callDaemon(socketPath, { command: "ping" }, { timeout: PING_MILLISECONDS });
    return true;
  } catch (error) {
    if (isGomodfsError(error)) return false;
    throw error;
  }
}

const PING_MILLISECONDS = 2_000;
