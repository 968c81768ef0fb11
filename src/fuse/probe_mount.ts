import { runCommand } from "./command.ts";
import { FILE_SYSTEM_TYPE, findMount, type MountEntry, readMountTable } from "./mount_table.ts";

/** What is mounted at a directory. */
export type MountState =
  /** Nothing is mounted there. */
  | { readonly state: "none" }
  /** Something else than gomodfs. */
  | { readonly state: "foreign"; readonly entry: MountEntry }
  /** A gomodfs that answers. */
  | { readonly state: "alive"; readonly entry: MountEntry }
  /** A gomodfs whose process has gone. */
  | { readonly state: "stale"; readonly entry: MountEntry }
  /** A gomodfs that has not answered in time. */
  | { readonly state: "hung"; readonly entry: MountEntry };

const PROBE_TIMEOUT_MS = 5000;

/**
 * Finds out what is mounted at `directory` (absolute, without symbolic links).
 *
 * A killed gomodfs still shows what the kernel has cached, so the question must be one that is never answered from a
 * cache: STATFS. Another process asks it, since whoever asks a mount that hangs may hang with it.
 *
 * @param timeout milliseconds after which a mount counts as hung
 * @throws GomodfsError `UNSUPPORTED` if there is no mount table
 */
export async function probeMount(
  directory: string,
  timeout = PROBE_TIMEOUT_MS,
): Promise<MountState> {
  const entry = findMount(await readMountTable(), directory);
  if (entry === undefined) return { state: "none" };
  if (entry.type !== FILE_SYSTEM_TYPE) return { state: "foreign", entry };
  const { status } = await runCommand("stat", ["-f", "--", directory], { timeout });
  if (status === undefined) return { state: "hung", entry };
  return { state: status === 0 ? "alive" : "stale", entry };
}
