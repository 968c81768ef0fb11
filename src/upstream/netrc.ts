/** One machine of a .netrc file that has a login and a password. */
export interface NetrcEntry {
  /** A host, with `:port` and a path prefix where the file gives them. */
  readonly machine: string;
  readonly login: string;
  readonly password: string;
}

/**
 * The entries of a .netrc file in the order of the file, as cmd/go/internal/auth/netrc.go reads it: tokens go in pairs
 * within one line, `macdef` skips to the next empty line, and a lone `default` ends the file.
 */
export function parseNetrc(text: string): NetrcEntry[] {
  const entries: NetrcEntry[] = [];
  let machine = "";
  let login = "";
  let password = "";
  let inMacro = false;
  for (const line of text.split("\n")) {
    if (inMacro) {
      inMacro = line !== "";
      continue;
    }
    const tokens = line.split(/\s+/).filter((token) => token !== "");
    for (let index = 0; index + 1 < tokens.length; index += 2) {
      const value = tokens[index + 1] ?? "";
      switch (tokens[index] ?? "") {
        case "machine":
          machine = value;
          login = "";
          password = "";
          break;
        case "login":
          login = value;
          break;
        case "password":
          password = value;
          break;
        case "macdef":
          inMacro = true;
          break;
        default:
          break;
      }
      if (machine !== "" && login !== "" && password !== "") {
        entries.push({ machine, login, password });
        machine = "";
        login = "";
        password = "";
      }
    }
    if (tokens.length % 2 === 1 && tokens.at(-1) === "default") break;
  }
  return entries;
}
