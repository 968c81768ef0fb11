import { isGomodfsError } from "../lib/gomodfs_error.ts";
import { unescapePath, unescapeVersion } from "../module/escape.ts";
import type { ModulePath, ModuleVersion } from "../module/module_version.ts";
import { isPathPrefix, parseModuleVersion } from "../module/path.ts";

/** The files that a GOMODCACHE keeps of each version under `cache/download/M/@v`. */
export type DownloadFile = "info" | "mod" | "zip" | "ziphash";

/**
 * A place in a GOMODCACHE, whether or not anything is resident there. Paths are as the file system spells them
 * (escaped, slash-separated, "" for none); `id` is not escaped.
 */
export type VirtualPath =
  /** The root, `github.com`, `github.com/a`: leads to module directories. */
  | { readonly kind: "prefix"; readonly prefix: string }
  /** The root directory of a module: `github.com/a/b@v1.2.3`. What lies below belongs to the module's own listing. */
  | { readonly kind: "module"; readonly id: ModuleVersion }
  /** `cache`. */
  | { readonly kind: "cache" }
  /** `cache/download`, `cache/download/github.com/a`: leads to `@v` directories. */
  | { readonly kind: "download"; readonly prefix: string }
  /** `cache/download/github.com/a/b/@v`. */
  | { readonly kind: "versions"; readonly path: ModulePath }
  /** `cache/download/github.com/a/b/@v/list`. */
  | { readonly kind: "list"; readonly path: ModulePath }
  /** `cache/download/github.com/a/b/@v/v1.2.3.info` and its like. */
  | { readonly kind: "download-file"; readonly id: ModuleVersion; readonly file: DownloadFile }
  /** `cache/download/sumdb` and every path below it, which may be a file or a directory. */
  | { readonly kind: "checksum"; readonly path: string };

/** The root of the GOMODCACHE. */
export const ROOT: VirtualPath = { kind: "prefix", prefix: "" };

const DOWNLOAD_FILES: readonly DownloadFile[] = ["info", "mod", "zip", "ziphash"];
/** The deepest part of the checksum database's layout has a name, `tile`, H, L, up to four parts of N, and `.p/W`. */
const CHECKSUM_PATH_PATTERN = /^[A-Za-z0-9.\-+_!@~]+$/;
const CHECKSUM_MAXIMUM_ELEMENTS = 64;

/**
 * What a name in a directory can be. Undefined where a GOMODCACHE never has such a name, whatever is fetched: dot
 * files, `.lock` and `.partial` files, names that are no module path. That needs no look into the store.
 */
export function childPath(parent: VirtualPath, name: string): VirtualPath | undefined {
  switch (parent.kind) {
    case "prefix":
      return parent.prefix === "" && name === "cache"
        ? { kind: "cache" }
        : (moduleRoot(parent.prefix, name) ?? prefixPath("prefix", parent.prefix, name));
    case "cache":
      return name === "download" ? { kind: "download", prefix: "" } : undefined;
    case "download":
      return downloadChild(parent.prefix, name);
    case "versions":
      return name === "list"
        ? { kind: "list", path: parent.path }
        : downloadFile(parent.path, name);
    case "checksum":
      return checksumChild(parent.path, name);
    case "module":
    case "list":
    case "download-file":
      return undefined;
  }
}

function join(prefix: string, name: string): string {
  return prefix === "" ? name : `${prefix}/${name}`;
}

function prefixPath(
  kind: "prefix" | "download",
  prefix: string,
  name: string,
): VirtualPath | undefined {
  const path = join(prefix, name);
  return isPathPrefix(path.split("/")) ? { kind, prefix: path } : undefined;
}

function moduleRoot(prefix: string, name: string): VirtualPath | undefined {
  const at = name.lastIndexOf("@");
  if (at <= 0) return undefined;
  const id = parseEscapedVersion(join(prefix, name.slice(0, at)), name.slice(at + 1));
  return id === undefined ? undefined : { kind: "module", id };
}

function downloadChild(prefix: string, name: string): VirtualPath | undefined {
  if (prefix === "" && name === "sumdb") return { kind: "checksum", path: "" };
  if (name !== "@v") return prefixPath("download", prefix, name);
  const path = parseEscapedPath(prefix);
  return path === undefined ? undefined : { kind: "versions", path };
}

function downloadFile(path: ModulePath, name: string): VirtualPath | undefined {
  for (const file of DOWNLOAD_FILES) {
    if (!name.endsWith(`.${file}`)) continue;
    const id = parseVersionOf(path, name.slice(0, -file.length - 1));
    return id === undefined ? undefined : { kind: "download-file", id, file };
  }
  return undefined;
}

function checksumChild(parent: string, name: string): VirtualPath | undefined {
  const path = join(parent, name);
  if (!CHECKSUM_PATH_PATTERN.test(name) || name.startsWith(".")) return undefined;
  return path.split("/").length > CHECKSUM_MAXIMUM_ELEMENTS
    ? undefined
    : { kind: "checksum", path };
}

/** The module version that an escaped path and version name; undefined if they name none. */
export function parseEscapedVersion(
  escapedPath: string,
  escapedVersion: string,
): ModuleVersion | undefined {
  const path = parseEscapedPath(escapedPath);
  return path === undefined ? undefined : parseVersionOf(path, escapedVersion);
}

function parseEscapedPath(escaped: string): ModulePath | undefined {
  return unlessInvalid(() => unescapePath(escaped));
}

function parseVersionOf(path: ModulePath, escaped: string): ModuleVersion | undefined {
  return unlessInvalid(() => parseModuleVersion(path, unescapeVersion(escaped)));
}

function unlessInvalid<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (isGomodfsError(error, "INVALID")) return undefined;
    throw error;
  }
}
