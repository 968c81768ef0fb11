import { parseByteSize } from "../config/byte_size.ts";
import { isGomodfsError } from "../lib/gomodfs_error.ts";
import { wrong } from "./cacheprog_arguments.ts";

/** Where the values of flags come from. */
export interface ValueSources {
  readonly flags: ReadonlyMap<string, string>;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Of Go's strconv.ParseBool. */
const TRUE = ["1", "t", "T", "TRUE", "true", "True"];
const FALSE = ["0", "f", "F", "FALSE", "false", "False"];
/** Of Go's time.ParseDuration, in milliseconds. */
const UNITS = new Map([
  ["ns", 1e-6],
  ["us", 1e-3],
  ["µs", 1e-3],
  ["ms", 1],
  ["s", 1_000],
  ["m", 60_000],
  ["h", 3_600_000],
]);
const DURATION = /^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+$/;
const DURATION_PART = /([\d.]+)(ns|us|µs|ms|s|m|h)/g;

/**
 * The values of flags, each from the command line or else from a variable of the environment, in Go's notations. Every
 * method throws GomodfsError `USAGE`, which names the one that is wrong.
 */
export class FlagValues {
  readonly #sources: ValueSources;

  constructor(sources: ValueSources) {
    this.#sources = sources;
  }

  /** A text that is not empty. */
  text(name: string, variable?: string): string | undefined {
    return this.#find(name, variable)?.text;
  }

  /** Texts with commas between them. */
  list(name: string, variable?: string): readonly string[] {
    const parts = this.text(name, variable)?.split(",") ?? [];
    return parts.map((part) => part.trim()).filter((part) => part !== "");
  }

  boolean(name: string, variable?: string): boolean {
    return (
      this.#parse(name, variable, "true or false", (text) => {
        if (TRUE.includes(text)) return true;
        return FALSE.includes(text) ? false : undefined;
      }) ?? false
    );
  }

  /** A whole number, 0 or more. */
  count(name: string, variable?: string): number | undefined {
    return this.#parse(name, variable, "a whole number", (text) =>
      /^\d{1,15}$/.test(text) ? Number(text) : undefined,
    );
  }

  /** Bytes: a whole number, or one with a unit such as 10GiB. */
  bytes(name: string, variable?: string): number | undefined {
    return this.#parse(name, variable, "a size such as 10GiB, or 0", (text) => {
      if (/^\d{1,15}$/.test(text)) return Number(text);
      try {
        return parseByteSize(text);
      } catch (error) {
        if (isGomodfsError(error, "USAGE")) return undefined;
        throw error;
      }
    });
  }

  /** Milliseconds. */
  duration(name: string, variable?: string): number | undefined {
    return this.#parse(name, variable, "a duration such as 90s, 1h30m or 168h", parseGoDuration);
  }

  #parse<T>(
    name: string,
    variable: string | undefined,
    expected: string,
    parse: (text: string) => T | undefined,
  ): T | undefined {
    const found = this.#find(name, variable);
    if (found === undefined) return undefined;
    const value = parse(found.text);
    if (value !== undefined) return value;
    const shown = JSON.stringify(found.text.slice(0, 40));
    throw wrong(`${found.source} wants ${expected}, not ${shown}`);
  }

  #find(name: string, variable: string | undefined): { text: string; source: string } | undefined {
    const flag = this.#sources.flags.get(name);
    if (flag !== undefined) return flag === "" ? undefined : { text: flag, source: `--${name}` };
    const text = variable === undefined ? undefined : this.#sources.environment[variable];
    return variable === undefined || text === undefined || text === ""
      ? undefined
      : { text, source: variable };
  }
}

function parseGoDuration(text: string): number | undefined {
  if (text === "0") return 0;
  if (!DURATION.test(text)) return undefined;
  const parts = [...text.matchAll(DURATION_PART)];
  return parts.reduce((sum, [, number, unit = ""]) => {
    return sum + Number(number) * (UNITS.get(unit) ?? Number.NaN);
  }, 0);
}
