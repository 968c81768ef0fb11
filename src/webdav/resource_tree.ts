import { checkMayRead } from "../http/access/check_may_read.ts";
import type { Client } from "../http/http_exchange.ts";
import { upstreamAnswer } from "../http/upstream_answer.ts";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import {
  formatModuleVersion,
  type ModulePath,
  type ModuleVersion,
} from "../module/module_version.ts";
import { parseChecksumPath } from "../tree/checksum_path.ts";
import { formatVirtualPath, ROOT_TREE_NODE, type TreeNode } from "../tree/tree_node.ts";
import type {
  FoundNode,
  TreeEntry,
  TreeFailure,
  VirtualFileSystem,
} from "../tree/virtual_file_system.ts";
import type { VirtualPath } from "../tree/virtual_path.ts";
import type { VirtualTree } from "../tree/virtual_tree.ts";
import type { Want } from "../tree/want.ts";
import { isDesktopName, type ResourcePath } from "./resource_path.ts";

/** Fetches what is not resident; a daemon's WantFetcher is one. */
export interface MissingContent {
  /**
   * Sees to it that `want` can be read: from the store, or, if something is given back, from that.
   *
   * @throws GomodfsError whatever is in the way
   */
  fetch(want: Want): Promise<
    | {
        readonly id: ModuleVersion;
        readonly file: "info" | "mod";
        readonly content: Uint8Array;
      }
    | undefined
  >;
}

/** How many look-ups of what can be fetched there were. */
export interface ResourceCounts {
  /** That found it resident. */
  readonly hits: number;
  /** That had to wait until it was. */
  readonly misses: number;
}

const ROOT_RESOURCE: FoundNode = {
  node: ROOT_TREE_NODE,
  stat: { kind: "directory", size: 0, executable: false },
};

/** The virtual GOMODCACHE as each client sees it: what it may not read is in no listing. */
export class ResourceTree {
  readonly #tree: VirtualTree;
  readonly #files: VirtualFileSystem;
  readonly #missing: MissingContent;
  #hits = 0;
  #misses = 0;

  constructor(tree: VirtualTree, files: VirtualFileSystem, missing: MissingContent) {
    this.#tree = tree;
    this.#files = files;
    this.#missing = missing;
  }

  counts(): ResourceCounts {
    return { hits: this.#hits, misses: this.#misses };
  }

  /**
   * What a path names; what is not resident is fetched.
   *
   * @throws GomodfsError `NOT_FOUND` for what is not there, `FORBIDDEN` for a module that the client may not read, or
   * whatever was in the way of fetching it
   */
  async locate({ names, isCollection }: ResourcePath, client: Client): Promise<FoundNode> {
    let found = ROOT_RESOURCE;
    for (const name of names) found = await this.#child(found.node, name, client);
    if (isCollection && found.stat.kind === "file") throw notFound(`${names.join("/")}/`);
    if (isFetchable(found.node)) this.#hits += 1;
    return found;
  }

  /**
   * The rows of a directory that the client may see, as far as they are resident.
   *
   * @throws GomodfsError `STORE` if the store cannot give what it should have
   */
  *entries(node: TreeNode, client: Client): Generator<TreeEntry, undefined> {
    for (const entry of unlessFailed(this.#files.entries(node), formatNode(node))) {
      if (this.#isVisible(entry.node, client)) yield entry;
    }
  }

  /**
   * At most `length` bytes of a file.
   *
   * @throws GomodfsError `STORE` if the store cannot give what it should have
   */
  read(node: TreeNode, offset: number, length: number): Uint8Array {
    return unlessFailed(this.#files.read(node, offset, length), formatNode(node));
  }

  async #child(parent: TreeNode, name: string, client: Client): Promise<FoundNode> {
    const what = `${formatNode(parent)}/${name}`;
    if (parent.kind === "path" && isDesktopName(name)) throw notFound(what);
    const found = this.#files.lookup(parent, name);
    if (!("want" in found)) return shownTo(client, unlessFailed(found, what));
    if (found.want.kind !== "tile") checkMayRead(client, found.want.id.path);
    this.#misses += 1;
    await this.#fetch(found.want);
    const fetched = this.#files.lookup(parent, name);
    if ("want" in fetched) {
      throw new GomodfsError("STORE", `${what} was fetched, and is not in the store`);
    }
    return unlessFailed(fetched, what);
  }

  async #fetch(want: Want): Promise<void> {
    const arriving = await upstreamAnswer(this.#missing.fetch(want));
    if (arriving !== undefined) this.#tree.accept(arriving.id, arriving.file, arriving.content);
  }

  /**
   * A directory that leads only to modules which the client may not read would give away their names. Where all may be
   * read, the first module below a directory answers for it.
   */
  #isVisible(node: TreeNode, client: Client): boolean {
    const module = moduleOf(node);
    if (module !== undefined) return client.mayRead(module);
    if (node.kind !== "path" || !leadsToModules(node.path)) return true;
    return unlessFailed(this.#files.entries(node), formatNode(node)).some((entry) =>
      this.#isVisible(entry.node, client),
    );
  }
}

function shownTo(client: Client, found: FoundNode): FoundNode {
  const module = moduleOf(found.node);
  if (module !== undefined) checkMayRead(client, module);
  return found;
}

/** The module that a node belongs to; undefined for what leads to modules, and for what belongs to none. */
function moduleOf(node: TreeNode): ModulePath | undefined {
  if (node.kind !== "path") return node.id.path;
  const { path } = node;
  switch (path.kind) {
    case "module":
    case "download-file":
      return path.id.path;
    case "versions":
    case "list":
      return path.path;
    case "checksum": {
      const parsed = parseChecksumPath(path.path);
      return parsed?.kind === "record" ? parsed.id.path : undefined;
    }
    case "prefix":
    case "cache":
    case "download":
      return undefined;
  }
}

function leadsToModules(path: VirtualPath): boolean {
  return (path.kind === "prefix" || path.kind === "download") && path.prefix !== "";
}

function isFetchable(node: TreeNode): boolean {
  if (node.kind !== "path") return true;
  return node.path.kind === "download-file" || node.path.kind === "checksum";
}

/** For messages. */
function formatNode(node: TreeNode): string {
  return node.kind === "path" ? formatVirtualPath(node.path) : formatModuleVersion(node.id);
}

function unlessFailed<T extends object>(answer: T | TreeFailure, what: string): T {
  if (!isFailure(answer)) return answer;
  switch (answer.failure) {
    case "never":
    case "missing":
    case "not-a-directory":
      throw notFound(what);
    case "is-a-directory":
    case "damaged":
      throw new GomodfsError("STORE", `the store cannot give what it should have of ${what}`);
  }
}

function isFailure(answer: object): answer is TreeFailure {
  return "failure" in answer;
}

function notFound(what: string): GomodfsError {
  return new GomodfsError("NOT_FOUND", `${what}: no such file or directory`);
}
