import { closeSync } from "node:fs";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { runCommand } from "./command.ts";
import { DescriptorSocket } from "./descriptor_socket.ts";
import { fusermountOptions, type MountOptions } from "./mount_options.ts";

const INSTALL_HINT = "install the package fuse3, or run gomodfs as root";

/**
 * Mounts as an ordinary user: fusermount3, which is set-user-ID root, opens the device, mounts it and sends it through
 * the socket that _FUSE_COMMFD names (fusermount3(1); util/fusermount.c of libfuse).
 *
 * @returns the open /dev/fuse
 * @throws GomodfsError `UNSUPPORTED` if fusermount3 is not installed or refuses
 */
export async function mountWithFusermount(
  mountPoint: string,
  options: MountOptions,
): Promise<number> {
  const socket = await DescriptorSocket.open();
  try {
    const args = ["-o", fusermountOptions(options), "--", mountPoint];
    const { status, stderr, startError } = await runCommand("fusermount3", args, {
      descriptors: [socket.sender],
      environment: { _FUSE_COMMFD: "3" },
    });
    if (startError !== undefined) {
      throw new GomodfsError("UNSUPPORTED", "fusermount3 is not installed, or cannot be started", {
        hint: INSTALL_HINT,
        cause: startError,
      });
    }
    const device = status === 0 ? socket.receive() : undefined;
    if (device !== undefined) return device;
    throw new GomodfsError("UNSUPPORTED", `cannot mount at ${mountPoint}: ${stderr}`, {
      hint: hintFor(stderr),
    });
  } finally {
    closeSync(socket.receiver);
    closeSync(socket.sender);
  }
}

function hintFor(stderr: string): string {
  if (stderr.includes("user_allow_other")) {
    return "add the line user_allow_other to /etc/fuse.conf, or mount for this user only";
  }
  if (stderr.includes("/dev/fuse") || stderr.includes("modprobe")) {
    return "load the kernel's fuse module (modprobe fuse), or start the container with --device /dev/fuse";
  }
  return "the mount point must be a directory of this user; otherwise run gomodfs as root";
}
