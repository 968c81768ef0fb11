import { GomodfsError } from "../lib/gomodfs_error.ts";
import { goJson } from "./go_json.ts";
import { normalizeTime, ZERO_TIME } from "./rfc3339.ts";

/** Where a version came from (cmd/go/internal/modfetch/codehost.Origin, whose order of fields this is). */
export interface Origin {
  readonly VCS?: string;
  readonly URL?: string;
  readonly Subdir?: string;
  readonly Hash?: string;
  readonly TagPrefix?: string;
  readonly TagSum?: string;
  readonly Ref?: string;
  readonly RepoSum?: string;
}

/** The content of a `.info` file (cmd/go/internal/modfetch.RevInfo). */
export interface RevisionInfo {
  /** What the source calls the revision: usually the version that was asked for. */
  readonly version: string;
  /** RFC 3339 with at most nanoseconds, as Go formats it; year 1 if unknown. */
  readonly time: string;
  readonly origin?: Origin;
}

const ORIGIN_FIELDS = [
  "VCS",
  "URL",
  "Subdir",
  "Hash",
  "TagPrefix",
  "TagSum",
  "Ref",
  "RepoSum",
] as const;

/**
 * Reads a `.info` file as leniently as Go's json.Unmarshal: any spacing and order, names in any case, unknown ones
 * passed over, null for nothing.
 *
 * @throws GomodfsError `INVALID` if it is not JSON, or a field has another type
 */
export function parseRevisionInfo(bytes: Uint8Array): RevisionInfo {
  const fields = new JsonObject(parseJson(bytes), "revision info");
  const time = fields.string("Time");
  const origin = fields.object("Origin");
  return {
    version: fields.string("Version") ?? "",
    time: time === undefined ? ZERO_TIME : normalizeTime(time),
    ...(origin === undefined ? {} : { origin: parseOrigin(origin) }),
  };
}

/**
 * Formats a `.info` file byte for byte as cmd/go does. That matters: cmd/go formats anew each file that it reads, and
 * tries to write if the bytes differ (modfetch/cache.go, readDiskStat).
 */
export function formatRevisionInfo({ version, time, origin }: RevisionInfo): string {
  return goJson({
    Version: version,
    Time: time,
    ...(origin === undefined ? {} : { Origin: orderedOrigin((field) => origin[field]) }),
  });
}

/**
 * A `.info` file from anywhere as cmd/go would have written it.
 *
 * @throws GomodfsError `INVALID`
 */
export function canonicalRevisionInfo(bytes: Uint8Array): Uint8Array {
  return Buffer.from(formatRevisionInfo(parseRevisionInfo(bytes)));
}

function parseOrigin(fields: JsonObject): Origin {
  return orderedOrigin((name) => fields.string(name));
}

/** The fields in Go's order without the empty ones ("omitempty"). */
function orderedOrigin(value: (field: keyof Origin) => string | undefined): Origin {
  const origin: { -readonly [field in keyof Origin]: string } = {};
  for (const field of ORIGIN_FIELDS) {
    const text = value(field);
    if (text !== undefined && text !== "") origin[field] = text;
  }
  return origin;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes));
  } catch (cause) {
    throw new GomodfsError("INVALID", "revision info is not JSON", { cause });
  }
}

/** A JSON object as json.Unmarshal sees one: a name matches a field in any case, and the last that matches counts. */
class JsonObject {
  readonly #what: string;
  readonly #entries: readonly (readonly [string, unknown])[];

  constructor(value: unknown, what: string) {
    if (value !== null && (typeof value !== "object" || Array.isArray(value))) {
      throw new GomodfsError("INVALID", `${what} is not a JSON object`);
    }
    this.#what = what;
    this.#entries = value === null ? [] : Object.entries(value);
  }

  /** Strings are made well-formed, as json.Unmarshal makes each unpaired surrogate U+FFFD. */
  string(field: string): string | undefined {
    const value = this.#last(field);
    if (value === undefined) return undefined;
    if (typeof value === "string") return value.toWellFormed();
    throw new GomodfsError("INVALID", `${field} of ${this.#what} is not a string`);
  }

  object(field: string): JsonObject | undefined {
    const value = this.#last(field);
    return value === undefined ? undefined : new JsonObject(value, `${field} of ${this.#what}`);
  }

  #last(field: string): unknown {
    const name = new RegExp(`^${field}$`, "iu"); // "u" makes it Unicode's simple case folding, as Go's
    return this.#entries.findLast(([key, value]) => value !== null && name.test(key))?.[1];
  }
}
