import { Command, CommanderError } from "commander";
import { addConfig } from "./config_definition.ts";
import { addCredential } from "./credential_definition.ts";
import { EXIT_DONE, EXIT_USAGE, reportError } from "./exit_code.ts";
import { addExport } from "./export_definition.ts";
import type { ExecFlags, MountFlags, StoreFlags } from "./flags.ts";
import { addImport } from "./import_definition.ts";
import { addMod } from "./mod_definition.ts";
import { withDoubleDashes } from "./mod_flags.ts";
import { storeOption, withSourceOptions } from "./options.ts";
import { addPrefetch } from "./prefetch_definition.ts";
import { addServe } from "./serve_definition.ts";
import { versionLine } from "./version.ts";

/** Runs a command line (as process.argv) and gives its exit code. */
export async function runProgram(argv: readonly string[]): Promise<number> {
  let exitCode = EXIT_DONE;
  const program = createProgram((code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...withDoubleDashes(argv)]);
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_DONE : EXIT_USAGE;
    return reportError(error);
  }
}

function createProgram(exit: (code: number) => void): Command {
  const program = new Command("gomodfs")
    .description(
      "Every Go module at once: a verified, read-only GOMODCACHE, fetched when first read.",
    )
    .exitOverride()
    .enablePositionalOptions()
    .showHelpAfterError("(gomodfs --help lists the commands and options)")
    .configureHelp({ showGlobalOptions: true, minWidthToWrap: 30 });
  program.addHelpText("after", EXAMPLES);
  // Sub-commands inherit exitOverride and the help settings only if they are made by program.command.
  addMount(program, exit);
  addUnmount(program, exit);
  addExec(program, exit);
  addPrefetch(program, exit);
  addMod(program, exit);
  addServe(program, exit);
  addStatus(program, exit);
  addList(program, exit);
  addVerify(program, exit);
  addImport(program, exit);
  addExport(program, exit);
  addCacheprog(program, exit);
  addConfig(program, exit);
  addCredential(program, exit);
  program
    .command("version")
    .description("print the version")
    .action(() => {
      process.stdout.write(`${versionLine()}\n`);
    });
  return program;
}

const EXAMPLES = `
Examples:
  gomodfs exec -- go build ./...          build with every module at hand, fetched when first read
  gomodfs prefetch                        fill the GOMODCACHE with all that a project needs
  gomodfs serve                           a mount, a GOPROXY and checksum database for others
  gomodfs mount /mnt/gomod                serve a GOMODCACHE at a directory until Ctrl-C
  GOCACHEPROG="gomodfs cacheprog" go build ./...   keep what builds make, and share it
  gomodfs status                          what is resident and what is going on`;

function addMount(program: Command, exit: (code: number) => void): void {
  withSourceOptions(
    program
      .command("mount")
      .argument("<directory>", "where to mount; made if missing")
      .description("serve a virtual read-only GOMODCACHE at a directory, in the foreground")
      .option("--allow-other", "let other users read the mount"),
  )
    .addHelpText(
      "after",
      `
Prints one line when it is ready. SIGINT and SIGTERM unmount and end it.

Examples:
  gomodfs mount /mnt/gomod
  GOMODCACHE=/mnt/gomod go build ./...
  gomodfs mount --proxy https://goproxy.example.com,direct --log-format json /mnt/gomod`,
    )
    .action(async (directory: string, options: MountFlags) => {
      const { runMount } = await import("./mount_command.ts");
      exit(await runMount(directory, options));
    });
}

function addUnmount(program: Command, exit: (code: number) => void): void {
  program
    .command("unmount")
    .argument("<directory>", "where a GOMODCACHE is mounted")
    .description("end a mount, whether its daemon still runs or was killed")
    .addHelpText("after", "\nExample:\n  gomodfs unmount /mnt/gomod")
    .action(async (directory: string) => {
      const { runUnmount } = await import("./unmount_command.ts");
      exit(await runUnmount(directory));
    });
}

function addExec(program: Command, exit: (code: number) => void): void {
  withSourceOptions(
    program
      .command("exec")
      .argument("<command...>", "the command and its arguments, after --")
      .description("run a command with every module at hand in GOMODCACHE")
      .option("-C, --directory <dir>", "change to this directory first", "."),
  )
    .passThroughOptions()
    .addHelpText(
      "after",
      `
GOMODCACHE keeps its path and needs no preparation; the exit code is the command's own.

Examples:
  gomodfs exec -- go build ./...
  gomodfs exec -C service -- go test ./...
  gomodfs exec -- make release`,
    )
    .action(async (command: string[], options: ExecFlags) => {
      const { runExec } = await import("./exec_command.ts");
      exit(await runExec(command, options));
    });
}

function addStatus(program: Command, exit: (code: number) => void): void {
  program
    .command("status")
    .description("show what is resident, what is under way and what failed lately")
    .addOption(storeOption())
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      "\nExamples:\n  gomodfs status\n  gomodfs status --json | jq .store.storedBytes",
    )
    .action(async (options: StoreFlags & { readonly json?: boolean }) => {
      const { runStatus } = await import("./status_command.ts");
      exit(await runStatus(options));
    });
}

function addList(program: Command, exit: (code: number) => void): void {
  program
    .command("list")
    .description("list the resident module versions, one a line")
    .addOption(storeOption())
    .option("--json", "print one JSON object a line, with what is resident of each")
    .addHelpText("after", "\nExamples:\n  gomodfs list\n  gomodfs list --json")
    .action(async (options: StoreFlags & { readonly json?: boolean }) => {
      const { runList } = await import("./list_command.ts");
      exit(await runList(options));
    });
}

/** For the list of commands and `gomodfs help`: the entry of the command line runs it without this program. */
function addCacheprog(program: Command, exit: (code: number) => void): void {
  program
    .command("cacheprog")
    .argument("[words...]", "see gomodfs cacheprog --help")
    .description("the go command's build cache (GOCACHEPROG): local, shared, and on S3")
    .allowUnknownOption()
    .helpOption(false)
    .action(async (words: string[]) => {
      const { runCacheprog } = await import("./cacheprog.ts");
      exit(await runCacheprog(words));
    });
}

function addVerify(program: Command, exit: (code: number) => void): void {
  program
    .command("verify")
    .argument("[modules...]", "MODULE@VERSION; all resident modules if none is named")
    .description("read every stored byte of modules again and compare it with their h1 hash")
    .addOption(storeOption())
    .addHelpText(
      "after",
      "\nExamples:\n  gomodfs verify\n  gomodfs verify golang.org/x/net@v0.43.0",
    )
    .action(async (modules: string[], options: StoreFlags) => {
      const { runVerify } = await import("./verify_command.ts");
      exit(await runVerify(modules, options));
    });
}
