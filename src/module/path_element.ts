import { quote } from "./quote.ts";

/** Which grammar a path follows: each allows more characters than the one before. */
export type PathKind = "module" | "import" | "file";

/** Reserved file names on Windows, regardless of case and of what follows the first dot. */
const WINDOWS_NAME_PATTERN = /^(?:con|prn|aux|nul|com[1-9]|lpt[1-9])$/i;
/** What Windows makes of a long name: `PROGRA~1`. */
const WINDOWS_SHORT_NAME_PATTERN = /~\d+$/;

/** The first character that the grammar does not allow, surrogate pairs as one. */
const DISALLOWED_CHARACTER: Readonly<Record<PathKind, RegExp>> = {
  module: /[^A-Za-z0-9\-._~]/u,
  import: /[^A-Za-z0-9\-._~+]/u,
  // Letters are those of Node's Unicode version, which may be newer than that of the Go which wrote a zip.
  file: /[^A-Za-z0-9!#$%&()+,\-.=@[\]^_{}~ \p{L}]/u,
};
/** Nearly every name of a file matches this, at a third of the time that the pattern with Unicode letters takes. */
const ASCII_FILE_NAME_PATTERN = /^[A-Za-z0-9!#$%&()+,\-.=@[\]^_{}~ ]*$/;

/**
 * Why `element`, a part of a path between slashes, is not valid, in the words of golang.org/x/mod/module checkElem;
 * undefined if it is.
 */
export function elementProblem(element: string, kind: PathKind): string | undefined {
  if (element === "") return "empty path element";
  if (element.startsWith(".")) {
    if (/^\.+$/.test(element)) return `invalid path element ${quote(element)}`;
    if (kind === "module") return "leading dot in path element";
  }
  if (element.endsWith(".")) return "trailing dot in path element";
  return disallowedCharacter(element, kind) ?? windowsProblem(element, kind);
}

function disallowedCharacter(element: string, kind: PathKind): string | undefined {
  if (kind === "file" && ASCII_FILE_NAME_PATTERN.test(element)) return undefined;
  const match = DISALLOWED_CHARACTER[kind].exec(element);
  return match === null ? undefined : `invalid char '${match[0]}'`;
}

function windowsProblem(element: string, kind: PathKind): string | undefined {
  const dot = element.indexOf(".");
  const short = dot < 0 ? element : element.slice(0, dot);
  if ((short.length === 3 || short.length === 4) && WINDOWS_NAME_PATTERN.test(short)) {
    return `${quote(short)} disallowed as path element component on Windows`;
  }
  // Short names matter only where two import paths could mean one directory.
  if (kind === "file" || !WINDOWS_SHORT_NAME_PATTERN.test(short)) return undefined;
  return "trailing tilde and digits in path element";
}
