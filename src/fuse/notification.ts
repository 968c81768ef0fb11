import { writeSync } from "node:fs";
import type { NodeId } from "./file_system.ts";
import { NotifyCode, Size } from "./protocol.ts";
import { ReplyWriter } from "./reply_writer.ts";
import { isSystemError } from "./system_error.ts";

/** The unique of a message that answers no request. */
const NOTIFICATION = { low: 0, high: 0 };

/**
 * `FUSE_NOTIFY_RETRIEVE` of no bytes of `node`. The kernel queues a NOTIFY_REPLY request in return, which wakes the
 * thread that waits in read(2): no path of the mount is touched, and no process can hold it up.
 */
export function retrieveNothing(node: NodeId): Buffer {
  const writer = notification(32);
  writer.u64(0); // notify_unique
  writer.u64(node);
  writer.u64(0);
  writer.u32(0);
  writer.u32(0);
  return finish(writer, NotifyCode.RETRIEVE);
}

/** `FUSE_NOTIFY_INVAL_INODE`: the kernel drops attributes and cached content (for a directory: its listing) of `node`. */
export function invalidateInode(node: NodeId): Buffer {
  const writer = notification(24);
  writer.u64(node);
  writer.u64(0);
  writer.u64(0); // to the end
  return finish(writer, NotifyCode.INVAL_INODE);
}

/** `FUSE_NOTIFY_INVAL_ENTRY`: the kernel forgets what `name` in `parent` is, or that there is no such name. */
export function invalidateEntry(parent: NodeId, name: Uint8Array): Buffer {
  const writer = notification(16 + name.length + 1);
  writer.u64(parent);
  writer.u32(name.length);
  writer.u32(0);
  writer.bytes(name);
  writer.zeros(1);
  return finish(writer, NotifyCode.INVAL_ENTRY);
}

/** Writes a notification to the device. That the kernel does not know the node, or has ended the session, is no error. */
export function notify(device: number, message: Buffer): void {
  try {
    writeSync(device, message);
  } catch (error) {
    if (!isSystemError(error, "ENOENT", "ENODEV", "ENOTCONN", "ECONNABORTED", "ECONNREFUSED"))
      throw error;
  }
}

function notification(size: number): ReplyWriter {
  const writer = new ReplyWriter(Size.OUT_HEADER + size);
  writer.begin(NOTIFICATION);
  return writer;
}

function finish(writer: ReplyWriter, code: number): Buffer {
  writer.endNotification(code);
  return writer.buffer.subarray(0, writer.length);
}
