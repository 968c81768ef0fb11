import { GomodfsError } from "../lib/gomodfs_error.ts";
import { redactUrl } from "../lib/redact_url.ts";
import type { CredentialHeaders } from "./credential_table.ts";

/**
 * The headers for the user and password of a URL; undefined where it has none.
 *
 * @throws GomodfsError `USAGE` if they would go over the wire in the clear
 */
export function urlAuthorization(url: URL): CredentialHeaders | undefined {
  if (url.username === "" && url.password === "") return undefined;
  if (url.protocol !== "https:") {
    // cmd/go/internal/web/http.go, `get`: for loopback too.
    const message = `refusing to pass credentials to insecure URL ${redactUrl(url)}`;
    throw new GomodfsError("USAGE", message, {
      hint: "use an https URL, or leave the user and password out",
    });
  }
  return basicAuthorization(percentDecode(url.username), percentDecode(url.password));
}

/** RFC 7617 */
export function basicAuthorization(user: string, password: string): CredentialHeaders {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}` };
}

export function percentDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone % passes through URL parsing; it then means itself.
    return text;
  }
}
