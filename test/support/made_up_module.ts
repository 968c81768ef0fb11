import { escapePath, escapeVersion } from "../../src/module/escape.ts";
import type { ModuleVersion } from "../../src/module/module_version.ts";
import { storedZip } from "./stored_zip.ts";

/** Files of a module: names relative to its root to contents. */
export type ModuleFiles = Readonly<Record<string, string | Uint8Array>>;

/** What a proxy answers about a version of a module. */
export interface MadeUpModule {
  readonly info: Buffer;
  readonly goMod: Buffer;
  readonly zip: Buffer;
}

/** The constant time of all made-up versions. */
export const madeUpTime = "2020-01-02T03:04:05Z";

/** A module version of these files; a go.mod that names the module is added where there is none. */
export function madeUpModule({ path, version }: ModuleVersion, files: ModuleFiles): MadeUpModule {
  const withGoMod: ModuleFiles = { "go.mod": `module ${path}\n`, ...files };
  const entries = Object.entries(withGoMod).map(([name, content]) => ({
    name: `${path}@${version}/${name}`,
    content: Buffer.from(content),
  }));
  return {
    info: Buffer.from(JSON.stringify({ Version: version, Time: madeUpTime })),
    goMod: Buffer.from(withGoMod["go.mod"] ?? ""),
    zip: storedZip(entries),
  };
}

/** The path, in the GOPROXY protocol, of a version's files without their extension. */
export function versionPath({ path, version }: ModuleVersion): string {
  return `${modulePrefix(path)}/@v/${escapeVersion(version)}`;
}

/** The path, in the GOPROXY protocol, below which everything about a module is. */
export function modulePrefix(path: ModuleVersion["path"]): string {
  return `/${escapePath(path)}`;
}
