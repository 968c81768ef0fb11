import { GomodfsError } from "../lib/gomodfs_error.ts";
import { parseVerifierKey, type Verifier } from "./verifier.ts";

/** What GOSUMDB says. */
export type ChecksumDatabaseSetting =
  | { readonly kind: "off" }
  | {
      readonly kind: "database";
      /** `host[/path]`: the name under which caches and proxies know the database. */
      readonly name: string;
      readonly verifier: Verifier;
      /** Where the database is when no proxy gives it: `https://` and its name. */
      readonly directUrl: string;
      /** The URL that the setting names; proxies are then left aside. */
      readonly url: string | undefined;
    };

/**
 * The keys that cmd/go knows by the name of their database (cmd/go/internal/modfetch/key.go). They are trust anchors:
 * on a machine without Go there is nowhere else to read them from, which is why these names, and the alias below, stand
 * here although no other file names a public server.
 */
const KNOWN_KEYS: ReadonlyMap<string, string> = new Map([
  ["sum.golang.org", "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"],
]);

/** The same database under an address that is reachable in mainland China (dbDial of cmd/go/internal/modfetch/sumdb.go). */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ["sum.golang.google.cn", "sum.golang.org https://sum.golang.google.cn"],
]);

/** What web.GetBytes of cmd/go can read. */
const URL_PROTOCOLS: ReadonlySet<string> = new Set(["https:", "http:", "file:"]);

/** The names that can stand for a verifier key in GOSUMDB. */
export function knownDatabaseNames(): string[] {
  return [...KNOWN_KEYS.keys()];
}

/**
 * Reads a value of GOSUMDB as cmd/go does: `off`, or a database's key, or its name if the key is known, and perhaps a
 * URL behind a space.
 *
 * @throws GomodfsError `USAGE` if it is none of these
 */
export function parseChecksumDatabase(gosumdb: string): ChecksumDatabaseSetting {
  const setting = ALIASES.get(gosumdb) ?? gosumdb;
  if (setting === "off") return { kind: "off" };
  const [nameOrKey, url, ...others] = setting
    .split(/\p{White_Space}+/u)
    .filter((field) => field !== "");
  if (nameOrKey === undefined) {
    throw new GomodfsError("USAGE", "missing GOSUMDB", {
      hint: "set GOSUMDB to a database's key or name, or to off",
    });
  }
  if (others.length > 0) throw new GomodfsError("USAGE", "invalid GOSUMDB: too many fields");
  const verifier = parseKey(nameOrKey);
  return {
    kind: "database",
    name: verifier.name,
    verifier,
    directUrl: directUrl(verifier.name),
    url: url === undefined ? undefined : checkedUrl(url),
  };
}

function parseKey(nameOrKey: string): Verifier {
  try {
    return parseVerifierKey(KNOWN_KEYS.get(nameOrKey) ?? nameOrKey);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new GomodfsError("USAGE", `invalid GOSUMDB: ${reason}`, {
      hint: `GOSUMDB is off, ${knownDatabaseNames().join(", ")} or a verifier key, NAME+HASH+KEY`,
      cause: error,
    });
  }
}

/**
 * A database's name is its address and a part of file names: it must be a host and perhaps a path, spelled the one way
 * that a URL keeps as it is.
 */
function directUrl(name: string): string {
  const text = `https://${name}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isKept = url !== undefined && (url.href === text || url.href === `${text}/`);
  const isBare = isKept && url.username === "" && url.search === "" && url.hash === "";
  if (isBare && !name.split("/").some((element) => ["", ".", ".."].includes(element))) return text;
  throw new GomodfsError("USAGE", `invalid checksum database name (must be host[/path]): ${name}`);
}

function checkedUrl(text: string): string {
  // The text may hold a password: it is not repeated.
  if (URL.canParse(text) && URL_PROTOCOLS.has(new URL(text).protocol)) return text;
  throw new GomodfsError("USAGE", "invalid GOSUMDB URL", {
    hint: "the URL behind the key is not an http or https URL",
  });
}
