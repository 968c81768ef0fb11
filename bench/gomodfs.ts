import { join } from "node:path";
import { GOMODFS, GomodfsMount } from "../test/support/gomodfs_mount.ts";
import type { Home } from "./home.ts";

export { GOMODFS };

/** Mounts the store of a home, by default; the mount point is in the home too. */
export async function mountIn(home: Home, options: readonly string[] = []): Promise<GomodfsMount> {
  return await GomodfsMount.start({
    directory: join(home.directory, "mnt"),
    options: ["--log-level", "error", ...options],
    environment: home.environment,
  });
}
