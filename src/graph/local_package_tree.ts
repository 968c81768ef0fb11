import { join } from "node:path";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { GoSourceReader, listSourceDirectory, type SourceDirectory } from "../project/go_source.ts";
import { importsOfPackage, type PackageImports } from "./package_imports.ts";
import { isHiddenDirectory, type PackageTree } from "./package_tree.ts";

/** Kubernetes has 6,000. */
const MAX_DIRECTORIES = 200_000;

/** The packages of a module in a directory of this machine; or of the standard library, in which no modules are nested. */
export class LocalPackageTree implements PackageTree {
  readonly #root: string;
  readonly #source = new GoSourceReader();
  readonly #listings = new Map<string, SourceDirectory>();

  /** @param root absolute */
  constructor(root: string) {
    this.#root = root;
  }

  hasGoFiles(directory: string): boolean {
    if (directory.split("/").includes("..") || this.#list(directory).goFiles.length === 0) {
      return false;
    }
    for (let at = directory; at !== ""; at = parentOf(at)) {
      if (this.#list(at).hasGoMod) return false;
    }
    return true;
  }

  imports(directory: string): PackageImports | undefined {
    const path = join(this.#root, directory);
    return importsOfPackage(
      this.#list(directory).goFiles.map((name) => ({
        name,
        read: () => this.#source.read(path, name),
      })),
    );
  }

  *directories(): Generator<string> {
    const pending = [""];
    for (const directory of pending) {
      if (pending.length > MAX_DIRECTORIES) {
        throw new GomodfsError(
          "TOO_LARGE",
          `${this.#root} has more than ${MAX_DIRECTORIES} directories`,
        );
      }
      const { goFiles, directories, hasGoMod } = this.#list(directory);
      if (hasGoMod && directory !== "") continue;
      if (goFiles.length > 0) yield directory;
      for (const name of directories) {
        const path = directory === "" ? name : `${directory}/${name}`;
        if (!isHiddenDirectory(path)) pending.push(path);
      }
    }
  }

  #list(directory: string): SourceDirectory {
    const known = this.#listings.get(directory);
    if (known !== undefined) return known;
    const listing = listSourceDirectory(join(this.#root, directory));
    this.#listings.set(directory, listing);
    return listing;
  }
}

function parentOf(directory: string): string {
  return directory.slice(0, Math.max(0, directory.lastIndexOf("/")));
}
