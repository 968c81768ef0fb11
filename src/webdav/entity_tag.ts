import { hash } from "node:crypto";
import type { TreeNode } from "../tree/tree_node.ts";
import type { VirtualTree } from "../tree/virtual_tree.ts";
import type { ResourceTree } from "./resource_tree.ts";

/** Tells contents apart by strong entity tags (RFC 9110 section 8.8.3), the same on every server and after each start. */
export class EntityTags {
  readonly #tree: VirtualTree;
  readonly #resources: ResourceTree;

  constructor(tree: VirtualTree, resources: ResourceTree) {
    this.#tree = tree;
    this.#resources = resources;
  }

  /** That of a file, with its quotes; undefined if it has been removed from the store. */
  of(node: TreeNode): string | undefined {
    switch (node.kind) {
      case "module-directory":
        return undefined;
      case "module-file": {
        const module = this.#tree.module(node.id);
        if (module === undefined) return undefined;
        const id = module.stored.manifest.objectId(module.files.source(node.index));
        return `"${Buffer.from(id.buffer, id.byteOffset, id.length).toString("hex")}"`;
      }
      case "path":
        return node.path.kind === "download-file" && node.path.file === "zip"
          ? this.#zipTag(node.path.id)
          : this.#contentTag(node);
    }
  }

  /** The same files may be deflated in other ways, to other sizes; h1 does not say which. */
  #zipTag(id: Parameters<VirtualTree["module"]>[0]): string | undefined {
    const module = this.#tree.module(id);
    return module && `"${module.stored.h1}-${module.zip.size.toString(36)}"`;
  }

  #contentTag(node: TreeNode): string {
    const content = this.#resources.read(node, 0, Number.MAX_SAFE_INTEGER);
    return `"${hash("sha256", content, "base64url").slice(0, 27)}"`;
  }
}
