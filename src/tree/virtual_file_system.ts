import { isGomodfsError } from "../lib/gomodfs_error.ts";
import { escapeVersion } from "../module/escape.ts";
import type { ModuleVersion } from "../module/module_version.ts";
import type { ResidentModule } from "../store/module_store.ts";
import { parseChecksumPath } from "./checksum_path.ts";
import type { ListingEntry } from "./module_listing.ts";
import { parentPath, type TreeNode } from "./tree_node.ts";
import { childPath, type VirtualPath } from "./virtual_path.ts";
import type { OpenModule, VirtualTree } from "./virtual_tree.ts";
import type { Want } from "./want.ts";

/** What stat shows of a node. Times, owner and permission bits are the same for all. */
export interface NodeStat {
  readonly kind: "file" | "directory";
  /** Bytes; 0 for a directory. */
  readonly size: number;
  readonly executable: boolean;
  /** The content may be another one soon; everything else never changes. */
  readonly changing?: boolean;
}

/** A node that is there. */
export interface FoundNode {
  readonly node: TreeNode;
  readonly stat: NodeStat;
}

/** A row of a directory. */
export interface TreeEntry extends FoundNode {
  readonly name: string;
}

/** Why there is no answer. */
export interface TreeFailure {
  readonly failure: /** No such name, and there will never be one: that may be remembered for ever. */
    | "never"
    /** No such name now. */
    | "missing"
    | "not-a-directory"
    | "is-a-directory"
    /** The store cannot give what it should have. */
    | "damaged";
}

/** Nothing is resident there; it may be once this has been fetched. */
export interface NotResident {
  readonly want: Want;
}

const NEVER: TreeFailure = { failure: "never" };
const MISSING: TreeFailure = { failure: "missing" };
const DAMAGED: TreeFailure = { failure: "damaged" };
const NOT_A_DIRECTORY: TreeFailure = { failure: "not-a-directory" };
const IS_A_DIRECTORY: TreeFailure = { failure: "is-a-directory" };
const DIRECTORY: NodeStat = { kind: "directory", size: 0, executable: false };

/**
 * The virtual GOMODCACHE as file systems ask for it: names, attributes, listings and bytes of nodes. Synchronous; what
 * is not resident it only names.
 */
export class VirtualFileSystem {
  readonly #tree: VirtualTree;

  constructor(tree: VirtualTree) {
    this.#tree = tree;
  }

  /** What `name` is in the directory `parent`. */
  lookup(parent: TreeNode, name: string): FoundNode | TreeFailure | NotResident {
    switch (parent.kind) {
      case "module-file":
        return NOT_A_DIRECTORY;
      case "module-directory":
        return this.#lookupInModule(parent.id, parent.index, name);
      case "path": {
        if (isFilePath(parent.path)) return NOT_A_DIRECTORY;
        const path = childPath(parent.path, name);
        return path === undefined ? NEVER : this.resolve(path);
      }
    }
  }

  /** What is at a place. */
  resolve(path: VirtualPath): FoundNode | TreeFailure | NotResident {
    switch (path.kind) {
      case "prefix":
      case "cache":
      case "download":
      case "versions":
        return directory(path);
      case "module":
        return this.#tree.module(path.id) === undefined
          ? { want: { kind: "module", id: path.id } }
          : moduleRoot(path.id);
      case "download-file": {
        const size = this.#tree.downloadFileSize(path.id, path.file);
        if (size !== undefined) return file(path, size);
        const kind = path.file === "info" || path.file === "mod" ? path.file : "module";
        return { want: { kind, id: path.id } };
      }
      case "list": {
        const size = this.#tree.list(path.path)?.length;
        return size === undefined ? MISSING : file(path, size, true);
      }
      case "checksum":
        return this.#resolveChecksum(path);
    }
  }

  /**
   * What stat shows of a node. A place outside modules that is gone is an empty file; a number that a module does not
   * have is missing.
   */
  stat(node: TreeNode): NodeStat | TreeFailure {
    switch (node.kind) {
      case "module-directory": {
        if (node.index === 0) return DIRECTORY;
        const module = this.#tree.module(node.id);
        if (module === undefined) return DAMAGED;
        return node.index < module.listing.directoryCount ? DIRECTORY : MISSING;
      }
      case "module-file": {
        const module = this.#tree.module(node.id);
        if (module === undefined) return DAMAGED;
        return node.index < module.files.count ? fileStat(module, node.index) : MISSING;
      }
      case "path": {
        const size = this.#pathSize(node.path);
        return size === undefined ? DIRECTORY : { kind: "file", size, executable: false };
      }
    }
  }

