import { setTimeout as sleep } from "node:timers/promises";
import { isGomodfsError } from "../gomodfs_error.ts";
import {
  isTransientError,
  parseRetryAfter,
  type RetryPolicy,
  retryDelay,
} from "../retry_policy.ts";
import { readAll } from "./answer_body.ts";
import { type BucketAddress, type BucketPlace, bucketAddress } from "./bucket_address.ts";
import type { BucketRegion } from "./bucket_region.ts";
import { cancelledError, untilAborted } from "./cancellation.ts";
import type { CredentialSource } from "./credentials.ts";
import type { HttpConnections } from "./http_connections.ts";
import type { ServerAnswer } from "./http_exchange.ts";
import { encodeKey, encodeSegment } from "./object_key.ts";
import {
  isExpired,
  isTransientRefusal,
  maxRefusalBytes,
  parseRefusal,
  type Refusal,
} from "./refusal.ts";
import { type RequestBody, sha256Of } from "./request_body.ts";
import { signRequest } from "./request_signer.ts";

/** A request for an object of the bucket. */
export interface S3Request {
  /** How messages call it. */
  readonly name: string;
  readonly method: "DELETE" | "GET" | "HEAD" | "POST" | "PUT";
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: RequestBody;
  readonly signal: AbortSignal | undefined;
}

/** What came of a request that was answered. */
export type S3Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: Refusal };

/** Takes the answer of a success: must read its body to the end, or pass it on. */
export type AnswerReader<T> = (answer: ServerAnswer) => Promise<S3Result<T>>;

/** What {@linkcode S3Requests} are made with. */
export interface S3RequestsOptions {
  readonly place: BucketPlace;
  readonly connections: HttpConnections;
  readonly credentials: CredentialSource;
  readonly region: BucketRegion;
  readonly retry: RetryPolicy;
  /** Milliseconds after which no further attempt begins. */
  readonly retryTime: number;
  readonly userAgent: string;
  /** Gives numbers from 0 to 1. */
  readonly random: () => number;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

type Outcome<T> = S3Result<T> | { readonly ok: false; readonly error: unknown };

/** Statuses by which servers say that a bucket is in another region than the request was signed for. */
const wrongRegionStatus = new Set([301, 307, 400]);

/** Signed requests for the objects of a bucket, repeated where they may succeed a moment later. */
export class S3Requests {
  readonly #options: S3RequestsOptions;

  constructor(options: S3RequestsOptions) {
    this.#options = options;
  }

  /**
   * Makes a request until it is answered with a success, or a refusal that will stay.
   *
   * @param read takes the answer of a success; called once for each attempt
   * @throws GomodfsError `UPSTREAM`, `TIMEOUT`, `CANCELLED`, `BUSY`; `FORBIDDEN` if there are no credentials; what `read`
   *   and the request's body throw
   */
  async perform<T>(request: S3Request, read: AnswerReader<T>): Promise<S3Result<T>> {
    const deadline = performance.now() + this.#options.retryTime;
    let corrections: Corrections = { region: false, credentials: false };
    for (let attempt = 1; ; ) {
      const region = await this.#options.region.get(request.signal);
      const outcome = await this.#attempt(request, region, read);
      const next = await this.#correct(outcome, region, corrections);
      if (next !== undefined) {
        corrections = next;
        continue;
      }
      const delay = this.#delayBeforeNext(request, outcome, attempt);
      if (delay === undefined || performance.now() + delay >= deadline) return resultOf(outcome);
      await wait(delay, request);
      attempt += 1;
    }
  }

  async #attempt<T>(
    request: S3Request,
    region: string,
    read: AnswerReader<T>,
  ): Promise<Outcome<T>> {
    try {
      const answer = await this.#exchange(request, region);
      if (answer.status >= 200 && answer.status < 300) return await read(answer);
      return { ok: false, refusal: await readRefusal(answer, request) };
    } catch (error) {
      return { ok: false, error };
    }
  }

