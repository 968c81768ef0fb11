import { FILE_SYSTEM_TYPE, MOUNT_SOURCE } from "./mount_table.ts";
import { MAX_READ } from "./protocol.ts";

/** How to mount. */
export interface MountOptions {
  /**
   * Whether other users than the one who mounts may use it; by default only if root mounts, since fusermount3 refuses it
   * unless /etc/fuse.conf has the line user_allow_other.
   */
  readonly allowOther?: boolean;
  /**
   * Whether the mount itself is read-only; by default true. The kernel then answers EROFS before it looks at
   * permissions; otherwise a user who is not root gets EACCES for opening a file to write it.
   */
  readonly readOnly?: boolean;
}

/**
 * Arguments of mount(8), except for the mount point, that mount an open /dev/fuse. The command must inherit it as
 * descriptor `descriptor`. In a user namespace the device must have been opened inside that namespace.
 */
export function mountArguments(descriptor: number, options: MountOptions = {}): string[] {
  const fuse = [`fd=${descriptor}`, "rootmode=40000", "user_id=0", "group_id=0"];
  return [
    "-i",
    "-t",
    FILE_SYSTEM_TYPE,
    "-o",
    [...fuse, ...commonOptions(options)].join(","),
    MOUNT_SOURCE,
  ];
}

/** The value of `-o` for fusermount3. */
export function fusermountOptions({ allowOther = false, ...options }: MountOptions): string {
  const names = [`fsname=${MOUNT_SOURCE}`, `subtype=${MOUNT_SOURCE}`];
  return [...names, ...commonOptions({ ...options, allowOther })].join(",");
}

function commonOptions({ allowOther = true, readOnly = true }: MountOptions): string[] {
  return [
    ...(allowOther ? ["allow_other"] : []),
    "default_permissions",
    readOnly ? "ro" : "rw",
    "nosuid",
    "nodev",
    `max_read=${MAX_READ}`,
  ];
}
