import type { TreeNode } from "../tree/tree_node.ts";
import type { NodeStat } from "../tree/virtual_file_system.ts";

/** A file or directory as an answer speaks of it. */
export interface Resource {
  /** Its path in URLs, from the server's root, percent-encoded; that of a collection ends with a slash. */
  readonly href: string;
  /** The last name of its path; "" for the root. */
  readonly name: string;
  readonly node: TreeNode;
  readonly stat: NodeStat;
}