  /** At most `length` bytes from `offset`; fewer only at the end of the file. */
  read(node: TreeNode, offset: number, length: number): Uint8Array | TreeFailure {
    if (node.kind === "module-directory") return IS_A_DIRECTORY;
    try {
      if (node.kind === "path") return this.#readPath(node.path, offset, length);
      const module = this.#tree.module(node.id);
      return module === undefined
        ? DAMAGED
        : this.#tree.readModuleFile(module, node.index, offset, length);
    } catch (error) {
      if (isGomodfsError(error)) return DAMAGED;
      throw error;
    }
  }

  /**
   * The whole listing without "." and "..". That of a module is always the same; elsewhere it has what is resident. If
   * nothing changes in the directory, nor does the order.
   */
  entries(node: TreeNode): readonly TreeEntry[] | TreeFailure {
    switch (node.kind) {
      case "module-file":
        return NOT_A_DIRECTORY;
      case "module-directory":
        return this.#moduleEntries(node.id, node.index);
      case "path":
        return isFilePath(node.path) ? NOT_A_DIRECTORY : this.#pathEntries(node.path);
    }
  }

  /** The directory that a directory is in; the root is in itself. */
  parent(node: TreeNode): TreeNode | TreeFailure {
    switch (node.kind) {
      case "module-file":
        return NOT_A_DIRECTORY;
      case "module-directory": {
        if (node.index === 0)
          return { kind: "path", path: parentPath({ kind: "module", id: node.id }) };
        const module = this.#tree.module(node.id);
        return module === undefined
          ? DAMAGED
          : { kind: "module-directory", id: node.id, index: module.listing.parent(node.index) };
      }
      case "path":
        return isFilePath(node.path)
          ? NOT_A_DIRECTORY
          : { kind: "path", path: parentPath(node.path) };
    }
  }

  /** What is to be fetched before a node that was there can be read again; undefined if it is resident. */
  missing(node: TreeNode): Want | undefined {
    if (node.kind !== "path") {
      return this.#tree.module(node.id) === undefined ? { kind: "module", id: node.id } : undefined;
    }
    const found = this.resolve(node.path);
    return "want" in found ? found.want : undefined;
  }

  /** How many names a directory that shows what is resident has now; 0 where that never changes or is not known. */
  nameCount(node: TreeNode): number {
    if (node.kind !== "path") return 0;
    const { path } = node;
    const names = this.#tree.names();
    switch (path.kind) {
      case "prefix":
        return names.prefixes(path.prefix).size + names.modules(path.prefix).size;
      case "download":
        return names.downloads(path.prefix).size;
      case "versions":
        return downloadFileNames(names.versions(path.path)).length;
      case "cache":
      case "module":
      case "list":
      case "download-file":
      case "checksum":
        return 0;
    }
  }

