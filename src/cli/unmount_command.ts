import { resolve } from "node:path";
import { probeMount } from "../fuse/probe_mount.ts";
import { unmount } from "../fuse/unmount.ts";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { EXIT_DONE } from "./exit_code.ts";

/** `gomodfs unmount`: ends a mount; its daemon, if it lives, notices and ends too. */
export async function runUnmount(directory: string): Promise<number> {
  const path = resolve(directory);
  const { state } = await probeMount(path);
  if (state === "none" || state === "foreign") {
    throw new GomodfsError("NOT_FOUND", `gomodfs is not mounted at ${path}`, {
      hint: "findmnt -t fuse.gomodfs lists what is",
    });
  }
  // Nobody can use what a killed daemon left: it need not be waited for.
  await unmount(path, { lazy: state !== "alive" });
  return EXIT_DONE;
}
