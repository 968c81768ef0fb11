import { readFileSync } from "node:fs";
import { join } from "node:path";
import { goVersionOfToolchain } from "../module/go_version.ts";

/**
 * The Go version of an installation ("1.26.8"), from the first line of its VERSION file (cmd/go/internal/gover, Local).
 *
 * @param goroot GOROOT, if there is one
 * @returns undefined without an installation, or with one built from sources without a version
 */
export function localGoVersion(goroot: string | undefined): string | undefined {
  if (goroot === undefined) return undefined;
  try {
    const [name = ""] = readFileSync(join(goroot, "VERSION"), "utf8").split("\n", 1);
    return goVersionOfToolchain(name.trim());
  } catch {
    return undefined;
  }
}
