import { type Command, Option } from "commander";
import { SOURCE_KINDS } from "../transfer/source_kind.ts";
import type { ImportFlags } from "./flags.ts";
import { collectValues, withSourceOptions } from "./options.ts";

/** Adds `gomodfs import` to the program. */
export function addImport(program: Command, exit: (code: number) => void): void {
  withSourceOptions(
    program
      .command("import")
      .argument("<sources...>", "a GOMODCACHE, a directory of module zips, a git repository")
      .description("take modules of another layout into the store, verified")
      .addOption(
        new Option("--from <kind>", "what the sources are (default: found out)").choices(
          SOURCE_KINDS,
        ),
      )
      .option("--sum <file>", "verify by this go.sum too; may be given often", collectValues)
      .option("--json", "print one JSON object a module")
      .option("-q, --quiet", "print failures only"),
  )
    .addHelpText(
      "after",
      `
Every zip and go.mod is checked against the go.sum files given with --sum, else against
the checksum database; GONOSUMDB and GOPRIVATE exempt modules as for the go command. What
cannot be verified is not taken in. What is resident already is skipped.

A directory of zips may be a GOPROXY tree (M/@v/V.zip, .mod, .info), or hold zips under any
name. A repository is one that tailscale/gomodfs or gomodfs wrote.

Examples:
  gomodfs import "$(go env GOMODCACHE)"
  gomodfs import --sum go.sum --sum tools/go.sum /srv/goproxy
  gomodfs import --from zips --store /srv/gomodfs ./distfiles`,
    )
    .action(async (sources: string[], options: ImportFlags) => {
      const { runImport } = await import("./import_command.ts");
      exit(await runImport(sources, options));
    });
}
