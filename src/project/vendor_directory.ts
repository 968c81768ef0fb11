import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import { compareGoVersions } from "../module/go_version.ts";
import { MAX_GO_MOD_BYTES, readBoundedFile } from "./bounded_file.ts";
import { lookUpDirective } from "./go_directive_lookup.ts";
import type { MainModule } from "./main_module.ts";

// Some ten thousand packages at 100 bytes each.
const MAX_MODULES_TXT_BYTES = 32 << 20;

/**
 * Whether builds take their dependencies from a vendor directory instead of the module cache
 * (cmd/go/internal/modload, setDefaultBuildMod).
 *
 * @param mod the value of -mod, which decides if it is given
 * @throws GomodfsError `INVALID` or `TOO_LARGE` for files that cannot be read
 */
export async function usesVendorDirectory(
  main: MainModule,
  mod: string | undefined,
): Promise<boolean> {
  if (mod !== undefined) return mod === "vendor";
  const [file, root] =
    main.kind === "workspace"
      ? [main.goWork, dirname(main.goWork)]
      : [main.modFile, dirname(main.goMod)];
  const vendor = join(root, "vendor");
  if (!isDirectory(vendor)) return false;
  const goVersion = lookUpDirective((await readBoundedFile(file, MAX_GO_MOD_BYTES)) ?? "", "go");
  if (goVersion === "" || compareGoVersions(goVersion, "1.14") < 0) return false;
  return (await isForWorkspace(join(vendor, "modules.txt"))) === (main.kind === "workspace");
}

/** The first line of a workspace's modules.txt is `## workspace`, maybe among other notes between semicolons. */
async function isForWorkspace(modulesTxt: string): Promise<boolean> {
  const text = await readBoundedFile(modulesTxt, MAX_MODULES_TXT_BYTES);
  const [first = ""] = (text ?? "").split("\n", 1);
  if (!first.startsWith("## ")) return false;
  const notes = first.slice("## ".length).split(";");
  return notes.some((note) => note.trim() === "workspace");
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
