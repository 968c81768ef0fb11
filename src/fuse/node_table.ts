import { formatModuleVersion, type ModuleVersion } from "../module/module_version.ts";
import { formatVirtualPath, type TreeNode } from "../tree/tree_node.ts";
import { ROOT, type VirtualPath } from "../tree/virtual_path.ts";
import type { NodeId } from "./file_system.ts";

/** The kernel's number for the root of a mount. */
export const ROOT_NODE: NodeId = 1;
/** Room for 2^31 files and as many directories in each of 2^21 modules: node ids stay exact below 2^53. */
const SLOT_SIZE = 2 ** 32;

interface PathEntry {
  readonly key: string;
  readonly path: VirtualPath;
  references: number;
}

/**
 * Numbers of nodes. Those of a module need no memory of their own: module `slot` has the numbers from
 * `slot * SLOT_SIZE`, even for its files and odd for its directories. Slot 0 holds the places outside modules, which
 * are counted so that the kernel's FORGET frees them.
 */
export class NodeTable {
  readonly #slots: ModuleVersion[] = [];
  readonly #slotOf = new Map<string, number>();
  readonly #paths = new Map<NodeId, PathEntry>();
  readonly #nodeOf = new Map<string, NodeId>();
  #nextPath = 2;

  constructor() {
    this.#paths.set(ROOT_NODE, { key: formatVirtualPath(ROOT), path: ROOT, references: 1 });
    this.#nodeOf.set(formatVirtualPath(ROOT), ROOT_NODE);
  }

  /** The node of this number, or undefined if the kernel was never given it or forgot it. */
  get(node: NodeId): TreeNode | undefined {
    if (node < SLOT_SIZE) {
      const entry = this.#paths.get(node);
      return entry === undefined ? undefined : { kind: "path", path: entry.path };
    }
    const id = this.#slots[Math.floor(node / SLOT_SIZE) - 1];
    if (id === undefined) return undefined;
    const offset = node % SLOT_SIZE;
    const index = Math.floor(offset / 2);
    return { kind: offset % 2 === 0 ? "module-file" : "module-directory", id, index };
  }

  /**
   * The number of a place outside modules; each call counts as one reference of the kernel. A file whose content
   * changes gets another number with each `edition`, so that kernels, which cache by number, read it anew.
   */
  pathNode(path: VirtualPath, edition = 0): NodeId {
    const key = edition === 0 ? formatVirtualPath(path) : `${formatVirtualPath(path)} ${edition}`;
    const known = this.#nodeOf.get(key);
    if (known !== undefined) {
      const entry = this.#paths.get(known);
      if (entry !== undefined) entry.references++;
      return known;
    }
    const node = this.#nextPath++;
    this.#nodeOf.set(key, node);
    this.#paths.set(node, { key, path, references: 1 });
    return node;
  }

  /** The number of a file or directory of a module. */
  moduleNode({ kind, id, index }: Exclude<TreeNode, { kind: "path" }>): NodeId {
    return this.#slot(id) * SLOT_SIZE + index * 2 + (kind === "module-file" ? 0 : 1);
  }

  forget(node: NodeId, count: number): void {
    const entry = this.#paths.get(node);
    if (entry === undefined || node === ROOT_NODE) return;
    entry.references -= count;
    if (entry.references > 0) return;
    this.#paths.delete(node);
    this.#nodeOf.delete(entry.key);
  }

  #slot(id: ModuleVersion): number {
    const key = formatModuleVersion(id);
    const known = this.#slotOf.get(key);
    if (known !== undefined) return known;
    this.#slots.push(id);
    const slot = this.#slots.length;
    this.#slotOf.set(key, slot);
    return slot;
  }
}
