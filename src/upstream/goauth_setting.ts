import { statSync } from "node:fs";
import { isAbsolute } from "node:path";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { splitQuoted } from "./go_flags.ts";

/** One of the commands of GOAUTH (`go help goauth`). */
export type GoauthCommand =
  /** The user's .netrc file. */
  | { readonly kind: "netrc" }
  /** `git credential fill`, run in a directory of the user's choice. */
  | { readonly kind: "git"; readonly directory: string }
  /** A program that prints URLs and the headers for them. */
  | { readonly kind: "program"; readonly argv: readonly [string, ...string[]] };

/**
 * The commands of a GOAUTH value in the order in which they take precedence; none for `off`. Read as
 * cmd/go/internal/auth/auth.go `runGoAuth` does.
 *
 * @throws GomodfsError `USAGE` for what cmd/go refuses too: an empty command, `off` beside others, `git` without an
 *   absolute directory, quotes that do not end
 */
export function parseGoauth(goauth: string): GoauthCommand[] {
  const texts = goauth.split(";").map((text) => text.trim());
  if (texts.some((text) => /^off(\s|$)/.test(text))) {
    if (texts.length === 1) return [];
    throw new GomodfsError("USAGE", "GOAUTH holds off beside other commands", {
      hint: "set GOAUTH to off alone, or leave off out",
    });
  }
  return texts.map(parseCommand);
}

function parseCommand(text: string): GoauthCommand {
  const [name = "", ...args] = text.split(/\s+/);
  switch (name) {
    case "":
      throw new GomodfsError("USAGE", "GOAUTH holds an empty command", {
        hint: "write the commands separated by single semicolons, none at the end",
      });
    case "netrc":
      return { kind: "netrc" };
    case "git":
      return { kind: "git", directory: gitDirectory(args) };
    default:
      return { kind: "program", argv: programWords(text) };
  }
}

function gitDirectory(args: readonly string[]): string {
  const [directory = ""] = args;
  const hint = "write it as git /absolute/path/of/a/directory";
  if (args.length !== 1 || !isAbsolute(directory)) {
    throw new GomodfsError("USAGE", "GOAUTH holds git without one absolute directory", { hint });
  }
  if (!isDirectory(directory)) {
    const message = `GOAUTH lets git run in ${directory}, which is not a directory`;
    throw new GomodfsError("USAGE", message, { hint });
  }
  return directory;
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function programWords(text: string): readonly [string, ...string[]] {
  // Neither the message nor a cause repeats the text: arguments may be credentials.
  const hint = "write \"...\" or '...' around a whole argument that has spaces";
  let words: readonly string[];
  try {
    words = splitQuoted(text);
  } catch {
    throw new GomodfsError("USAGE", "GOAUTH holds a quote that does not end", { hint });
  }
  const [program, ...args] = words;
  if (program === undefined || program === "") {
    throw new GomodfsError("USAGE", "GOAUTH holds a command without a name", { hint });
  }
  return [program, ...args];
}
