import { type Command, Option } from "commander";
import type { ModFlags, ModGraphFlags, ModListFlags, ModWhyFlags } from "./mod_flags.ts";
import { withSourceOptions } from "./options.ts";

/** Adds `gomodfs mod` and its commands to the program. */
export function addMod(program: Command, exit: (code: number) => void): void {
  const mod = program
    .command("mod")
    .description(
      "what go mod tells of a project, from the store: without a go command or a GOMODCACHE",
    );
  addGraph(mod, exit);
  addList(mod, exit);
  addWhy(mod, exit);
  addVerify(mod, exit);
}

function withModOptions(command: Command): Command {
  return withSourceOptions(command)
    .option("-C, --directory <dir>", "change to this directory first", ".")
    .option("--json", "print JSON");
}

function dotOption(): Option {
  return new Option("--dot", "print a digraph in the DOT language of Graphviz").conflicts("json");
}

function addGraph(mod: Command, exit: (code: number) => void): void {
  withModOptions(mod.command("graph"))
    .description("print the module graph as go mod graph does")
    .option("--go <version>", "the graph as this version of Go loads it")
    .addOption(dotOption())
    .addHelpText("after", "\nExamples:\n  gomodfs mod graph\n  gomodfs mod graph --dot | dot -Tsvg")
    .action(async (flags: ModGraphFlags) => {
      const { runModGraph } = await import("./mod_graph_command.ts");
      exit(await runModGraph(flags));
    });
}

function addList(mod: Command, exit: (code: number) => void): void {
  withModOptions(mod.command("list"))
    .argument("[modules...]", "all, module paths, patterns with ..., MODULE@QUERY (default: all)")
    .description("list modules as go list -m does")
    .option("--versions", "the versions that there are of each")
    .option("-u, --updates", "also newer versions, and what is retracted or deprecated")
    .option("--retracted", "also what is retracted")
    .addHelpText("after", LIST_NOTES)
    .action(async (modules: string[], flags: ModListFlags) => {
      const { runModList } = await import("./mod_list_command.ts");
      exit(await runModList(modules, flags));
    });
}

function addWhy(mod: Command, exit: (code: number) => void): void {
  withModOptions(mod.command("why"))
    .argument(
      "[packages...]",
      "import paths, directories or patterns; with -m module paths (default: .)",
    )
    .description("explain why packages or modules are needed, as go mod why does")
    .option("-m, --modules", "the arguments are modules")
    .option("--vendor", "without the tests of dependencies")
    .addOption(dotOption())
    .addHelpText("after", WHY_NOTES)
    .action(async (packages: string[], flags: ModWhyFlags) => {
      const { runModWhy } = await import("./mod_why_command.ts");
      exit(await runModWhy(packages, flags));
    });
}

function addVerify(mod: Command, exit: (code: number) => void): void {
  withModOptions(mod.command("verify"))
    .description("compare what is stored of the build list with its hashes and with go.sum")
    .addHelpText("after", "\nExample:\n  gomodfs mod verify")
    .action(async (flags: ModFlags) => {
      const { runModVerify } = await import("./mod_verify_command.ts");
      exit(await runModVerify(flags));
    });
}

const WHY_NOTES = `
Modules are fetched as far as imports lead to them. If one cannot be had, what is
behind it is not known: that is said, and the exit code is 1.

Examples:
  gomodfs mod why golang.org/x/text/language
  gomodfs mod why -m golang.org/x/net golang.org/x/sys`;

const LIST_NOTES = `
--json prints the objects of go list -m -json. Dir and GoMod are only there for
main modules and directories that replace modules: nothing else is in files.
GOFLAGS=-mod=mod lists what go.mod would become; otherwise a go.mod or go.sum
that is not complete is an error.

Examples:
  gomodfs mod list
  gomodfs mod list -u all
  gomodfs mod list -json golang.org/x/net@latest`;
