import { type Command, Option } from "commander";
import { EXPORT_LAYOUTS } from "../transfer/export_target.ts";
import type { ExportFlags } from "./flags.ts";
import { storeOption } from "./options.ts";

/** Adds `gomodfs export` to the program. */
export function addExport(program: Command, exit: (code: number) => void): void {
  program
    .command("export")
    .argument("<directory>", "where to write; made if missing")
    .argument("[modules...]", "MODULE@VERSION; all resident modules if none is named")
    .description("write resident modules out as a GOMODCACHE or a GOPROXY tree")
    .addOption(
      new Option("--as <layout>", "modcache: a GOMODCACHE; proxy: a GOPROXY tree")
        .choices(EXPORT_LAYOUTS)
        .default("modcache"),
    )
    .addOption(storeOption())
    .option("--modcacherw", "leave the directories of a GOMODCACHE writable")
    .option("--json", "print one JSON object a module")
    .option("-q, --quiet", "print failures only")
    .addHelpText(
      "after",
      `
What is there already is compared with the store and kept. A module without the .info or
.mod that the go command needs is named, the rest is written, and the exit code is 1.

Examples:
  gomodfs export --as modcache /srv/image/go/pkg/mod
  gomodfs export --as proxy /media/usb/goproxy
  GOPROXY=file:///media/usb/goproxy go build ./...`,
    )
    .action(async (directory: string, modules: string[], options: ExportFlags) => {
      const { runExport } = await import("./export_command.ts");
      exit(await runExport(directory, modules, options));
    });
}
