import { basename, resolve } from "node:path";

// Commands of the go command that have commands of their own: the flag -C stands behind the second word.
const GROUPS: ReadonlySet<string> = new Set(["mod", "work", "telemetry"]);

/**
 * The directory that a command works in: `directory`, unless it is a go command whose first flag is `-C DIR`
 * (cmd/go/main.go, handleChdirFlag).
 *
 * @param directory absolute
 */
export function goDirectory(argv: readonly [string, ...string[]], directory: string): string {
  const [name, ...args] = argv;
  if (basename(name) !== "go") return directory;
  const flag = args[commandWords(args)];
  if (flag === undefined) return directory;
  const value = /^--?C(?:=(.*))?$/s.exec(flag);
  if (value === null) return directory;
  const given = value[1] ?? args[commandWords(args) + 1];
  return given === undefined ? directory : resolve(directory, given);
}

/** How many of the first arguments name the command: 2 of `mod tidy -v`. */
function commandWords(args: readonly string[]): number {
  const [first, second] = args;
  if (first === undefined || first.startsWith("-")) return 0;
  if (!GROUPS.has(first) || second === undefined || second.startsWith("-")) return 1;
  return 2;
}
