/** A module that may have a package, and where. */
export interface ImportCandidate<T> {
  readonly module: T;
  /** Relative to the module's root, with slashes; "" for the root. */
  readonly directory: string;
}

/** Elements of paths that modules have in common. */
interface PathNode<T> {
  /** The module with the path that ends here. */
  module: T | undefined;
  readonly children: Map<string, PathNode<T>>;
}

/** Finds the modules whose paths an import path begins with. */
export class ImportPathIndex<T extends string | object> {
  readonly #root: PathNode<T> = emptyNode();

  /** @param modules by module path */
  constructor(modules: Iterable<readonly [path: string, module: T]>) {
    for (const [path, module] of modules) this.#nodeOf(path).module = module;
  }

  /** The modules that may have the package, the one with the longest path first. */
  candidates(importPath: string): ImportCandidate<T>[] {
    const candidates: ImportCandidate<T>[] = [];
    let start = 0;
    // From the front: the first element decides about the standard library, which most imports are of.
    for (let node: PathNode<T> | undefined = this.#root; start <= importPath.length; ) {
      const slash = importPath.indexOf("/", start);
      const end = slash < 0 ? importPath.length : slash;
      node = node.children.get(importPath.slice(start, end));
      if (node === undefined) break;
      start = end + 1;
      const { module } = node;
      if (module !== undefined) candidates.push({ module, directory: importPath.slice(start) });
    }
    return candidates.reverse();
  }

  #nodeOf(path: string): PathNode<T> {
    let node = this.#root;
    for (const element of path.split("/")) {
      const child = node.children.get(element) ?? emptyNode<T>();
      node.children.set(element, child);
      node = child;
    }
    return node;
  }
}

function emptyNode<T>(): PathNode<T> {
  return { module: undefined, children: new Map() };
}
