/** What a client sends to prove who it is. */
export type PresentedCredential =
  /** RFC 7617; what the go command sends for .netrc. */
  | { readonly scheme: "basic"; readonly user: string; readonly password: string }
  /** RFC 6750 section 2.1 */
  | { readonly scheme: "bearer"; readonly token: string };

/** No hash is computed of anything longer. */
const MAX_HEADER_LENGTH = 4_096;
/** RFC 9110 section 11.4: a scheme, at least one space, and for both schemes a token68. */
const HEADER_PATTERN = /^([A-Za-z]+) +([A-Za-z0-9._~+/-]+=*) *$/;

/**
 * Reads an Authorization header.
 *
 * @returns undefined for anything but well-formed basic and bearer authentication
 */
export function parseAuthorizationHeader(header: string): PresentedCredential | undefined {
  if (header.length > MAX_HEADER_LENGTH) return undefined;
  const [, scheme = "", parameter = ""] = HEADER_PATTERN.exec(header) ?? [];
  switch (scheme.toLowerCase()) {
    case "basic":
      return parseBasic(parameter);
    case "bearer":
      return { scheme: "bearer", token: parameter };
    default:
      return undefined;
  }
}

function parseBasic(parameter: string): PresentedCredential | undefined {
  const text = Buffer.from(parameter, "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon < 0) return undefined;
  return { scheme: "basic", user: text.slice(0, colon), password: text.slice(colon + 1) };
}
