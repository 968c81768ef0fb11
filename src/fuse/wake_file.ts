import type {
  DirectoryEntry,
  Failure,
  FileSystem,
  NodeAttributes,
  NodeId,
  Pending,
} from "./file_system.ts";
import { ROOT_ID } from "./protocol.ts";

/** The name, in the root of each mount, of the file that {@linkcode WakeFile} adds; no listing shows it. */
export const WAKE_FILE_NAME = ".gomodfs-wake";
/** Its node: no file system may use this number. */
export const WAKE_FILE_NODE: NodeId = Number.MAX_SAFE_INTEGER;

const NAME = Buffer.from(WAKE_FILE_NAME);
const ATTRIBUTES: NodeAttributes = {
  node: WAKE_FILE_NODE,
  kind: "file",
  size: 0,
  executable: false,
};
const NO_BYTES = new Uint8Array(0);

/**
 * A file system with one empty file more, of which the main thread can make the kernel retrieve nothing in order to wake
 * the session's thread. It must be a regular file: kernel 6.18 refuses FUSE_NOTIFY_RETRIEVE of a directory with EINVAL
 * (measured).
 */
export class WakeFile implements FileSystem {
  readonly #inner: FileSystem;

  constructor(inner: FileSystem) {
    this.#inner = inner;
  }

  lookup(parent: NodeId, name: Uint8Array): NodeAttributes | Failure | Pending {
    if (parent === ROOT_ID && NAME.equals(name)) return ATTRIBUTES;
    return this.#inner.lookup(parent, name);
  }

  attributes(node: NodeId): NodeAttributes | Failure {
    return node === WAKE_FILE_NODE ? ATTRIBUTES : this.#inner.attributes(node);
  }

  read(node: NodeId, offset: number, length: number): Uint8Array | Failure | Pending {
    return node === WAKE_FILE_NODE ? NO_BYTES : this.#inner.read(node, offset, length);
  }

  entries(directory: NodeId): readonly DirectoryEntry[] | Failure | Pending {
    return this.#inner.entries(directory);
  }

  forget(node: NodeId, count: number): void {
    if (node !== WAKE_FILE_NODE) this.#inner.forget(node, count);
  }
}
