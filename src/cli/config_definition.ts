import type { Command } from "commander";

/** Adds `gomodfs config` to the program. */
export function addConfig(program: Command, exit: (code: number) => void): void {
  const config = program
    .command("config")
    .description("look at the file of configuration, gomodfs.toml")
    .addHelpText(
      "after",
      `
Without FILE it is the one that GOMODFS_CONFIG names, or else the first that is there of
$XDG_CONFIG_HOME/gomodfs/gomodfs.toml and /etc/gomodfs/gomodfs.toml.

Examples:
  gomodfs config check gomodfs.toml
  gomodfs config show`,
    );
  config
    .command("check")
    .argument("[file]", "the file")
    .description("say everything that is wrong with it, each with its line")
    .addHelpText(
      "after",
      "\nIts certificates and credentials are read too. Exits with 1 if anything is wrong.",
    )
    .action(async (file: string | undefined) => {
      const { runConfigCheck } = await import("./config_command.ts");
      exit(await runConfigCheck(file));
    });
  config
    .command("show")
    .argument("[file]", "the file")
    .description("print every setting as it holds, with where it comes from")
    .action(async (file: string | undefined) => {
      const { runConfigShow } = await import("./config_command.ts");
      exit(await runConfigShow(file));
    });
}