  #lookupInModule(
    id: ModuleVersion,
    directoryIndex: number,
    name: string,
  ): FoundNode | TreeFailure {
    const module = this.#tree.module(id);
    if (module === undefined) return DAMAGED;
    const entry = module.listing.find(directoryIndex, name);
    return entry === undefined ? NEVER : moduleNode(module, entry);
  }

  #moduleEntries(id: ModuleVersion, directoryIndex: number): readonly TreeEntry[] | TreeFailure {
    const module = this.#tree.module(id);
    if (module === undefined) return DAMAGED;
    return module.listing
      .entries(directoryIndex)
      .map((entry) => ({ name: entry.name, ...moduleNode(module, entry) }))
      .toArray();
  }

  #pathEntries(path: VirtualPath): readonly TreeEntry[] {
    const rows: TreeEntry[] = [];
    for (const name of this.#childNames(path)) {
      const child = childPath(path, name);
      if (child === undefined) continue;
      // What is listed is resident: a module need not be opened to say so.
      const found = child.kind === "module" ? moduleRoot(child.id) : this.resolve(child);
      if ("node" in found) rows.push({ name, ...found });
    }
    return rows;
  }

  #resolveChecksum(
    path: Extract<VirtualPath, { kind: "checksum" }>,
  ): FoundNode | TreeFailure | NotResident {
    const content = this.#tree.checksumFile(path.path);
    if (content !== undefined) return file(path, content.length);
    if (this.#tree.checksumDirectory(path.path) !== undefined) return directory(path);
    const parsed = parseChecksumPath(path.path);
    if (parsed === undefined) return MISSING;
    return parsed.kind === "directory" ? directory(path) : { want: parsed };
  }

  #pathSize(path: VirtualPath): number | undefined {
    switch (path.kind) {
      case "download-file":
        return this.#tree.downloadFileSize(path.id, path.file) ?? 0;
      case "list":
        return this.#tree.list(path.path)?.length ?? 0;
      case "checksum":
        return this.#tree.checksumFile(path.path)?.length;
      case "prefix":
      case "module":
      case "cache":
      case "download":
      case "versions":
        return undefined;
    }
  }

  #readPath(path: VirtualPath, offset: number, length: number): Uint8Array | TreeFailure {
    switch (path.kind) {
      case "download-file":
        return this.#tree.readDownloadFile(path.id, path.file, offset, length) ?? DAMAGED;
      case "list":
        return this.#tree.list(path.path)?.subarray(offset, offset + length) ?? MISSING;
      case "checksum":
        return (
          this.#tree.checksumFile(path.path)?.subarray(offset, offset + length) ?? IS_A_DIRECTORY
        );
      case "prefix":
      case "module":
      case "cache":
      case "download":
      case "versions":
        return IS_A_DIRECTORY;
    }
  }

  #childNames(path: VirtualPath): readonly string[] {
    const names = this.#tree.names();
    switch (path.kind) {
      case "prefix": {
        const own = path.prefix === "" ? ["cache"] : [];
        return [...own, ...names.prefixes(path.prefix), ...names.modules(path.prefix)];
      }
      case "cache":
        return ["download"];
      case "download": {
        const own =
          path.prefix === "" && this.#tree.checksumDirectory("") !== undefined ? ["sumdb"] : [];
        return [...own, ...names.downloads(path.prefix)];
      }
      case "versions":
        return ["list", ...downloadFileNames(names.versions(path.path))];
      case "checksum":
        return this.#tree.checksumDirectory(path.path) ?? [];
      case "module":
      case "list":
      case "download-file":
        return [];
    }
  }
}

/** Whether only a file can be there. A checksum database's path may be either. */
function isFilePath(path: VirtualPath): boolean {
  return path.kind === "list" || path.kind === "download-file";
}

function directory(path: VirtualPath): FoundNode {
  return { node: { kind: "path", path }, stat: DIRECTORY };
}

function moduleRoot(id: ModuleVersion): FoundNode {
  return { node: { kind: "module-directory", id, index: 0 }, stat: DIRECTORY };
}

function file(path: VirtualPath, size: number, changing = false): FoundNode {
  const stat: NodeStat = { kind: "file", size, executable: false };
  return { node: { kind: "path", path }, stat: changing ? { ...stat, changing } : stat };
}

function moduleNode(module: OpenModule, entry: ListingEntry): FoundNode {
  const { id } = module.stored;
  const { kind, index } = entry;
  return kind === "directory"
    ? { node: { kind: "module-directory", id, index }, stat: DIRECTORY }
    : { node: { kind: "module-file", id, index }, stat: fileStat(module, index) };
}

function fileStat({ files }: OpenModule, index: number): NodeStat {
  return { kind: "file", size: files.size(index), executable: files.executable(index) };
}

const DOWNLOAD_FILES = [
  { file: "info", isResident: (resident: ResidentModule) => resident.info },
  { file: "mod", isResident: (resident: ResidentModule) => resident.goMod },
  { file: "zip", isResident: (resident: ResidentModule) => resident.zip },
  { file: "ziphash", isResident: (resident: ResidentModule) => resident.zip },
] as const;

function downloadFileNames(residents: readonly ResidentModule[]): string[] {
  return residents.flatMap((resident) =>
    DOWNLOAD_FILES.filter(({ isResident }) => isResident(resident)).map(
      ({ file }) => `${escapeVersion(resident.id.version)}.${file}`,
    ),
  );
}
