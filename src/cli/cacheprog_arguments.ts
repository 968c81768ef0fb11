import { GomodfsError } from "../lib/gomodfs_error.ts";

/** Whether a flag takes a value, or is one of the two. */
export type FlagKind = "value" | "switch";

/** A command line, taken apart. */
export interface ParsedArguments {
  /** The last value of each flag; a switch has "true" or what stands behind its "=". */
  readonly flags: ReadonlyMap<string, string>;
  readonly operands: readonly string[];
}

const FLAG = /^--?([^-=][^=]*)(?:=(.*))?$/s;

/**
 * Takes a command line apart as Go's package flag does: -name and --name are the same, a value stands behind "=" or in the
 * next argument, that of a switch only behind "=". Unlike there, flags may follow operands.
 *
 * @throws GomodfsError `USAGE`
 */
export function parseArguments(
  args: readonly string[],
  kinds: Readonly<Record<string, FlagKind>>,
): ParsedArguments {
  const flags = new Map<string, string>();
  const operands: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const argument = args[index] ?? "";
    if (argument === "--") {
      operands.push(...args.slice(index + 1));
      break;
    }
    const [, name, attached] = FLAG.exec(argument) ?? [];
    if (name === undefined) {
      operands.push(argument);
      continue;
    }
    if (!Object.hasOwn(kinds, name)) throw wrong(`there is no flag --${name.slice(0, 40)}`);
    const value = attached ?? (kinds[name] === "switch" ? "true" : args[++index]);
    if (value === undefined) throw wrong(`--${name} needs a value`);
    flags.set(name, value);
  }
  return { flags, operands };
}

/** An error of the command line of `gomodfs cacheprog`. */
export function wrong(message: string): GomodfsError {
  return new GomodfsError("USAGE", message, {
    hint: "gomodfs cacheprog --help lists the commands and flags",
  });
}
