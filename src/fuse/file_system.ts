/** The kernel's name for a file: 1 is the root; 2^53 - 1 is not for file systems to use. */
export type NodeId = number;

/** What stat shows. Times, owner and permission bits are the same for all and belong to the session. */
export interface NodeAttributes {
  readonly node: NodeId;
  readonly kind: "file" | "directory";
  /** Bytes; 0 for a directory. */
  readonly size: number;
  readonly executable: boolean;
  /** The name may stand for another node soon, so the kernel is to ask for it each time (time-outs of 0). */
  readonly changing?: boolean;
}

/** One row of a directory listing, with what READDIRPLUS wants to know of it. */
export interface DirectoryEntry {
  readonly name: Uint8Array;
  readonly attributes: NodeAttributes;
}

/**
 * Why there is no answer. `errno` is positive (ENOENT is 2). `lasting` says that the kernel may remember a missing name
 * for ever.
 */
export interface Failure {
  readonly errno: number;
  readonly lasting?: boolean;
}

/**
 * The answer is being fetched. The request is dispatched again when the main thread settles `ticket`; it must then be
 * answered or fail.
 */
export interface Pending {
  readonly ticket: number;
}

/**
 * The file system behind a FUSE session, called synchronously from the session's thread. Everything is immutable,
 * except that new names may appear in directories.
 */
export interface FileSystem {
  lookup(parent: NodeId, name: Uint8Array): NodeAttributes | Failure | Pending;
  attributes(node: NodeId): NodeAttributes | Failure;
  /** At most `length` bytes from `offset`; fewer only at the end of the file. */
  read(node: NodeId, offset: number, length: number): Uint8Array | Failure | Pending;
  /**
   * The whole listing without "." and "..". If nothing changes in the directory, nor does the order. Each row counts as
   * one reference to its node, as a lookup does, which is forgotten in the end whether the kernel got to see it or not.
   */
  entries(directory: NodeId): readonly DirectoryEntry[] | Failure | Pending;
  /** The kernel dropped `count` references that lookups and READDIRPLUS rows gave it. */
  forget(node: NodeId, count: number): void;
}
