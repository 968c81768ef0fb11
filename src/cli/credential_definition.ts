import type { Command } from "commander";
import { collectValues } from "./options.ts";

/** Flags of `gomodfs credential`. */
export interface CredentialFlags {
  /** Globs of module paths. */
  readonly allow?: readonly string[];
  readonly password?: boolean;
}

/** Adds `gomodfs credential` to the program. */
export function addCredential(program: Command, exit: (code: number) => void): void {
  program
    .command("credential")
    .argument("<name>", "the client's name")
    .description("make a token for a client of the server, and the line that lets it in")
    .option(
      "--allow <pattern>",
      "a glob of private modules that it may read, as GOPRIVATE's; may be given often",
      collectValues,
    )
    .option("--password", "read a password from standard input instead of making a token")
    .addHelpText(
      "after",
      `
The line goes to standard output, for the file that --credentials or gomodfs.toml names; it
holds a hash only. The token goes to standard error: it is told this once.

Examples:
  gomodfs credential ci >>/etc/gomodfs/credentials
  gomodfs credential ann --allow corp.example.com/team >>/etc/gomodfs/credentials
  read -rs PASSWORD && printf %s "$PASSWORD" | gomodfs credential ann --password`,
    )
    .action(async (name: string, options: CredentialFlags) => {
      const { runCredential } = await import("./credential_command.ts");
      exit(await runCredential(name, options));
    });
}
