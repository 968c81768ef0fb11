import type { Environment } from "../environment.ts";
import { GomodfsError } from "../gomodfs_error.ts";
import { redactUrl } from "../redact_url.ts";
import type { RetryPolicy } from "../retry_policy.ts";
import { readAll } from "./answer_body.ts";
import { type BucketPlace, checkBucketName, parseEndpoint } from "./bucket_address.ts";
import { BucketRegion } from "./bucket_region.ts";
import { type CredentialSource, findCredentials } from "./credentials.ts";
import { HttpConnections } from "./http_connections.ts";
import type { ExchangeTimeouts } from "./http_exchange.ts";
import { type MultipartOptions, MultipartUpload } from "./multipart_upload.ts";
import type { BucketOptions, ObjectBody, ObjectBucket, ObjectContent } from "./object_bucket.ts";
import { type Refusal, refusalError } from "./refusal.ts";
import { contentSize, requestBody } from "./request_body.ts";
import { readNothing, type S3Request, S3Requests, type S3Result } from "./s3_requests.ts";

/** What an {@linkcode S3Bucket} is made of. Times are milliseconds. */
export interface S3BucketOptions {
  readonly bucket: string;
  /** The bucket's; found out unless given. */
  readonly region?: string;
  /** URL of a server that is not Amazon's; AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL unless given. */
  readonly endpoint?: string;
  /** Whether the path names the bucket, or else the host; as the endpoint's host allows unless given. */
  readonly pathStyle?: boolean;
  /** For AWS_*, HTTP_PROXY, HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE, SSL_CERT_DIR and NODE_EXTRA_CA_CERTS. */
  readonly env: Environment;
  /** `gomodfs/VERSION`. */
  readonly userAgent: string;
  /** What signs requests; found in the environment unless given. */
  readonly credentials?: CredentialSource;
  /** At once; 32 unless given. */
  readonly connections?: number;
  readonly timeouts?: Partial<ExchangeTimeouts>;
  readonly retry?: Partial<RetryPolicy>;
  /** After which no further attempt begins; a minute unless given. */
  readonly retryTime?: number;
  readonly multipart?: Partial<MultipartOptions>;
  /** Gives numbers from 0 to 1, for the waits between attempts. */
  readonly random?: () => number;
  /** Milliseconds since 1970; the system's clock unless given. */
  readonly clock?: () => number;
}

/** Above any latency of a healthy server. */
export const defaultTimeouts: ExchangeTimeouts = {
  connect: 5_000,
  firstByte: 20_000,
  stall: 20_000,
};

/** Amazon's advice for SlowDown: soon at first, then doubled each time. */
export const defaultRetry: RetryPolicy = {
  attempts: 4,
  baseDelay: 100,
  maxDelay: 5_000,
  maxRetryAfter: 20_000,
};

/** Sixteen megabytes go out in about a second at 100 Mbit/s: little is lost with a part that fails. */
export const defaultMultipart: MultipartOptions = {
  threshold: 64 << 20,
  partSize: 16 << 20,
  parallel: 4,
};

const defaultConnections = 32;
const defaultRetryTime = 60_000;
/** A prefetch may ask for all that a large build needs at once. */
const maxWaiting = 100_000;

/** A bucket of Amazon S3, or of a server that speaks its protocol. */
export class S3Bucket implements ObjectBucket {
  readonly name: string;
  readonly #requests: S3Requests;
  readonly #connections: HttpConnections;
  readonly #multipart: MultipartOptions;
  readonly #clock: () => number;
  #hasConditionalPut = true;

