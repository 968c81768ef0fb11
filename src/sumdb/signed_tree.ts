import type { TileHashReader } from "./tile_hash_reader.ts";
import type { Tree } from "./tlog.ts";

/** The head of a tree, the note with which the database signed it, and the tree's hashes. */
export interface SignedTree {
  readonly tree: Tree;
  /** No bytes for the empty tree, which needs no signature. */
  readonly message: Uint8Array;
  readonly hashes: TileHashReader;
}
