import { goVersionOfToolchain } from "./go_version.ts";
import type { ModulePath, Version } from "./module_version.ts";
import { isCanonical, parseModulePath } from "./path.ts";

/** The module whose versions are Go toolchains, one for each release and platform. */
export const TOOLCHAIN_PATH: ModulePath = parseModulePath("golang.org/toolchain");

/** What a Go toolchain runs on, as `go env GOOS GOARCH` says. */
export interface GoPlatform {
  readonly goos: string;
  readonly goarch: string;
}

/** One Go toolchain. */
export interface Toolchain extends GoPlatform {
  /** As GOTOOLCHAIN and go.mod name it: `go1.21.3`. */
  readonly name: string;
}

/** A file of a toolchain's module zip, by its name below the module's root. */
export interface ToolchainFile {
  readonly name: string;
  readonly size: number;
}

/** cmd/go/internal/toolchain/select.go, gotoolchainVersion. */
const VERSION_PREFIX = "v0.0.1-";
/** Names of Node.js (process.platform, process.arch) that Go spells otherwise. */
const GOOS_OF_PLATFORM: ReadonlyMap<string, string> = new Map([
  ["win32", "windows"],
  ["sunos", "solaris"],
]);
const GOARCH_OF_ARCHITECTURE: ReadonlyMap<string, string> = new Map([
  ["x64", "amd64"],
  ["ia32", "386"],
  ["mipsel", "mipsle"],
]);

/** The version of {@linkcode TOOLCHAIN_PATH} that holds a toolchain; undefined if there can be none. */
export function toolchainVersion({ name, goos, goarch }: Toolchain): Version | undefined {
  const version = `${VERSION_PREFIX}${name}.${goos}-${goarch}`;
  return goVersionOfToolchain(name) !== undefined && isCanonical(version) ? version : undefined;
}

/** The inverse of {@linkcode toolchainVersion}; undefined for any other version. */
export function parseToolchainVersion(version: string): Toolchain | undefined {
  const match = /^v0\.0\.1-(.+)\.([a-z0-9]+)-([a-z0-9]+)$/.exec(version);
  const [, name, goos, goarch] = match ?? [];
  if (name === undefined || goos === undefined || goarch === undefined) return undefined;
  const toolchain: Toolchain = { name, goos, goarch };
  return toolchainVersion(toolchain) === version ? toolchain : undefined;
}

/** Go's names for what Node.js runs on. */
export function goPlatform(platform: string, architecture: string): GoPlatform {
  return {
    goos: GOOS_OF_PLATFORM.get(platform) ?? platform,
    goarch: GOARCH_OF_ARCHITECTURE.get(architecture) ?? architecture,
  };
}

/**
 * Whether the go command makes a file of a toolchain executable after it extracted it, by its name below the module's
 * root (cmd/go/internal/toolchain/select.go, Exec).
 */
export function isToolchainExecutable(name: string): boolean {
  return /^(?:bin\/|pkg\/tool\/|lib\/(?:.*\/)?go_[^/]+_[^/]+_exec$)/s.test(name);
}

/**
 * The go.mod files that the go command adds to an extracted toolchain, each with the name of the `_go.mod` that it
 * copies: a module zip cannot hold the go.mod files of other modules. None if `src/go.mod` is there already
 * (cmd/go/internal/toolchain/select.go, Exec and raceSafeCopy).
 */
export function toolchainGoMods(files: Iterable<ToolchainFile>): ReadonlyMap<string, string> {
  const sizes = new Map(Array.from(files, ({ name, size }) => [name, size]));
  const sizeOfSource = sizes.get("src/_go.mod");
  const copies = new Map<string, string>();
  if (sizeOfSource === undefined || sizes.get("src/go.mod") === sizeOfSource) return copies;
  for (const [source, size] of sizes) {
    if (!/(?:^|\/)_go\.mod$/.test(source)) continue;
    const copy = source.replace(/_go\.mod$/, "go.mod");
    if (sizes.get(copy) !== size) copies.set(copy, source);
  }
  return copies;
}
