import { writeFile } from "node:fs/promises";
import { findMount, readMountTable } from "./mount_table.ts";

/** With 1 MiB, large files are read at 2 to 3 GB/s; the kernel's own 128 KiB makes eight times as many requests. */
const READ_AHEAD_KIB = 1024;

/**
 * Lets the kernel read further ahead in the file system mounted at `mountPoint`. Only root may say so, and only the
 * speed of large files depends on it, so a refusal is no error.
 *
 * @returns whether it was done
 */
export async function raiseReadAhead(mountPoint: string): Promise<boolean> {
  const entry = findMount(await readMountTable(), mountPoint);
  if (entry === undefined) return false;
  try {
    await writeFile(`/sys/class/bdi/${entry.device}/read_ahead_kb`, `${READ_AHEAD_KIB}\n`);
    return true;
  } catch {
    return false;
  }
}
