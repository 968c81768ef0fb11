import { GomodfsError } from "../lib/gomodfs_error.ts";
import { readBoundedFile } from "./bounded_file.ts";
import type { MainModule } from "./main_module.ts";
import { readGoWork, workspaceFiles } from "./workspace.ts";

/** The text of a go.sum or go.work.sum file. */
export interface SumFile {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
}

// A line has about 100 bytes; the largest workspaces known have some ten thousand.
const MAX_GO_SUM_BYTES = 32 << 20;
const MAX_TOTAL_BYTES = 128 << 20;

/**
 * The go.sum files that the go command reads: the main module's, or go.work.sum and those of all modules that go.work
 * uses (cmd/go/internal/modload, loadModFile). Files that do not exist are left out.
 *
 * @throws GomodfsError `INVALID` for a file that cannot be read, `TOO_LARGE` past a bound, `USAGE` for a -modfile that
 * does not end in .mod
 */
export async function readSumFiles(main: MainModule): Promise<SumFile[]> {
  const files: SumFile[] = [];
  let total = 0;
  for (const path of await sumPaths(main)) {
    const text = await readBoundedFile(path, MAX_GO_SUM_BYTES);
    if (text === undefined) continue;
    total += text.length;
    if (total > MAX_TOTAL_BYTES) {
      const file = main.kind === "workspace" ? main.goWork : main.goMod;
      throw new GomodfsError("TOO_LARGE", `the go.sum files of ${file} are too large together`);
    }
    files.push({ path, text });
  }
  return files;
}

async function sumPaths(main: MainModule): Promise<string[]> {
  if (main.kind === "module") return [sumPathOf(main.modFile)];
  const goWork = await readGoWork(main.goWork);
  return [`${main.goWork}.sum`, ...workspaceFiles(goWork, main.goWork, "go.sum")];
}

function sumPathOf(modFile: string): string {
  if (modFile.endsWith(".mod")) return `${modFile.slice(0, -".mod".length)}.sum`;
  throw new GomodfsError("USAGE", `-modfile=${modFile} does not end in .mod`);
}
