import { GomodfsError } from "./gomodfs_error.ts";
import { redactUserinfo } from "./redact_url.ts";
import { systemErrorCode } from "./retry_policy.ts";

const explanations: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "the connection was closed before the answer was complete",
  EPIPE: "the connection was closed before the answer was complete",
  ENOTFOUND: "no such host",
  EAI_AGAIN: "the host name could not be looked up",
  ETIMEDOUT: "connection timed out",
  EHOSTUNREACH: "no route to the host",
  ENETUNREACH: "the network is unreachable",
  ERR_INVALID_URL: "invalid URL",
};

/** What OpenSSL says when a chain does not end at a known authority. */
const unknownAuthority = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

/** The error for a request (`GET https://host/path`) that broke. Its cause keeps Node's own error and code. */
export function networkError(name: string, error: unknown): GomodfsError {
  const code = systemErrorCode(error) ?? "";
  const message = error instanceof Error ? error.message : String(error);
  const explanation = explanations[code] ?? redactUserinfo(message);
  return new GomodfsError("UPSTREAM", `${name}: ${explanation}`, {
    cause: error,
    ...(unknownAuthority.has(code) && {
      hint: "if your network inspects TLS, set SSL_CERT_FILE to the certificate of its authority",
    }),
  });
}
