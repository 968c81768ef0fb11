import { type GitObject, hashObject, objectIdToBytes } from "./object_id.ts";
import { DIRECTORY_MODE, encodeTree, FILE_MODE, type TreeEntry } from "./tree_object.ts";

/** A file of the tree to build. */
export interface TreeFile {
  /** Names separated by slashes. */
  readonly name: string;
  /** The blob's id, 20 bytes. */
  readonly id: Uint8Array;
}

/** A tree with the 20 bytes of its id. */
export interface BuiltTree extends GitObject {
  readonly id: Uint8Array;
}

/**
 * Builds a directory's tree and the trees below it.
 *
 * @param files in ascending byte order of their names. That is git's order in every tree as well: a directory, which git
 *   sorts as if it ended in a slash, comes where the first name with that slash comes.
 * @returns subtrees before the trees that name them, so that the last one is the whole
 */
export function buildTrees(files: Iterable<TreeFile>): BuiltTree[] {
  const builder = new TreeBuilder();
  for (const file of files) builder.add(file);
  return builder.finish();
}

interface OpenDirectory {
  readonly name: string;
  readonly entries: TreeEntry[];
}

class TreeBuilder {
  readonly #built: BuiltTree[] = [];
  /** The directory of the last file and those above it, without the root. */
  readonly #open: OpenDirectory[] = [];
  readonly #root: OpenDirectory = { name: "", entries: [] };

  add({ name, id }: TreeFile): void {
    const directories = name.split("/");
    const file = Buffer.from(directories.pop() ?? "");
    const depth = this.#commonDepth(directories);
    while (this.#open.length > depth) this.#closeDirectory();
    for (const directory of directories.slice(depth)) {
      this.#open.push({ name: directory, entries: [] });
    }
    this.#current().entries.push({ mode: FILE_MODE, name: file, id });
  }

  finish(): BuiltTree[] {
    while (this.#open.length > 0) this.#closeDirectory();
    this.#build(this.#root);
    return this.#built;
  }

  #closeDirectory(): void {
    const directory = this.#open.pop();
    if (directory === undefined) return;
    const name = Buffer.from(directory.name);
    this.#current().entries.push({ mode: DIRECTORY_MODE, name, id: this.#build(directory) });
  }

  #build({ entries }: OpenDirectory): Uint8Array {
    const content = encodeTree(entries);
    const id = objectIdToBytes(hashObject("tree", content));
    this.#built.push({ type: "tree", content, id });
    return id;
  }

  #current(): OpenDirectory {
    return this.#open.at(-1) ?? this.#root;
  }

  #commonDepth(directories: readonly string[]): number {
    const differing = this.#open.findIndex(({ name }, depth) => name !== directories[depth]);
    return differing < 0 ? this.#open.length : differing;
  }
}
