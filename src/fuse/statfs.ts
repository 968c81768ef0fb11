import type { ReplyWriter } from "./reply_writer.ts";

const BLOCK_SIZE = 4096;
/** Bytes of a name: what Linux allows in any file system. */
const NAME_MAX = 255;

/**
 * Writes `struct fuse_kstatfs`. It shows no blocks and no files: how many there could be has no bound, and `df` leaves
 * such file systems out.
 */
export function encodeStatfs(writer: ReplyWriter): void {
  writer.zeros(40);
  writer.u32(BLOCK_SIZE);
  writer.u32(NAME_MAX);
  writer.u32(BLOCK_SIZE);
  writer.zeros(28);
}
