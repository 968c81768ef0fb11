import type { IncomingHttpHeaders } from "node:http";
import { GomodfsError } from "../gomodfs_error.ts";
import { isTransientStatus } from "../retry_policy.ts";
import { printableReason } from "../server_reason.ts";
import { isRegion } from "./bucket_address.ts";
import { xmlElement } from "./xml_element.ts";

/** An answer that is no success (Amazon S3 API Reference, "Error responses"). */
export interface Refusal {
  readonly status: number;
  /** S3's name for it, like `NoSuchKey`; undefined after HEAD, and from servers that are none of S3. */
  readonly code: string | undefined;
  /** What the server says, fit to be shown; may be empty. */
  readonly message: string;
  /** Where the bucket is, if the answer says so. */
  readonly region: string | undefined;
  readonly retryAfter: string | undefined;
  /** The server's clock, milliseconds since 1970. */
  readonly date: number | undefined;
}

/** Bytes of an error document that are looked at. */
export const maxRefusalBytes = 64 << 10;

/** Codes that say "not now", whatever the status. */
const transientCodes = new Set([
  "InternalError",
  "OperationAborted",
  "RequestTimeout",
  "ServiceUnavailable",
  "SlowDown",
]);

/** Codes of unknown keys: Amazon's, and versitygw's, which comes with 404. */
const unknownKeyCodes = new Set(["InvalidAccessKeyId", "XAdminUserNotFound"]);

const expiredCodes = new Set(["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"]);

const hints: Readonly<Record<string, string>> = {
  AccessDenied:
    "the credentials need s3:GetObject and s3:PutObject on the bucket's objects, and s3:ListBucket on the bucket: without " +
    "it an object that does not exist is refused, too",
  InvalidToken: "check AWS_SESSION_TOKEN: it belongs to other keys, or to another server",
  SignatureDoesNotMatch: "check AWS_SECRET_ACCESS_KEY, or the profile that it comes from",
  NoSuchBucket: "check the bucket's name, the region and the endpoint",
};

/** Reads an answer that is no success. */
export function parseRefusal(
  status: number,
  headers: IncomingHttpHeaders,
  body: Uint8Array,
): Refusal {
  const document = new TextDecoder().decode(body.subarray(0, maxRefusalBytes));
  const code = xmlElement(document, "Code");
  const region = bucketRegionOf(headers) ?? xmlElement(document, "Region");
  const date = Date.parse(headers.date ?? "");
  return {
    status,
    code: code !== undefined && /^[A-Za-z0-9.]{1,64}$/.test(code) ? code : undefined,
    message: printableReason(xmlElement(document, "Message") ?? ""),
    region: region !== undefined && isRegion(region) ? region : undefined,
    retryAfter: headers["retry-after"],
    date: Number.isNaN(date) ? undefined : date,
  };
}

/** The bucket's region, if an answer names it. */
export function bucketRegionOf(headers: IncomingHttpHeaders): string | undefined {
  const region = headers["x-amz-bucket-region"];
  return typeof region === "string" && isRegion(region) ? region : undefined;
}

/** Whether the same request may well succeed a moment later. */
export function isTransientRefusal({ status, code }: Refusal): boolean {
  return isTransientStatus(status) || (code !== undefined && transientCodes.has(code));
}

/** Whether other credentials are needed since these are too old. */
export function isExpired({ code }: Refusal): boolean {
  return code !== undefined && expiredCodes.has(code);
}

/**
 * The error for a refusal: `FORBIDDEN` where the credentials are at fault, `UPSTREAM` otherwise.
 *
 * @param name how messages call the request
 * @param now this machine's clock, milliseconds since 1970
 */
export function refusalError(refusal: Refusal, name: string, now: number): GomodfsError {
  const { status, code, message } = refusal;
  const reason = [status, code, message.replace(/\.$/, "")].filter(Boolean).join(" ");
  const hint = hintFor(refusal, now);
  return new GomodfsError(isForbidden(refusal) ? "FORBIDDEN" : "UPSTREAM", `${name}: ${reason}`, {
    ...(hint !== undefined && { hint }),
  });
}

/** Amazon answers 400 to an expired or invalid token. */
function isForbidden(refusal: Refusal): boolean {
  const { status, code } = refusal;
  if (status === 401 || status === 403 || isExpired(refusal)) return true;
  return code !== undefined && (code === "InvalidToken" || unknownKeyCodes.has(code));
}

function hintFor(refusal: Refusal, now: number): string | undefined {
  const { status, code, date, region } = refusal;
  if (code === "RequestTimeTooSkewed") return clockHint(date, now);
  if (isExpired(refusal)) return "the session token has expired: log in again, or renew it";
  if (status === 301 && region !== undefined) return `the bucket is in the region ${region}`;
  if (code !== undefined && unknownKeyCodes.has(code)) {
    return "check AWS_ACCESS_KEY_ID, or the profile or role that the key comes from";
  }
  if (code !== undefined && hints[code] !== undefined) return hints[code];
  return status === 403 ? hints["AccessDenied"] : undefined;
}

function clockHint(date: number | undefined, now: number): string {
  if (date === undefined) return "set this machine's clock";
  const seconds = Math.round((now - date) / 1000);
  const difference = `${Math.abs(seconds)} s ${seconds < 0 ? "behind" : "ahead of"} the server's`;
  return `set this machine's clock: it is ${difference}`;
}
