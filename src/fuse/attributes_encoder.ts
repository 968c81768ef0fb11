import type { NodeAttributes } from "./file_system.ts";
import { FileType } from "./protocol.ts";
import type { ReplyWriter } from "./reply_writer.ts";

/** What stat shows of every file and directory alike. */
export interface Ownership {
  readonly uid: number;
  readonly gid: number;
  /** Access, modification and change time, in seconds since 1970. */
  readonly time: number;
}

/** Seconds that the kernel may keep what never changes; more is clamped by some kernels to less. */
const FOREVER = 2 ** 31 - 1;
const STAT_BLOCK_SIZE = 512;
const PREFERRED_BLOCK_SIZE = 4096;

/** Writes `struct fuse_entry_out`, `fuse_attr_out` and `fuse_attr`. */
export class AttributesEncoder {
  readonly #ownership: Ownership;

  constructor(ownership: Ownership) {
    this.#ownership = ownership;
  }

  /** `struct fuse_entry_out` of a name that exists. */
  entry(writer: ReplyWriter, attributes: NodeAttributes): void {
    const seconds = attributes.changing === true ? 0 : FOREVER;
    writer.u64(attributes.node);
    writer.u64(0); // generation: numbers of nodes are not used twice with another meaning
    writer.u64(seconds);
    writer.u64(seconds);
    writer.u32(0);
    writer.u32(0);
    this.#attributes(writer, attributes);
  }

  /** `struct fuse_entry_out` of a name that will never exist: node 0 is a negative entry that the kernel may keep. */
  negativeEntry(writer: ReplyWriter): void {
    writer.u64(0);
    writer.u64(0);
    writer.u64(FOREVER);
    writer.zeros(104);
  }

  /** `struct fuse_attr_out`. */
  attributes(writer: ReplyWriter, attributes: NodeAttributes): void {
    writer.u64(attributes.changing === true ? 0 : FOREVER);
    writer.u32(0);
    writer.u32(0);
    this.#attributes(writer, attributes);
  }

  #attributes(writer: ReplyWriter, { node, kind, size, executable }: NodeAttributes): void {
    const { uid, gid, time } = this.#ownership;
    writer.u64(node);
    writer.u64(size);
    writer.u64(Math.ceil(size / STAT_BLOCK_SIZE));
    writer.u64(time);
    writer.u64(time);
    writer.u64(time);
    writer.zeros(12);
    writer.u32(mode(kind, executable));
    // One link for directories too: by the convention of btrfs that says that subdirectories are not counted. With 2,
    // tools that trust the count (File::Find of Perl, find -noleaf's opposite) would take each for a leaf.
    writer.u32(1);
    writer.u32(uid);
    writer.u32(gid);
    writer.u32(0);
    writer.u32(PREFERRED_BLOCK_SIZE);
    writer.u32(0);
  }
}

/** Modes as cmd/go leaves them in a GOMODCACHE: nothing is writable. */
function mode(kind: NodeAttributes["kind"], executable: boolean): number {
  if (kind === "directory") return FileType.DIRECTORY.mode | 0o555;
  return FileType.REGULAR.mode | (executable ? 0o555 : 0o444);
}
