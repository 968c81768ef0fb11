import { FILE_TIME } from "../../tree/file_time.ts";
import type { TreeNode } from "../../tree/tree_node.ts";
import type { NodeStat } from "../../tree/virtual_file_system.ts";
import type { XdrWriter } from "../xdr/xdr_writer.ts";
import type { FileHandles } from "./file_handles.ts";
import { FileType } from "./nfs_constants.ts";

const BLOCK_SIZE = 512;
/** One file system, whatever host serves it: "gomodfs" in ASCII. */
const FILE_SYSTEM_HIGH = 0x0067_6f6d;
const FILE_SYSTEM_LOW = 0x6f64_6673;

/** Writes `fattr3` (RFC 1813 section 2.6): what FUSE shows too, but for file numbers, which here never change. */
export class AttributesWriter {
  readonly #handles: FileHandles;
  readonly #nameCount: (node: TreeNode) => number;

  /**
   * @param nameCount how many names a directory that shows what is resident has now. Clients keep a listing as long as
   * the change time stays, so its nanoseconds say that number.
   */
  constructor(handles: FileHandles, nameCount: (node: TreeNode) => number) {
    this.#handles = handles;
    this.#nameCount = nameCount;
  }

  /** `fattr3`. */
  attributes(writer: XdrWriter, node: TreeNode, stat: NodeStat): void {
    const { kind, size } = stat;
    const number = this.#handles.fileNumber(node);
    writer.u32(kind === "directory" ? FileType.DIRECTORY : FileType.REGULAR);
    writer.u32(kind === "directory" || stat.executable ? 0o555 : 0o444);
    writer.u32(1); // links; see fuse/attributes_encoder.ts
    writer.zeros(2); // owner and group
    writer.u64(size);
    writer.u64(Math.ceil(size / BLOCK_SIZE) * BLOCK_SIZE);
    writer.zeros(2); // device numbers
    writer.u32(FILE_SYSTEM_HIGH);
    writer.u32(FILE_SYSTEM_LOW);
    writer.u32(number.high);
    writer.u32(number.low);
    writer.u32(FILE_TIME);
    writer.u32(0);
    writer.u32(FILE_TIME);
    writer.u32(0);
    writer.u32(FILE_TIME);
    writer.u32(kind === "directory" ? this.#nameCount(node) : 0);
  }

  /** `post_op_attr`; without attributes if they are not known. */
  postOperation(writer: XdrWriter, node: TreeNode, stat: NodeStat | undefined): void {
    writer.bool(stat !== undefined);
    if (stat !== undefined) this.attributes(writer, node, stat);
  }
}
