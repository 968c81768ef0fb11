import { type CacheControl, directiveSeconds, parseCacheControl } from "./cache_control.ts";
import { fieldValue, type RawFields } from "./forwarded_fields.ts";

/** An answer as far as its caching is concerned. */
export interface DatedAnswer {
  readonly status: number;
  readonly fields: RawFields;
  /** Milliseconds since 1970: when it was asked for, and when its head arrived. */
  readonly requestTime: number;
  readonly responseTime: number;
}

/** A request as far as caching is concerned. */
export interface CacheableRequest {
  readonly method: string;
  readonly fields: RawFields;
}

/** Whether and how a stored answer may be used for a request. */
export type Reuse =
  | { readonly kind: "fresh" }
  /** Only after the server has said that it still holds. */
  | {
      readonly kind: "validate";
      /** Whether it may be given all the same if the server cannot be asked (RFC 9111 section 4.2.4). */
      readonly staleIfUnreachable: boolean;
    };

/**
 * Whether a request's answer may be looked up and stored at all: nobody's own, and whole. Stricter than RFC 9111 section
 * 3.5, which lets some answers to requests with Authorization be shared.
 */
export function isCacheableRequest({ method, fields }: CacheableRequest): boolean {
  if (method !== "GET" && method !== "HEAD") return false;
  const own = ["authorization", "cookie", "range"];
  if (own.some((name) => fieldValue(fields, name) !== undefined)) return false;
  return !parseCacheControl(fieldValue(fields, "cache-control")).has("no-store");
}

/** Whether an answer may be stored and given to others (RFC 9111 section 3). */
export function isStorable(answer: DatedAnswer, isImmutable: boolean): boolean {
  const { status, fields } = answer;
  if (status !== 200 || fieldValue(fields, "set-cookie") !== undefined) return false;
  const control = controlOf(fields);
  if (control.has("no-store") || control.has("private")) return false;
  if (varyNames(fields) === "everything") return false;
  return isImmutable || freshnessLifetime(answer) > 0 || hasValidator(fields);
}

/** How a stored answer may be used. */
export function reuseOf(
  answer: DatedAnswer,
  request: CacheableRequest,
  isImmutable: boolean,
  now: number,
): Reuse {
  const control = controlOf(answer.fields);
  const asked = requestControlOf(request.fields);
  // RFC 9111 section 4.2.4. s-maxage has the meaning of proxy-revalidate (section 5.2.2.10).
  const strict = ["must-revalidate", "proxy-revalidate", "no-cache", "s-maxage"];
  const staleIfUnreachable =
    !asked.has("no-cache") && !asked.has("max-age") && !strict.some((name) => control.has(name));
  const validate: Reuse = { kind: "validate", staleIfUnreachable };
  if (asked.has("no-cache")) return validate;
  const age = currentAge(answer, now);
  const maxAge = directiveSeconds(asked, "max-age");
  if (maxAge !== undefined && age > maxAge) return validate;
  if (isImmutable) return { kind: "fresh" };
  if (control.has("no-cache")) return validate;
  const left = freshnessLifetime(answer) - age;
  return left > (directiveSeconds(asked, "min-fresh") ?? 0) ? { kind: "fresh" } : validate;
}

/** Whether the request wants a stored answer or none (RFC 9111 section 5.2.1.7). */
export function isOnlyIfCached(request: CacheableRequest): boolean {
  return requestControlOf(request.fields).has("only-if-cached");
}

/** Seconds, whole (RFC 9111 section 4.2.3). */
export function currentAge(
  { fields, requestTime, responseTime }: DatedAnswer,
  now: number,
): number {
  const date = parseHttpDate(fieldValue(fields, "date")) ?? responseTime;
  const ageText = fieldValue(fields, "age") ?? "";
  const ageValue = /^\d+$/.test(ageText) ? Number(ageText) : 0;
  const apparentAge = Math.max(0, (responseTime - date) / 1000);
  const correctedAge = ageValue + (responseTime - requestTime) / 1000;
  return Math.floor(Math.max(apparentAge, correctedAge) + Math.max(0, now - responseTime) / 1000);
}

/** Seconds (RFC 9111 section 4.2.1). What says nothing of its age is asked about each time: nothing is guessed. */
export function freshnessLifetime({ fields, responseTime }: DatedAnswer): number {
  const control = controlOf(fields);
  const seconds = directiveSeconds(control, "s-maxage") ?? directiveSeconds(control, "max-age");
  if (seconds !== undefined) return seconds;
  const expires = fieldValue(fields, "expires");
  if (expires === undefined) return 0;
  const date = parseHttpDate(fieldValue(fields, "date")) ?? responseTime;
  return Math.max(0, ((parseHttpDate(expires) ?? 0) - date) / 1000);
}

/** The names in Vary, in lower case and sorted; `everything` for `*`. */
export function varyNames(fields: RawFields): readonly string[] | "everything" {
  const names = (fieldValue(fields, "vary") ?? "")
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "");
  return names.includes("*") ? "everything" : [...new Set(names)].sort();
}

/** The fields with which a server is asked whether an answer still holds (RFC 9111 section 4.3.1). */
export function validatorFields({ fields }: Pick<DatedAnswer, "fields">): string[] {
  const etag = fieldValue(fields, "etag");
  const lastModified = fieldValue(fields, "last-modified");
  return [
    ...(etag === undefined ? [] : ["If-None-Match", etag]),
    ...(lastModified === undefined ? [] : ["If-Modified-Since", lastModified]),
  ];
}

function hasValidator(fields: RawFields): boolean {
  return validatorFields({ fields }).length > 0;
}

function controlOf(fields: RawFields): CacheControl {
  return parseCacheControl(fieldValue(fields, "cache-control"));
}

/** RFC 9111 section 5.4: Pragma counts where there is no Cache-Control. */
function requestControlOf(fields: RawFields): CacheControl {
  const field = fieldValue(fields, "cache-control");
  return parseCacheControl(field ?? fieldValue(fields, "pragma"));
}

/** RFC 9110 section 5.6.7; undefined for what is no date. */
function parseHttpDate(text: string | undefined): number | undefined {
  if (text === undefined || !/^[A-Z][a-z]{2,8}, .+ GMT$/.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}