  async #exchange(request: S3Request, region: string): Promise<ServerAnswer> {
    const { place, connections, credentials, clock } = this.#options;
    const address = bucketAddress(place, region);
    const path = `${address.basePath}/${encodeKey(request.key)}`;
    const query = request.query ?? {};
    const unsigned = {
      method: request.method,
      origin: address.origin,
      path,
      query,
      headers: this.#headers(request),
      payloadHash: await payloadHash(request.body, address),
    };
    const context = {
      credentials: await untilAborted(credentials.get(), request.name, request.signal),
      region,
      date: new Date(clock()),
    };
    return await connections.exchange({
      name: request.name,
      method: request.method,
      origin: address.origin,
      target: path + encodeQuery(query),
      headers: await signRequest(unsigned, context),
      body: request.body,
      signal: request.signal,
    });
  }

  #headers({ method, headers, body }: S3Request): Record<string, string> {
    const hasBody = method === "PUT" || method === "POST";
    return {
      "user-agent": this.#options.userAgent,
      "accept-encoding": "identity",
      ...(hasBody && { "content-length": String(body?.size ?? 0) }),
      ...headers,
    };
  }

  /** What has to be put right before the request can succeed, each thing once; undefined if there is nothing. */
  async #correct(
    outcome: Outcome<unknown>,
    region: string,
    done: Corrections,
  ): Promise<Corrections | undefined> {
    if (outcome.ok || !("refusal" in outcome)) return undefined;
    const { refusal } = outcome;
    const moved = refusal.region !== undefined && refusal.region !== region;
    if (moved && wrongRegionStatus.has(refusal.status) && !done.region) {
      this.#options.region.set(refusal.region);
      return { ...done, region: true };
    }
    if (isExpired(refusal) && !done.credentials) {
      await this.#options.credentials.renew();
      return { ...done, credentials: true };
    }
    return undefined;
  }

  #delayBeforeNext(
    { headers }: S3Request,
    outcome: Outcome<unknown>,
    attempt: number,
  ): number | undefined {
    const { retry, random } = this.#options;
    if (outcome.ok || attempt >= retry.attempts) return undefined;
    if ("error" in outcome) {
      return isTransientError(outcome.error)
        ? retryDelay(retry, attempt, undefined, random)
        : undefined;
    }
    const { refusal } = outcome;
    // Of a conditional put it is the answer: somebody else writes the object just now.
    if (refusal.status === 409 && headers?.["if-none-match"] !== undefined) return undefined;
    if (!isTransientRefusal(refusal)) return undefined;
    const retryAfter = parseRetryAfter(refusal.retryAfter, this.#options.clock());
    return retryDelay(retry, attempt, retryAfter, random);
  }
}

/** What was put right already. */
interface Corrections {
  readonly region: boolean;
  readonly credentials: boolean;
}

function resultOf<T>(outcome: Outcome<T>): S3Result<T> {
  if (!outcome.ok && "error" in outcome) throw outcome.error;
  return outcome;
}

/** What an error document says past its bound is not wanted, and neither is the connection that it comes by. */
async function readRefusal(answer: ServerAnswer, { name }: S3Request): Promise<Refusal> {
  const body = await readAll(answer.body, name, maxRefusalBytes).catch((error: unknown) => {
    if (isGomodfsError(error, "TOO_LARGE")) return Buffer.of();
    throw error;
  });
  return parseRefusal(answer.status, answer.headers, body);
}

/** TLS protects a body already. Over plain http the signature has to cover it. */
async function payloadHash(
  body: RequestBody | undefined,
  { origin }: BucketAddress,
): Promise<string> {
  if (body === undefined) return emptyHash;
  if (origin.protocol === "https:") return "UNSIGNED-PAYLOAD";
  return body.sha256 ?? (await sha256Of(body));
}

/** SHA-256 of nothing. */
const emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

function encodeQuery(query: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(query).map(
    ([name, value]) => `${encodeSegment(name)}=${encodeSegment(value)}`,
  );
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

async function wait(milliseconds: number, { name, signal }: S3Request): Promise<void> {
  try {
    await sleep(milliseconds, undefined, signal === undefined ? {} : { signal });
  } catch {
    throw cancelledError(name, signal);
  }
}

/** For answers that hold nothing; what they hold nevertheless is passed over, and not for ever. */
export async function readNothing({ body }: ServerAnswer): Promise<S3Result<undefined>> {
  let length = 0;
  for await (const chunk of body) {
    length += Buffer.isBuffer(chunk) ? chunk.length : 0;
    if (length > maxRefusalBytes) break;
  }
  return { ok: true, value: undefined };
}
