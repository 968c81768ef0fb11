import { GomodfsError } from "../lib/gomodfs_error.ts";

/** One flag of GOFLAGS: `-mod=mod` is `{name: "mod", value: "mod"}`, `-x` has no value. */
export interface GoFlag {
  readonly name: string;
  readonly value: string | undefined;
}

/** The flags of GOFLAGS that change how modules are fetched or stored. */
export interface ModuleFlags {
  /** `-insecure`, which Go 1.16 removed in favour of GOINSECURE. */
  readonly insecure: boolean;
  /** `-modcacherw`: extracted directories stay writable. */
  readonly modcacherw: boolean;
  /** `-mod`: `mod`, `readonly` or `vendor`. */
  readonly mod: string | undefined;
  /** `-modfile`: a file to read instead of go.mod. */
  readonly modfile: string | undefined;
}

/**
 * The words of a setting in which single or double quotes around a word keep its spaces, as cmd/internal/quoted.Split:
 * no escapes, and quotes inside a word do not count.
 *
 * @throws GomodfsError `USAGE` for a quote that does not end
 */
export function splitQuoted(text: string): string[] {
  const words: string[] = [];
  let rest = text.replace(/^[ \t\r\n]+/, "");
  while (rest !== "") {
    const quote = rest.startsWith('"') || rest.startsWith("'") ? rest.charAt(0) : undefined;
    const start = quote === undefined ? 0 : 1;
    let end = quote === undefined ? rest.search(/[ \t\r\n]/) : rest.indexOf(quote, 1);
    if (end < 0) {
      if (quote !== undefined) throw new GomodfsError("USAGE", `unterminated ${quote} string`);
      end = rest.length;
    }
    words.push(rest.slice(start, end));
    rest = rest.slice(end + start).replace(/^[ \t\r\n]+/, "");
  }
  return words;
}

/**
 * The flags of a GOFLAGS value, as cmd/go/internal/base/goflags.go reads them: `-name`, `--name`, `-name=value`.
 *
 * @throws GomodfsError `USAGE` for a word that is not a flag
 */
export function parseGoFlags(goflags: string): GoFlag[] {
  return goFlagWords(goflags).map((word) => {
    if (!/^--?[^-=]/.test(word)) {
      throw new GomodfsError(
        "USAGE",
        `GOFLAGS holds ${JSON.stringify(word)}, which is not a flag`,
        {
          hint: "write each flag as -name or -name=value",
        },
      );
    }
    const flag = word.replace(/^--?/, "");
    const equals = flag.indexOf("=");
    return equals < 0
      ? { name: flag, value: undefined }
      : { name: flag.slice(0, equals), value: flag.slice(equals + 1) };
  });
}

function goFlagWords(goflags: string): string[] {
  try {
    return splitQuoted(goflags);
  } catch (error) {
    throw new GomodfsError("USAGE", `GOFLAGS has a quote that does not end: ${goflags}`, {
      cause: error,
    });
  }
}

/**
 * What GOFLAGS says about modules; of a repeated flag the last counts, as with package flag.
 *
 * @throws GomodfsError `USAGE` for a boolean flag whose value is no boolean, or a flag without the value it needs
 */
export function moduleFlags(flags: readonly GoFlag[]): ModuleFlags {
  return {
    insecure: booleanFlag(flags, "insecure"),
    modcacherw: booleanFlag(flags, "modcacherw"),
    mod: stringFlag(flags, "mod"),
    modfile: stringFlag(flags, "modfile"),
  };
}

// strconv.ParseBool
const trueValues = new Set(["1", "t", "T", "TRUE", "true", "True"]);
const falseValues = new Set(["0", "f", "F", "FALSE", "false", "False"]);

function booleanFlag(flags: readonly GoFlag[], name: string): boolean {
  const flag = flags.findLast((candidate) => candidate.name === name);
  if (flag === undefined) return false;
  if (flag.value === undefined || trueValues.has(flag.value)) return true;
  if (falseValues.has(flag.value)) return false;
  throw new GomodfsError("USAGE", `GOFLAGS holds -${name}=${flag.value}, which is not a boolean`, {
    hint: `write -${name} or -${name}=false`,
  });
}

function stringFlag(flags: readonly GoFlag[], name: string): string | undefined {
  const flag = flags.findLast((candidate) => candidate.name === name);
  if (flag === undefined) return undefined;
  if (flag.value === undefined) {
    throw new GomodfsError("USAGE", `GOFLAGS holds -${name} without a value`, {
      hint: `write -${name}=VALUE`,
    });
  }
  return flag.value;
}
