import { GomodfsError } from "../lib/gomodfs_error.ts";
import type { ModuleVersion } from "../module/module_version.ts";
import { parseModuleVersion } from "../module/path.ts";

/**
 * A module version as a command line names it: `MODULE@VERSION`.
 *
 * @throws GomodfsError `USAGE` for another form, `INVALID` for a path or version that breaks Go's rules
 */
export function parseModuleName(name: string): ModuleVersion {
  const at = name.lastIndexOf("@");
  if (at > 0) return parseModuleVersion(name.slice(0, at), name.slice(at + 1));
  throw new GomodfsError("USAGE", `${name} does not name a module version`, {
    hint: "write MODULE@VERSION, for example golang.org/x/net@v0.43.0",
  });
}
