import { escapePath, escapeVersion } from "../../module/escape.ts";
import { formatModuleVersion, type ModuleVersion } from "../../module/module_version.ts";
import type { TreeNode } from "../../tree/tree_node.ts";
import { formatVirtualPath, parseVirtualPath } from "../../tree/tree_node.ts";
import type { VirtualPath } from "../../tree/virtual_path.ts";

/** What a handle names: a place outside modules, or a module with all that is in it. */
export type HandleScope =
  | { readonly kind: "path"; readonly path: VirtualPath }
  | { readonly kind: "module"; readonly id: ModuleVersion };

/** Kinds of places in handles; their numbers must stay what they are. */
export const ScopeCode = {
  MODULE_FILE: 0,
  MODULE_DIRECTORY: 1,
  PREFIX: 2,
  CACHE: 3,
  DOWNLOAD: 4,
  VERSIONS: 5,
  LIST: 6,
  INFO: 7,
  MOD: 8,
  ZIP: 9,
  ZIPHASH: 10,
  CHECKSUM: 11,
} as const;
/** One of {@linkcode ScopeCode}. */
export type ScopeCode = (typeof ScopeCode)[keyof typeof ScopeCode];

const DOWNLOAD_CODES = {
  info: ScopeCode.INFO,
  mod: ScopeCode.MOD,
  zip: ScopeCode.ZIP,
  ziphash: ScopeCode.ZIPHASH,
} as const;
const DOWNLOAD = "cache/download";

/** The text that, with the code, tells a scope from all others: as short as it can be, since handles have 64 bytes. */
export interface HandleName {
  /** Both of a module's codes stand for the same scope; this is MODULE_DIRECTORY then. */
  readonly code: ScopeCode;
  readonly text: string;
}

/** The scope that a node belongs to. */
export function scopeOf(node: TreeNode): HandleScope {
  return node.kind === "path" ? node : { kind: "module", id: node.id };
}

/** A key of maps for a scope. */
export function scopeKey(scope: HandleScope): string {
  return scope.kind === "path" ? formatVirtualPath(scope.path) : formatModuleVersion(scope.id);
}

export function handleName(scope: HandleScope): HandleName {
  if (scope.kind === "module") {
    return { code: ScopeCode.MODULE_DIRECTORY, text: versionText(scope.id) };
  }
  const { path } = scope;
  switch (path.kind) {
    case "prefix":
      return { code: ScopeCode.PREFIX, text: path.prefix };
    case "module":
      return { code: ScopeCode.MODULE_DIRECTORY, text: versionText(path.id) };
    case "cache":
      return { code: ScopeCode.CACHE, text: "" };
    case "download":
      return { code: ScopeCode.DOWNLOAD, text: path.prefix };
    case "versions":
      return { code: ScopeCode.VERSIONS, text: escapePath(path.path) };
    case "list":
      return { code: ScopeCode.LIST, text: escapePath(path.path) };
    case "download-file":
      return { code: DOWNLOAD_CODES[path.file], text: versionText(path.id) };
    case "checksum":
      return { code: ScopeCode.CHECKSUM, text: path.path };
  }
}

/** The scope of a name; undefined if there is none. */
export function parseHandleName({ code, text }: HandleName): HandleScope | undefined {
  const path = parseVirtualPath(pathOf({ code, text }));
  if (path === undefined) return undefined;
  return path.kind === "module" ? { kind: "module", id: path.id } : { kind: "path", path };
}

function pathOf({ code, text }: HandleName): string {
  switch (code) {
    case ScopeCode.MODULE_FILE:
    case ScopeCode.MODULE_DIRECTORY:
    case ScopeCode.PREFIX:
      return text;
    case ScopeCode.CACHE:
      return "cache";
    case ScopeCode.DOWNLOAD:
      return text === "" ? DOWNLOAD : `${DOWNLOAD}/${text}`;
    case ScopeCode.VERSIONS:
      return `${DOWNLOAD}/${text}/@v`;
    case ScopeCode.LIST:
      return `${DOWNLOAD}/${text}/@v/list`;
    case ScopeCode.INFO:
      return downloadFilePath(text, "info");
    case ScopeCode.MOD:
      return downloadFilePath(text, "mod");
    case ScopeCode.ZIP:
      return downloadFilePath(text, "zip");
    case ScopeCode.ZIPHASH:
      return downloadFilePath(text, "ziphash");
    case ScopeCode.CHECKSUM:
      return text === "" ? `${DOWNLOAD}/sumdb` : `${DOWNLOAD}/sumdb/${text}`;
  }
}

function downloadFilePath(version: string, file: string): string {
  const at = version.lastIndexOf("@");
  return `${DOWNLOAD}/${version.slice(0, at)}/@v/${version.slice(at + 1)}.${file}`;
}

/** `github.com/!azure/x@v1.0.0`. */
export function versionText(id: ModuleVersion): string {
  return `${escapePath(id.path)}@${escapeVersion(id.version)}`;
}
