import { type Command, Option } from "commander";
import { LOG_FORMATS, LOG_LEVELS } from "../lib/logger.ts";

/** `--store` of every command that has to do with a store. */
export function storeOption(): Option {
  return new Option(
    "--store <dir>",
    "the store's directory, or dir: and the path of a GOMODCACHE (default: $XDG_CACHE_HOME/gomodfs)",
  );
}

/** The options of commands that fetch modules. */
export function withSourceOptions(command: Command): Command {
  return command
    .addOption(storeOption())
    .addOption(
      new Option(
        "--proxy <list>",
        "where modules come from, as GOPROXY (default: what the go command uses)",
      ),
    )
    .addOption(
      new Option("--log-level <level>", "how much to say on standard error").choices(LOG_LEVELS),
    )
    .addOption(
      new Option("--log-format <format>", "how to say it").choices(LOG_FORMATS).default("text"),
    );
}

/** Gathers the values of an option that may be given often. */
export function collectValues(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}
