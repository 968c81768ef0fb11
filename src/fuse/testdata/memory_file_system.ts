import { constants } from "node:os";
import type {
  DirectoryEntry,
  Failure,
  FileSystem,
  NodeAttributes,
  NodeId,
  Pending,
} from "../file_system.ts";

/** A file or directory to serve. `content` may be a size, for a file of a pattern that needs no memory. */
export type MemoryEntry =
  | { readonly kind: "file"; readonly content: Uint8Array | number; readonly executable: boolean }
  | { readonly kind: "directory"; readonly entries: Map<string, MemoryEntry> };

const { EIO, EISDIR, ENOENT, ENOTDIR } = constants.errno;
const PATTERN_LENGTH = 4 * 1024 * 1024;

/**
 * A file system in memory. Names that begin with "wait-" are missing until they are settled: the lookup gives a ticket
 * to `onWait`, and when asked again finds what `release` has put there. Lookups of a name that begins with "wait-shared-"
 * all get one ticket.
 */
export class MemoryFileSystem implements FileSystem {
  readonly #nodes: MemoryEntry[] = [];
  readonly #numbers = new Map<MemoryEntry, NodeId>();
  readonly #references = new Map<NodeId, number>();
  readonly #onWait: (ticket: number, name: string) => void;
  readonly #shared = new Map<string, number>();
  #tickets = 0;

  constructor(root: MemoryEntry, onWait: (ticket: number, name: string) => void = () => {}) {
    this.#onWait = onWait;
    this.#number(root);
  }

  /** Puts a file into the root. */
  release(name: string, content: Uint8Array): void {
    const root = this.#nodes[0];
    if (root?.kind === "directory") root.entries.set(name, { kind: "file", content, executable: false });
  }

  /** References that the kernel, or a listing, holds of all nodes together. */
  get references(): number {
    return this.#references.values().reduce((sum, count) => sum + count, 0);
  }

  lookup(parent: NodeId, nameBytes: Uint8Array): NodeAttributes | Failure | Pending {
    const directory = this.#nodes[parent - 1];
    const name = Buffer.from(nameBytes).toString();
    if (name.startsWith("throw-")) throw new Error(`cannot look up ${name}`);
    if (directory?.kind !== "directory") return { errno: ENOTDIR };
    const entry = directory.entries.get(name);
    if (entry !== undefined) return this.#grant(entry);
    if (!name.startsWith("wait-")) return { errno: ENOENT, lasting: name.startsWith("never-") };
    const shared = this.#shared.get(name);
    if (shared !== undefined) return { ticket: shared };
    const ticket = ++this.#tickets;
    if (name.startsWith("wait-shared-")) this.#shared.set(name, ticket);
    this.#onWait(ticket, name);
    return { ticket };
  }

  attributes(node: NodeId): NodeAttributes | Failure {
    const entry = this.#nodes[node - 1];
    return entry === undefined ? { errno: ENOENT } : this.#attributes(entry);
  }

  read(node: NodeId, offset: number, length: number): Uint8Array | Failure {
    const entry = this.#nodes[node - 1];
    if (entry === undefined) return { errno: EIO };
    if (entry.kind === "directory") return { errno: EISDIR };
    if (typeof entry.content === "number") return pattern(offset, Math.min(length, entry.content - offset));
    return entry.content.subarray(offset, offset + length);
  }

  entries(node: NodeId): readonly DirectoryEntry[] | Failure {
    const directory = this.#nodes[node - 1];
    if (directory?.kind !== "directory") return { errno: ENOTDIR };
    return [...directory.entries].map(([name, entry]) => ({
      name: Buffer.from(name),
      attributes: this.#grant(entry),
    }));
  }

  forget(node: NodeId, count: number): void {
    this.#references.set(node, (this.#references.get(node) ?? 0) - count);
  }

  #grant(entry: MemoryEntry): NodeAttributes {
    const attributes = this.#attributes(entry);
    this.#references.set(attributes.node, (this.#references.get(attributes.node) ?? 0) + 1);
    return attributes;
  }

  #attributes(entry: MemoryEntry): NodeAttributes {
    const node = this.#number(entry);
    if (entry.kind === "directory") return { node, kind: "directory", size: 0, executable: false };
    const size = typeof entry.content === "number" ? entry.content : entry.content.length;
    return { node, kind: "file", size, executable: entry.executable };
  }

  #number(entry: MemoryEntry): NodeId {
    const known = this.#numbers.get(entry);
    if (known !== undefined) return known;
    const node = this.#nodes.push(entry);
    this.#numbers.set(entry, node);
    return node;
  }
}

const PATTERN = Buffer.alloc(PATTERN_LENGTH, 0);
for (let offset = 0; offset < PATTERN_LENGTH; offset += 4) PATTERN.writeUInt32LE(offset * 2654435761 % 2 ** 32, offset);

/** Bytes of the pattern that fills files whose content is only a size; it repeats every 4 MiB. */
export function pattern(offset: number, length: number): Uint8Array {
  const start = offset % PATTERN_LENGTH;
  if (start + length <= PATTERN_LENGTH) return PATTERN.subarray(start, start + Math.max(0, length));
  return Buffer.concat([PATTERN.subarray(start), pattern(0, length - (PATTERN_LENGTH - start))]);
}
