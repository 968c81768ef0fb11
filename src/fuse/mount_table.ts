import { readFile } from "node:fs/promises";
import { GomodfsError } from "../lib/gomodfs_error.ts";

/** One line of /proc/self/mountinfo (Documentation/filesystems/proc.rst, section 3.5). */
export interface MountEntry {
  readonly id: number;
  readonly parentId: number;
  /** `MAJOR:MINOR` of the device. */
  readonly device: string;
  readonly mountPoint: string;
  /** Options of this mount: `ro`, `nosuid`. */
  readonly options: readonly string[];
  /** `fuse.gomodfs`. */
  readonly type: string;
  readonly source: string;
}

/** The file system type that mounts of gomodfs have in the mount table. */
export const FILE_SYSTEM_TYPE = "fuse.gomodfs";
/** The source that they have there. */
export const MOUNT_SOURCE = "gomodfs";

/**
 * The mounts that this process sees, those mounted last at the end.
 *
 * @throws GomodfsError `UNSUPPORTED` if there is no such table, as on other systems than Linux
 */
export async function readMountTable(): Promise<MountEntry[]> {
  try {
    return parseMountInfo(await readFile("/proc/self/mountinfo", "utf8"));
  } catch (error) {
    throw new GomodfsError("UNSUPPORTED", "the mount table /proc/self/mountinfo cannot be read", {
      hint: "FUSE mounts need Linux with /proc mounted",
      cause: error,
    });
  }
}

/** Parses mountinfo. Lines that are not understood are left out. */
export function parseMountInfo(text: string): MountEntry[] {
  return text.split("\n").flatMap((line) => parseLine(line) ?? []);
}

/** What is mounted at `directory` (absolute, without symbolic links) itself: the topmost if mounts are stacked there. */
export function findMount(table: readonly MountEntry[], directory: string): MountEntry | undefined {
  return table.findLast(({ mountPoint }) => mountPoint === directory);
}

function parseLine(line: string): MountEntry | undefined {
  const fields = line.split(" ");
  const separator = fields.indexOf("-", 6);
  const [id, parentId, device, , mountPoint, options] = fields;
  const [type, source] = fields.slice(separator + 1);
  if (separator === -1 || options === undefined || type === undefined || source === undefined) {
    return undefined;
  }
  return {
    id: Number(id),
    parentId: Number(parentId),
    device: device ?? "",
    mountPoint: unescapeOctal(mountPoint ?? ""),
    options: options.split(","),
    type: unescapeOctal(type),
    source: unescapeOctal(source),
  };
}

/** Spaces, tabs, newlines and backslashes are written as `\040` and so on (mangle_path in fs/seq_file.c). */
function unescapeOctal(field: string): string {
  return field.replace(/\\([0-3][0-7]{2})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}
