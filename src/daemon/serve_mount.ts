import { realpath } from "node:fs/promises";
import { resolve } from "node:path";
import { mount } from "../fuse/mount.ts";
import { MountCounters, type MountCounts } from "../fuse/mount_counters.ts";
import { findMount, readMountTable } from "../fuse/mount_table.ts";
import { unmount } from "../fuse/unmount.ts";
import { GomodfsError, isGomodfsError } from "../lib/gomodfs_error.ts";
import type { Logger } from "../lib/logger.ts";
import { makeDirectory } from "../lib/make_directory.ts";
import { storePath } from "../store/store_backend.ts";
import type { VisibleMount } from "./daemon.ts";
import { FuseMount } from "./fuse_mount.ts";
import type { ModuleService } from "./module_service.ts";
import type { StoreLocation } from "./store_location.ts";

/** What to serve where. */
export interface ServeMountOptions {
  readonly service: ModuleService;
  readonly location: StoreLocation;
  readonly log: Logger;
  /** Made if it is missing. */
  readonly directory: string;
  readonly allowOther: boolean;
}

/** A GOMODCACHE that all processes see. */
export interface ServedMount {
  /** Absolute, without symbolic links. */
  readonly mountPoint: string;
  /** What the mount table shows for it; undefined if somebody unmounted it already. */
  readonly visibleAt: VisibleMount | undefined;
  readonly counts: () => MountCounts;
  /** Fulfils when somebody unmounted it. */
  readonly ended: Promise<void>;
  /** Unmounts, lazily if it is in use. The service stays open. */
  close(): Promise<void>;
}

/**
 * Mounts a virtual GOMODCACHE and serves it. What a killed daemon left mounted there is replaced.
 *
 * @throws GomodfsError `BUSY` if it is served already, `USAGE` if the directory cannot be made or holds the store, `UNSUPPORTED` if this
 * machine or user cannot mount
 */
export async function serveMount(options: ServeMountOptions): Promise<ServedMount> {
  const { service, location, log, allowOther } = options;
  const directory = await makeMountPoint(options.directory);
  await refuseToCover(storePath(location.backend), directory);
  const { device, mountPoint } = await mount(directory, { allowOther });
  const counters = new MountCounters();
  const { cache, database } = service;
  const fuse = new FuseMount({ device, mountPoint, cache, database, location, counters, log });
  try {
    await fuse.ready;
    const entry = findMount(await readMountTable(), mountPoint);
    return {
      mountPoint,
      visibleAt: entry && { point: mountPoint, device: entry.device },
      counts: () => counters.get(),
      ended: fuse.closed.then(() => {}),
      close: async () => await leave(mountPoint, fuse, log),
    };
  } catch (error) {
    await leave(mountPoint, fuse, log);
    throw error;
  }
}

async function makeMountPoint(directory: string): Promise<string> {
  const path = resolve(directory);
  try {
    await makeDirectory(path);
    return await realpath(path);
  } catch (error) {
    // What a killed daemon left there cannot be looked at; mount() removes it.
    if (error instanceof Error && "code" in error && error.code === "ENOTCONN") return path;
    throw new GomodfsError(
      "USAGE",
      `cannot mount on ${path}: it is not a directory and cannot be made one`,
      {
        hint: "name an empty directory, or one that does not exist yet in a directory that you may write to",
        cause: error,
      },
    );
  }
}

/** A mount over the store that it serves would wait for itself for ever. */
async function refuseToCover(store: string, mountPoint: string): Promise<void> {
  const path = await realpath(store).catch(() => store);
  if (path !== mountPoint && !path.startsWith(`${mountPoint}/`)) return;
  throw new GomodfsError("USAGE", `cannot mount on ${mountPoint}: it holds the store itself`, {
    hint: "name another directory: what is mounted there shows all that the store has",
  });
}

async function leave(mountPoint: string, fuse: FuseMount, log: Logger): Promise<void> {
  try {
    await unmountEvenIfBusy(mountPoint, log);
  } catch (error) {
    // Somebody else unmounted it first: what was to be done is done.
    if (!isGomodfsError(error, "NOT_FOUND")) log.warn(`cannot unmount ${mountPoint}`, { error });
  } finally {
    await fuse.stop();
  }
}

async function unmountEvenIfBusy(mountPoint: string, log: Logger): Promise<void> {
  try {
    await unmount(mountPoint);
  } catch (error) {
    if (!isGomodfsError(error, "BUSY")) throw error;
    log.warn(
      `${mountPoint} is in use: it is taken out of the tree now, and its users will get errors`,
    );
    await unmount(mountPoint, { lazy: true });
  }
}
