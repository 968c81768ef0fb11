import { constants, openSync } from "node:fs";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { isSystemError } from "./system_error.ts";

/**
 * Opens /dev/fuse.
 *
 * @throws GomodfsError `UNSUPPORTED` if there is none or it may not be opened
 */
export function openDevice(): number {
  try {
    return openSync("/dev/fuse", constants.O_RDWR);
  } catch (error) {
    if (isSystemError(error, "ENOENT", "ENODEV", "ENXIO")) {
      throw new GomodfsError("UNSUPPORTED", "there is no /dev/fuse on this machine", {
        hint: "load the kernel's fuse module (modprobe fuse), or start the container with --device /dev/fuse",
        cause: error,
      });
    }
    throw new GomodfsError("UNSUPPORTED", "/dev/fuse may not be opened", {
      hint: "give this user access to /dev/fuse, or start the container with --device /dev/fuse",
      cause: error,
    });
  }
}
