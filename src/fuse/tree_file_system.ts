import { constants } from "node:os";
import { isGomodfsError } from "../lib/gomodfs_error.ts";
import { escapeVersion } from "../module/escape.ts";
import type { ModuleVersion } from "../module/module_version.ts";
import type { ResidentModule } from "../store/module_store.ts";
import { type ChecksumPath, parseChecksumPath } from "../tree/checksum_path.ts";
import type { ListingEntry } from "../tree/module_listing.ts";
import { childPath, type VirtualPath } from "../tree/virtual_path.ts";
import type { OpenModule, VirtualTree } from "../tree/virtual_tree.ts";
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

/** What a read needs that is not resident. */
export type Want =
  | { readonly kind: "module"; readonly id: ModuleVersion }
  | { readonly kind: "info"; readonly id: ModuleVersion }
  | { readonly kind: "mod"; readonly id: ModuleVersion }
  | Exclude<ChecksumPath, { kind: "directory" }>;

const { ENOENT, ENOTDIR, EISDIR, EIO } = constants.errno;
/** There will never be such a name, so the kernel may remember that. */
const NEVER: Failure = { errno: ENOENT, lasting: true };
const MISSING: Failure = { errno: ENOENT };

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
  readonly #nodes = new NodeTable();
  readonly #counters: MountCounters;
  readonly #ask: (ticket: number, want: Want) => void;
  readonly #invalidateDirectory: (directory: NodeId) => void;
  #lastTicket = 0;
  /** Directories whose listing the kernel may have cached. */
  readonly #listed = new Map<NodeId, VirtualPath>();

  constructor({ tree, counters, ask, invalidateDirectory }: TreeFileSystemOptions) {
    this.#tree = tree;
    this.#counters = counters;
    this.#ask = ask;
    this.#invalidateDirectory = invalidateDirectory;
  }

  lookup(parent: NodeId, name: Uint8Array): NodeAttributes | Failure | Pending {
    const node = this.#nodes.get(parent);
    const text = decodeName(name);
    if (node === undefined || text === undefined) return NEVER;
    switch (node.kind) {
      case "module-file":
        return { errno: ENOTDIR };
      case "module-directory":
        return this.#lookupInModule(node.id, node.index, text);
      case "path": {
        const path = childPath(node.path, text);
        return path === undefined ? NEVER : this.#resolve(path, true);
      }
    }
  }

  attributes(node: NodeId): NodeAttributes | Failure {
    const found = this.#nodes.get(node);
    if (found === undefined) return MISSING;
    if (found.kind === "module-directory") return directory(node);
    if (found.kind === "module-file") {
      const module = this.#tree.module(found.id);
      return module === undefined ? { errno: EIO } : fileAttributes(node, module, found.index);
    }
    const size = this.#pathSize(found.path);
    return size === undefined ? directory(node) : file(node, size);
  }

  read(node: NodeId, offset: number, length: number): Uint8Array | Failure {
    const content = this.#read(node, offset, length);
    if (content instanceof Uint8Array) this.#counters.read(content.length);
    return content;
  }

  #read(node: NodeId, offset: number, length: number): Uint8Array | Failure {
    const found = this.#nodes.get(node);
    if (found === undefined) return MISSING;
    if (found.kind === "module-directory") return { errno: EISDIR };
    try {
      if (found.kind === "path") return this.#readPath(found.path, offset, length);
      const module = this.#tree.module(found.id);
      return module === undefined
        ? { errno: EIO }
        : this.#tree.readModuleFile(module, found.index, offset, length);
    } catch (error) {
      if (isGomodfsError(error)) return { errno: EIO };
      throw error;
    }
  }

  entries(node: NodeId): readonly DirectoryEntry[] | Failure {
    const found = this.#nodes.get(node);
    if (found === undefined) return MISSING;
    if (found.kind === "module-file") return { errno: ENOTDIR };
    if (found.kind === "module-directory") return this.#moduleEntries(found.id, found.index);
    this.#listed.set(node, found.path);
    return this.#pathEntries(found.path);
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
    for (const directory of this.#listed.keys()) this.#invalidateDirectory(directory);
    this.#listed.clear();
  }

  #lookupInModule(
    id: ModuleVersion,
    directoryIndex: number,
    name: string,
  ): NodeAttributes | Failure {
    const module = this.#tree.module(id);
    if (module === undefined) return { errno: EIO };
    const entry = module.listing.find(directoryIndex, name);
    return entry === undefined ? NEVER : this.#entryAttributes(module, entry);
  }

  #entryAttributes(module: OpenModule, entry: ListingEntry): NodeAttributes {
    const { id } = module.stored;
    if (entry.kind === "directory") return directory(this.#nodes.directoryNode(id, entry.index));
    return fileAttributes(this.#nodes.fileNode(id, entry.index), module, entry.index);
  }

  #moduleEntries(id: ModuleVersion, directoryIndex: number): readonly DirectoryEntry[] | Failure {
    const module = this.#tree.module(id);
    if (module === undefined) return { errno: EIO };
    return module.listing
      .entries(directoryIndex)
      .map((entry) => ({
        name: Buffer.from(entry.name),
        attributes: this.#entryAttributes(module, entry),
      }))
      .toArray();
  }

  /** What is at `path`; if nothing is resident there and `fetch` is set, a ticket to wait for. */
  #resolve(path: VirtualPath, fetch: boolean): NodeAttributes | Failure | Pending {
    switch (path.kind) {
      case "prefix":
      case "cache":
      case "download":
      case "versions":
        return directory(this.#nodes.pathNode(path));
      case "module": {
        if (this.#tree.module(path.id) === undefined)
          return this.#want(fetch, { kind: "module", id: path.id });
        this.#hit();
        return directory(this.#nodes.directoryNode(path.id, 0));
      }
      case "download-file": {
        const size = this.#tree.downloadFileSize(path.id, path.file);
        if (size === undefined) {
          const kind = path.file === "info" || path.file === "mod" ? path.file : "module";
          return this.#want(fetch, { kind, id: path.id });
        }
        this.#hit();
        return file(this.#nodes.pathNode(path), size);
      }
      case "list":
        return this.#resolveList(path);
      case "checksum":
        return this.#resolveChecksum(path, fetch);
    }
  }

  #resolveList(path: Extract<VirtualPath, { kind: "list" }>): NodeAttributes | Failure {
    const length = this.#tree.list(path.path)?.length;
    if (length === undefined) return MISSING;
    return { ...file(this.#nodes.pathNode(path, length), length), changing: true };
  }

  #resolveChecksum(
    path: Extract<VirtualPath, { kind: "checksum" }>,
    fetch: boolean,
  ): NodeAttributes | Failure | Pending {
    const content = this.#tree.checksumFile(path.path);
    if (content !== undefined) return file(this.#nodes.pathNode(path), content.length);
    if (this.#tree.checksumDirectory(path.path) !== undefined) {
      return directory(this.#nodes.pathNode(path));
    }
    const parsed = parseChecksumPath(path.path);
    if (parsed === undefined) return MISSING;
    if (parsed.kind === "directory") return directory(this.#nodes.pathNode(path));
    return this.#want(fetch, parsed);
  }

  /** What has become resident is in the listings before anybody knows of it. */
  #hit(): void {
    this.#counters.hit();
    if (this.#listed.size > 0 && this.#tree.hasNewNames) this.#dropListings();
  }

  /** A new ticket for each request: what waited for one that failed asks anew when it is tried again. */
  #want(fetch: boolean, want: Want): Failure | Pending {
    if (!fetch) return MISSING;
    const ticket = ++this.#lastTicket;
    this.#counters.miss();
    this.#ask(ticket, want);
    return { ticket };
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

  #readPath(path: VirtualPath, offset: number, length: number): Uint8Array | Failure {
    switch (path.kind) {
      case "download-file":
        return this.#tree.readDownloadFile(path.id, path.file, offset, length) ?? { errno: EIO };
      case "list":
        return this.#tree.list(path.path)?.subarray(offset, offset + length) ?? MISSING;
      case "checksum":
        return (
          this.#tree.checksumFile(path.path)?.subarray(offset, offset + length) ?? { errno: EISDIR }
        );
      case "prefix":
      case "module":
      case "cache":
      case "download":
      case "versions":
        return { errno: EISDIR };
    }
  }

  #pathEntries(path: VirtualPath): readonly DirectoryEntry[] {
    const rows: DirectoryEntry[] = [];
    for (const name of this.#childNames(path)) {
      const child = childPath(path, name);
      if (child === undefined) continue;
      // What is listed is resident: a module need not be opened to say so.
      const attributes =
        child.kind === "module"
          ? directory(this.#nodes.directoryNode(child.id, 0))
          : this.#resolve(child, false);
      if ("node" in attributes) rows.push({ name: Buffer.from(name), attributes });
    }
    return rows;
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

function directory(node: NodeId): NodeAttributes {
  return { node, kind: "directory", size: 0, executable: false };
}

function file(node: NodeId, size: number): NodeAttributes {
  return { node, kind: "file", size, executable: false };
}

function fileAttributes(node: NodeId, module: OpenModule, index: number): NodeAttributes {
  return {
    node,
    kind: "file",
    size: module.files.size(index),
    executable: module.files.executable(index),
  };
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

/** Names that are not UTF-8 cannot be in any module zip. */
function decodeName(name: Uint8Array): string | undefined {
  const text = Buffer.from(name.buffer, name.byteOffset, name.length).toString("utf8");
  return text.includes("\ufffd") ? undefined : text;
}
