import { escapePath, escapeVersion } from "../module/escape.ts";
import type { ModuleVersion } from "../module/module_version.ts";
import { childPath, ROOT, type VirtualPath } from "./virtual_path.ts";

/** A file or directory of the tree: a place outside modules, or the `index`th file or directory of a module. */
export type TreeNode =
  | { readonly kind: "path"; readonly path: VirtualPath }
  | { readonly kind: "module-file"; readonly id: ModuleVersion; readonly index: number }
  | { readonly kind: "module-directory"; readonly id: ModuleVersion; readonly index: number };

/** The root of the GOMODCACHE. */
export const ROOT_TREE_NODE: TreeNode = { kind: "path", path: ROOT };

/** A place as the file system spells it, from the GOMODCACHE's root, which is "". */
export function formatVirtualPath(path: VirtualPath): string {
  switch (path.kind) {
    case "prefix":
      return path.prefix;
    case "module":
      return `${escapePath(path.id.path)}@${escapeVersion(path.id.version)}`;
    case "cache":
      return "cache";
    case "download":
      return join("cache/download", path.prefix);
    case "versions":
      return `cache/download/${escapePath(path.path)}/@v`;
    case "list":
      return `cache/download/${escapePath(path.path)}/@v/list`;
    case "download-file": {
      const { id, file } = path;
      return `cache/download/${escapePath(id.path)}/@v/${escapeVersion(id.version)}.${file}`;
    }
    case "checksum":
      return join("cache/download/sumdb", path.path);
  }
}

/** The place that a path of the file system names, as {@linkcode formatVirtualPath} spells it; undefined for none. */
export function parseVirtualPath(text: string): VirtualPath | undefined {
  let path: VirtualPath | undefined = ROOT;
  if (text === "") return path;
  for (const name of text.split("/")) path = path && childPath(path, name);
  return path;
}

/** The directory that a place is in; the root is in itself. */
export function parentPath(path: VirtualPath): VirtualPath {
  switch (path.kind) {
    case "prefix":
      return { kind: "prefix", prefix: parentOf(path.prefix) };
    case "module":
      return { kind: "prefix", prefix: parentOf(escapePath(path.id.path)) };
    case "cache":
      return ROOT;
    case "download":
      return path.prefix === ""
        ? { kind: "cache" }
        : { kind: "download", prefix: parentOf(path.prefix) };
    case "versions":
      return { kind: "download", prefix: escapePath(path.path) };
    case "list":
      return { kind: "versions", path: path.path };
    case "download-file":
      return { kind: "versions", path: path.id.path };
    case "checksum":
      return path.path === ""
        ? { kind: "download", prefix: "" }
        : { kind: "checksum", path: parentOf(path.path) };
  }
}

function join(directory: string, rest: string): string {
  return rest === "" ? directory : `${directory}/${rest}`;
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}
