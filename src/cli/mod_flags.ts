import type { SourceFlags } from "./flags.ts";

/** Flags of all commands of `gomodfs mod`. */
export interface ModFlags extends SourceFlags {
  readonly directory: string;
  readonly json?: boolean;
}

/** Flags of `gomodfs mod graph`. */
export interface ModGraphFlags extends ModFlags {
  readonly go?: string;
  readonly dot?: boolean;
}

/** Flags of `gomodfs mod list`. */
export interface ModListFlags extends ModFlags {
  readonly versions?: boolean;
  readonly updates?: boolean;
  readonly retracted?: boolean;
}

/** Flags of `gomodfs mod why`. */
export interface ModWhyFlags extends ModFlags {
  readonly modules?: boolean;
  readonly vendor?: boolean;
  readonly dot?: boolean;
}

const FLAG_PATTERN = /^-[a-z]{2,}(?:=.*)?$/s;

/**
 * The arguments of a `gomodfs mod` command line with long flags as commander wants them: the go command, whose flags these
 * are, takes -json for --json and -go=1.17 for --go=1.17.
 *
 * @param argv as process.argv
 */
export function withDoubleDashes(argv: readonly string[]): readonly string[] {
  if (argv[2] !== "mod") return argv;
  const end = argv.indexOf("--");
  return argv.map((argument, index) =>
    FLAG_PATTERN.test(argument) && (end < 0 || index < end) ? `-${argument}` : argument,
  );
}
