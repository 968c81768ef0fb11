import { closeSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { runCommand } from "./command.ts";
import { openDevice } from "./fuse_device.ts";
import { mountWithFusermount } from "./fusermount.ts";
import { type MountOptions, mountArguments } from "./mount_options.ts";
import { probeMount } from "./probe_mount.ts";
import { isSystemError } from "./system_error.ts";
import { unmount } from "./unmount.ts";

/** A file system that has been mounted and waits for its session. */
export interface Mounted {
  /** The open /dev/fuse, for `startSession`. */
  readonly device: number;
  /** The mount point, absolute and without symbolic links. */
  readonly mountPoint: string;
}

/** The descriptor that mount(8) inherits. */
const INHERITED_DESCRIPTOR = 3;

/**
 * Mounts gomodfs at `directory`: as root with mount(8), otherwise with fusermount3. What a killed gomodfs has left
 * mounted there is removed before. Nothing answers until a session is started on the device.
 *
 * @throws GomodfsError `BUSY` if a living gomodfs is mounted there, `NOT_FOUND` if there is no such directory,
 * `UNSUPPORTED` if this machine or user cannot mount
 */
export async function mount(directory: string, options: MountOptions = {}): Promise<Mounted> {
  const mountPoint = await realMountPoint(directory);
  await clearMountPoint(mountPoint);
  const device =
    process.geteuid?.() === 0
      ? await mountAsRoot(mountPoint, options)
      : await mountWithFusermount(mountPoint, options);
  return { device, mountPoint };
}

/** The last part of the path may be the root of a mount whose daemon was killed, which cannot be looked at. */
async function realMountPoint(directory: string): Promise<string> {
  const absolute = resolve(directory);
  try {
    return await realpath(absolute).catch((error: unknown) => {
      if (!isSystemError(error, "ENOTCONN")) throw error;
      return realpath(dirname(absolute)).then((parent) => join(parent, basename(absolute)));
    });
  } catch (error) {
    throw new GomodfsError("NOT_FOUND", `mount point ${directory} is not there`, {
      hint: "make the directory first",
      cause: error,
    });
  }
}

/** Mounting on top of a mount hides it without a word (measured), so look before. */
async function clearMountPoint(mountPoint: string): Promise<void> {
  const { state } = await probeMount(mountPoint);
  if (state === "alive" || state === "hung") {
    throw new GomodfsError("BUSY", `gomodfs is already mounted at ${mountPoint}`, {
      hint:
        state === "alive"
          ? "use that mount, or unmount it first"
          : `it does not answer; unmount it with: umount -l ${mountPoint}`,
    });
  }
  if (state === "stale") await unmount(mountPoint, { lazy: true });
}

async function mountAsRoot(mountPoint: string, options: MountOptions): Promise<number> {
  const device = openDevice();
  const args = [...mountArguments(INHERITED_DESCRIPTOR, options), mountPoint];
  const { status, stderr, startError } = await runCommand("mount", args, { descriptors: [device] });
  if (status === 0) return device;
  closeSync(device);
  if (startError !== undefined) {
    throw new GomodfsError("UNSUPPORTED", "the command mount cannot be started", {
      hint: "install util-linux, or another package that has mount(8)",
      cause: startError,
    });
  }
  throw new GomodfsError("UNSUPPORTED", `cannot mount at ${mountPoint}: ${stderr}`, {
    hint: "mounting needs the capability SYS_ADMIN: in a container, --cap-add SYS_ADMIN --device /dev/fuse",
  });
}