  /** Connects to nothing. @throws GomodfsError `USAGE` for a bucket or an endpoint that can be none */
  constructor(options: S3BucketOptions) {
    const { env } = options;
    const place = bucketPlace(options);
    this.name = placeName(place);
    this.#multipart = { ...defaultMultipart, ...options.multipart };
    this.#clock = options.clock ?? Date.now;
    this.#connections = new HttpConnections({
      connections: options.connections ?? defaultConnections,
      maxWaiting,
      timeouts: { ...defaultTimeouts, ...options.timeouts },
      env,
    });
    const connections = this.#connections;
    this.#requests = new S3Requests({
      place,
      connections,
      credentials: options.credentials ?? findCredentials(env),
      region: new BucketRegion({ region: options.region, env, place, connections }),
      retry: { ...defaultRetry, ...options.retry },
      retryTime: options.retryTime ?? defaultRetryTime,
      userAgent: options.userAgent,
      random: options.random ?? Math.random,
      clock: this.#clock,
    });
  }

  async get(key: string, options: BucketOptions = {}): Promise<ObjectBody | undefined> {
    const request = this.#request("GET", key, options);
    return this.#found(
      request,
      await this.#requests.perform(request, ({ headers, body }) => {
        if (body.size === undefined) {
          body.destroy();
          throw new GomodfsError("UPSTREAM", `${request.name}: answered without Content-Length`);
        }
        const value = { size: body.size, etag: headers.etag, stream: body };
        return Promise.resolve({ ok: true, value });
      }),
    );
  }

  async read(
    key: string,
    maxBytes: number,
    options: BucketOptions = {},
  ): Promise<Uint8Array | undefined> {
    const request = this.#request("GET", key, options);
    return this.#found(
      request,
      await this.#requests.perform(request, async ({ body }) => ({
        ok: true,
        value: await readAll(body, request.name, maxBytes),
      })),
    );
  }

  async head(
    key: string,
    options: BucketOptions = {},
  ): Promise<{ readonly size: number; readonly etag: string | undefined } | undefined> {
    const request = this.#request("HEAD", key, options);
    return this.#found(
      request,
      await this.#requests.perform(request, async (answer) => {
        await readNothing(answer);
        return { ok: true, value: { size: answer.body.size ?? 0, etag: answer.headers.etag } };
      }),
    );
  }

  async put(
    key: string,
    content: ObjectContent,
    options: BucketOptions & { readonly onlyIfAbsent?: boolean } = {},
  ): Promise<"stored" | "exists"> {
    const isConditional = options.onlyIfAbsent === true && this.#hasConditionalPut;
    const request = {
      ...this.#request("PUT", key, options),
      headers: isConditional ? { "if-none-match": "*" } : {},
    };
    const result = await this.#upload(request, content);
    if (result.ok) return "stored";
    const { refusal } = result;
    if (isConditional && (refusal.status === 412 || refusal.status === 409)) return "exists";
    if (isConditional && refusal.status === 501) {
      this.#hasConditionalPut = false;
      return await this.put(key, content, options);
    }
    throw this.#error(request, refusal);
  }

  async close(): Promise<void> {
    await this.#connections.close();
  }

  async #upload(
    request: S3Request & { readonly headers: Readonly<Record<string, string>> },
    content: ObjectContent,
  ): Promise<S3Result<undefined>> {
    if (contentSize(content) > this.#multipart.threshold) {
      const object = { ...request, content };
      return await new MultipartUpload(this.#requests, object, this.#multipart, this.#clock).run();
    }
    return await this.#requests.perform({ ...request, body: requestBody(content) }, readNothing);
  }

  #request(method: S3Request["method"], key: string, { signal }: BucketOptions): S3Request {
    return { name: `${method} ${key} in ${this.name}`, method, key, signal };
  }

  /** A missing bucket is an error, but a missing object is an answer. HEAD cannot tell the one from the other. */
  #found<T>(request: S3Request, result: S3Result<T>): T | undefined {
    if (result.ok) return result.value;
    const { refusal } = result;
    if (refusal.status === 404 && (refusal.code ?? "NoSuchKey") === "NoSuchKey") return undefined;
    throw this.#error(request, refusal);
  }

  #error({ name }: S3Request, refusal: Refusal): GomodfsError {
    return refusalError(refusal, name, this.#clock());
  }
}

function bucketPlace({ bucket, endpoint, pathStyle, env }: S3BucketOptions): BucketPlace {
  checkBucketName(bucket);
  const url = endpoint || env["AWS_ENDPOINT_URL_S3"] || env["AWS_ENDPOINT_URL"];
  return { bucket, endpoint: url ? parseEndpoint(url) : undefined, pathStyle };
}

function placeName({ bucket, endpoint }: BucketPlace): string {
  return endpoint === undefined
    ? `s3://${bucket}`
    : `s3://${bucket} at ${redactUrl(endpoint).replace(/\/$/, "")}`;
}
