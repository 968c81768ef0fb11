import { constants } from "node:os";
import { decodeName } from "../tree/file_name.ts";
import type { TreeNode } from "../tree/tree_node.ts";
import {
  type FoundNode,
  type NodeStat,
  type TreeFailure,
  VirtualFileSystem,
} from "../tree/virtual_file_system.ts";
import type { VirtualTree } from "../tree/virtual_tree.ts";
import type { Want } from "../tree/want.ts";
import type {
  DirectoryEntry,
  Failure,
  FileSystem,
  NodeAttributes,
  NodeId,
  Pending,
} from "./file_system.ts";
import type { MountCounters } from "./mount_counters.ts";
import { NodeTable } from "./node_table.ts";

const { ENOENT, ENOTDIR, EISDIR, EIO } = constants.errno;
/** There will never be such a name, so the kernel may remember that. */
const NEVER: Failure = { errno: ENOENT, lasting: true };
const MISSING: Failure = { errno: ENOENT };
const FAILURES: Readonly<Record<TreeFailure["failure"], Failure>> = {
  never: NEVER,
  missing: MISSING,
  "not-a-directory": { errno: ENOTDIR },
  "is-a-directory": { errno: EISDIR },
  damaged: { errno: EIO },
};

/** What a {@linkcode TreeFileSystem} is made of. */
export interface TreeFileSystemOptions {
  readonly tree: VirtualTree;
  readonly counters: MountCounters;
  /** Is told what a read waits for that is not resident; once the ticket is settled, the read is tried again. */
  readonly ask: (ticket: number, want: Want) => void;
  /** Makes the kernel forget a listing that it cached. */
  readonly invalidateDirectory: (directory: NodeId) => void;
}

/** The virtual GOMODCACHE as FUSE asks for it. */
export class TreeFileSystem implements FileSystem {
  readonly #tree: VirtualTree;
  readonly #files: VirtualFileSystem;
  readonly #nodes = new NodeTable();
  readonly #counters: MountCounters;
  readonly #ask: (ticket: number, want: Want) => void;
  readonly #invalidateDirectory: (directory: NodeId) => void;
  #lastTicket = 0;
  /** Directories whose listing the kernel may have cached. */
  readonly #listed = new Set<NodeId>();

  constructor({ tree, counters, ask, invalidateDirectory }: TreeFileSystemOptions) {
    this.#tree = tree;
    this.#files = new VirtualFileSystem(tree);
    this.#counters = counters;
    this.#ask = ask;
    this.#invalidateDirectory = invalidateDirectory;
  }

  lookup(parent: NodeId, name: Uint8Array): NodeAttributes | Failure | Pending {
    const node = this.#nodes.get(parent);
    const text = decodeName(name);
    if (node === undefined || text === undefined) return NEVER;
    const found = this.#files.lookup(node, text);
    if ("want" in found) return this.#wait(found.want);
    if ("failure" in found) return FAILURES[found.failure];
    if (isFetched(found.node)) this.#hit();
    return this.#attributes(found);
  }

  attributes(node: NodeId): NodeAttributes | Failure {
    const found = this.#nodes.get(node);
    if (found === undefined) return MISSING;
    const stat = this.#files.stat(found);
    return "failure" in stat ? FAILURES[stat.failure] : attributesOf(node, stat);
  }

  read(node: NodeId, offset: number, length: number): Uint8Array | Failure {
    const found = this.#nodes.get(node);
    if (found === undefined) return MISSING;
    const content = this.#files.read(found, offset, length);
    if ("failure" in content) return FAILURES[content.failure];
    this.#counters.read(content.length);
    return content;
  }

  entries(node: NodeId): readonly DirectoryEntry[] | Failure {
    const found = this.#nodes.get(node);
    if (found === undefined) return MISSING;
    const entries = this.#files.entries(found);
    if ("failure" in entries) return FAILURES[entries.failure];
    if (found.kind === "path") this.#listed.add(node);
    return entries.map((entry) => ({
      name: Buffer.from(entry.name),
      attributes: this.#attributes(entry),
    }));
  }

  forget(node: NodeId, count: number): void {
    this.#nodes.forget(node, count);
    if (this.#nodes.get(node) === undefined) this.#listed.delete(node);
  }

  /** Looks again at what is resident, and makes the kernel forget the listings that it cached. */
  refresh(): void {
    this.#tree.refresh();
    this.#dropListings();
  }

  #dropListings(): void {
    for (const directory of this.#listed) this.#invalidateDirectory(directory);
    this.#listed.clear();
  }

  /** Each call counts as one reference of the kernel. What changes gets another number whenever its size does. */
  #attributes({ node, stat }: FoundNode): NodeAttributes {
    const number =
      node.kind === "path"
        ? this.#nodes.pathNode(node.path, stat.changing === true ? stat.size : 0)
        : this.#nodes.moduleNode(node);
    return attributesOf(number, stat);
  }

  /** What has become resident is in the listings before anybody knows of it. */
  #hit(): void {
    this.#counters.hit();
    if (this.#listed.size > 0 && this.#tree.hasNewNames) this.#dropListings();
  }

  /** A new ticket for each request: what waited for one that failed asks anew when it is tried again. */
  #wait(want: Want): Pending {
    const ticket = ++this.#lastTicket;
    this.#counters.miss();
    this.#ask(ticket, want);
    return { ticket };
  }
}

/** Whether a node is one of those that are fetched: modules, and files under `@v`. */
function isFetched(node: TreeNode): boolean {
  return node.kind === "path"
    ? node.path.kind === "download-file"
    : node.kind === "module-directory" && node.index === 0;
}

function attributesOf(node: NodeId, stat: NodeStat): NodeAttributes {
  return { node, ...stat };
}
