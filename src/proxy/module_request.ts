import { GomodfsError } from "../lib/gomodfs_error.ts";
import { unescapePath, unescapeVersion } from "../module/escape.ts";
import type { ModulePath, ModuleVersion } from "../module/module_version.ts";
import { checkModuleVersion, isModuleVersion, parseModuleVersion } from "../module/path.ts";
import { quote } from "../module/quote.ts";

/** What a URL of the GOPROXY protocol asks for. */
export type ModuleRequest =
  | { readonly kind: "info" | "mod" | "zip"; readonly path: ModulePath; readonly id: ModuleVersion }
  | { readonly kind: "list" | "latest"; readonly path: ModulePath }
  /** The `.info` of what is no version of the module: a branch, a commit, a short or another tag. */
  | { readonly kind: "revision"; readonly path: ModulePath; readonly query: string };

/** The second root, by which go-cache-plugin's clients know a module proxy. */
const SECOND_ROOT = "/mod/";
const FILE_PATTERN = /^(.*)\.(info|mod|zip)$/s;

/**
 * Reads the path of a URL.
 *
 * @param path still percent-encoded
 * @returns undefined for a path that is none of the protocol
 * @throws GomodfsError `NOT_FOUND` if it names what cannot exist, `INVALID` if no client of the protocol sends it
 */
export function parseModuleRequest(path: string): ModuleRequest | undefined {
  const start = path.startsWith(SECOND_ROOT) ? SECOND_ROOT.length : 1;
  // Marks are never encoded: what looks for them in a decoded path can be led astray.
  if (path.endsWith("/@latest")) {
    const module = parsePath(path.slice(start, -"/@latest".length));
    return { kind: "latest", path: module };
  }
  const mark = path.indexOf("/@v/");
  if (mark < 0) return undefined;
  const module = parsePath(path.slice(start, mark));
  const file = decodeOnce(path.slice(mark + "/@v/".length));
  return file === "list" ? { kind: "list", path: module } : parseFile(module, file);
}

function parseFile(path: ModulePath, file: string): ModuleRequest {
  const [, escaped = "", kind] = FILE_PATTERN.exec(file) ?? [];
  if (kind !== "info" && kind !== "mod" && kind !== "zip") {
    throw new GomodfsError("NOT_FOUND", `${quote(file)} is no file of a module`);
  }
  const version = existing(() => unescapeVersion(escaped));
  if (isModuleVersion(path, version)) return { kind, path, id: parseModuleVersion(path, version) };
  if (kind === "info") return { kind: "revision", path, query: version };
  // cmd/go asks for the .mod and .zip of canonical versions only (modfetch/proxy.go, GoMod and Zip).
  return existing(() => {
    checkModuleVersion(path, version);
    return { kind, path, id: parseModuleVersion(path, version) };
  });
}

function parsePath(encoded: string): ModulePath {
  const escaped = decodeOnce(encoded);
  return existing(() => unescapePath(escaped));
}

/**
 * What breaks the rules of module paths and versions cannot exist: "not found" lets a go command ask its next proxy, as a
 * proxy that never looked at the rules would.
 */
function existing<T>(parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    if (!(cause instanceof GomodfsError)) throw cause;
    throw new GomodfsError("NOT_FOUND", cause.message, { cause });
  }
}

/**
 * Percent-decoding. cmd/go encodes `!` (net/url.PathEscape), but never what separates: a server before this one that looks
 * at paths must see the same elements.
 *
 * @throws GomodfsError `INVALID`
 */
function decodeOnce(encoded: string): string {
  if (!encoded.includes("%")) return encoded;
  const decoded = decode(encoded);
  if (decoded === undefined || /%(?:2f|5c|00)/i.test(encoded)) {
    throw new GomodfsError("INVALID", `bad percent-encoding in the URL's path ${quote(encoded)}`);
  }
  return decoded;
}

function decode(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}
