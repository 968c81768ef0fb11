import { readFileSync } from "node:fs";
import { posix, win32 } from "node:path";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import type { Environment } from "./go_installation.ts";
import { findNetrcEntry, type NetrcEntry, parseNetrc } from "./netrc.ts";
import { redactUrl } from "./redact_url.ts";

/**
 * The Authorization header for a request: user and password of the URL itself, or those of .netrc for its host. Only
 * over https, as cmd/go.
 *
 * @throws GomodfsError `USAGE` if the URL holds credentials that would go over the wire in the clear
 */
export function authorizationFor(url: URL, netrc: readonly NetrcEntry[]): string | undefined {
  const inUrl = url.username !== "" || url.password !== "";
  if (url.protocol !== "https:") {
    if (!inUrl) return undefined;
    // cmd/go/internal/web/http.go, `get`
    throw new GomodfsError(
      "USAGE",
      `refusing to pass credentials to insecure URL ${redactUrl(url)}`,
      {
        hint: "use an https URL, or leave the user and password out",
      },
    );
  }
  if (inUrl) return basic(percentDecode(url.username), percentDecode(url.password));
  const entry = findNetrcEntry(netrc, url);
  return entry && basic(entry.login, entry.password);
}

function percentDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone % passes through URL parsing; it then means itself.
    return text;
  }
}

/** RFC 7617 */
function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

/**
 * The entries of the user's .netrc: $NETRC, else ~/.netrc (Windows: ~/_netrc first); none if the file is not there or
 * GOAUTH leaves netrc out.
 *
 * @throws GomodfsError `USAGE` if it is there but cannot be read
 */
export function readNetrc(
  env: Environment,
  goauth: string,
  platform: NodeJS.Platform = process.platform,
): NetrcEntry[] {
  if (!goauth.split(";").some((command) => command.trim() === "netrc")) return [];
  for (const file of netrcFiles(env, platform)) {
    try {
      return parseNetrc(readFileSync(file, "utf8"));
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") continue;
      throw new GomodfsError("USAGE", `cannot read ${file}, where credentials are kept`, {
        hint: "make it readable, or set GOAUTH=off to do without",
        cause: error,
      });
    }
  }
  return [];
}

function netrcFiles(env: Environment, platform: NodeJS.Platform): string[] {
  if (env["NETRC"]) return [env["NETRC"]];
  if (platform === "win32") {
    const home = env["USERPROFILE"];
    return home ? [win32.join(home, "_netrc"), win32.join(home, ".netrc")] : [];
  }
  return env["HOME"] ? [posix.join(env["HOME"], ".netrc")] : [];
}
