import { setTimeout as sleep } from "node:timers/promises";
import { GomodfsError } from "../gomodfs_error.ts";
import { readAll } from "./answer_body.ts";
import type { ObjectContent } from "./object_bucket.ts";
import { parseRefusal, refusalError } from "./refusal.ts";
import { type ByteRange, contentSize, memoryBody, requestBody } from "./request_body.ts";
import { readNothing, type S3Request, type S3Requests, type S3Result } from "./s3_requests.ts";
import { escapeXml, xmlElement } from "./xml_element.ts";

/** How large objects are uploaded. */
export interface MultipartOptions {
  /** Bytes: larger objects are uploaded in parts. */
  readonly threshold: number;
  /** Bytes of a part, if that makes no more parts than S3 allows. At least 5 MiB, but for tests. */
  readonly partSize: number;
  /** Parts under way at once. */
  readonly parallel: number;
}

/** An object to be uploaded in parts. */
export interface MultipartObject {
  readonly key: string;
  readonly content: ObjectContent;
  /** With the object's creation. */
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
  /** How messages call the request. */
  readonly name: string;
}

/** Amazon S3 User Guide, "Amazon S3 multipart upload limits". */
const maxParts = 10_000;
/** Ten thousand parts of a name and an ETag each, which nobody asks to see: what S3 answers is far below. */
const maxDocumentBytes = 64 << 10;
/** Milliseconds that the removal of abandoned parts may take. */
const abortTimeout = 10_000;
/** Milliseconds after each removal. */
const abortPauses = [50, 200, 0];

/** Uploads one object in parts, some at once; parts that did not come to an object are removed. */
export class MultipartUpload {
  readonly #requests: S3Requests;
  readonly #object: MultipartObject;
  readonly #options: MultipartOptions;
  readonly #clock: () => number;

  constructor(
    requests: S3Requests,
    object: MultipartObject,
    options: MultipartOptions,
    clock: () => number,
  ) {
    this.#requests = requests;
    this.#object = object;
    this.#options = options;
    this.#clock = clock;
  }

  /**
   * Gives the answer to the object's creation: the one request that a condition can refuse.
   *
   * @throws GomodfsError as the bucket's `put`
   */
  async run(): Promise<S3Result<undefined>> {
    const uploadId = await this.#create();
    let isDone = false;
    try {
      const etags = await this.#uploadParts(uploadId);
      const result = await this.#complete(uploadId, etags);
      isDone = result.ok;
      return result;
    } finally {
      if (!isDone) await this.#abort(uploadId);
    }
  }

  async #create(): Promise<string> {
    const request = this.#request("POST", { uploads: "" });
    const { name } = request;
    const document = this.#expect(
      await this.#requests.perform(request, async ({ body }) => ({
        ok: true,
        value: (await readAll(body, name, maxDocumentBytes)).toString(),
      })),
    );
    const uploadId = xmlElement(document, "UploadId");
    if (uploadId === undefined || uploadId === "") throw unusable(name, "no UploadId");
    return uploadId;
  }

  /** The ETags of all parts, in order. */
  async #uploadParts(uploadId: string): Promise<string[]> {
    const ranges = partRanges(contentSize(this.#object.content), this.#options.partSize);
    const etags = ranges.map(() => "");
    const failed = new AbortController();
    const signal = joinSignals(this.#object.signal, failed.signal);
    const left = ranges.entries();
    const work = async (): Promise<void> => {
      // One iterator for all: each part is taken once.
      for (const [index, range] of left) {
        etags[index] = await this.#uploadPart(uploadId, index + 1, range, signal);
      }
    };
    const workers = Array.from({ length: this.#options.parallel }, work);
    try {
      await Promise.all(workers);
    } catch (error) {
      failed.abort();
      // A part that is still under way would survive the removal of the others.
      await Promise.allSettled(workers);
      throw error;
    }
    return etags;
  }

  async #uploadPart(
    uploadId: string,
    partNumber: number,
    range: ByteRange,
    signal: AbortSignal,
  ): Promise<string> {
    const query = { partNumber: String(partNumber), uploadId };
    const body = requestBody(this.#object.content, range);
    const request = { ...this.#request("PUT", query), body, signal };
    const etag = this.#expect(
      await this.#requests.perform(request, async (answer) => {
        await readNothing(answer);
        return { ok: true, value: answer.headers.etag };
      }),
    );
    if (etag === undefined) throw unusable(request.name, "no ETag");
    return etag;
  }

  async #complete(uploadId: string, etags: readonly string[]): Promise<S3Result<undefined>> {
    const base = this.#request("POST", { uploadId });
    const request = {
      ...base,
      headers: { "content-type": "application/xml", ...this.#object.headers },
      body: memoryBody(Buffer.from(completion(etags))),
    };
    return await this.#requests.perform(request, async ({ status, headers, body }) => {
      const document = await readAll(body, request.name, maxDocumentBytes);
      // S3 begins its answer before it knows (API Reference, CompleteMultipartUpload): 200 may hold an error.
      if (!document.includes("<Error>")) return { ok: true, value: undefined };
      return { ok: false, refusal: parseRefusal(status, headers, document) };
    });
  }

  /**
   * Removes all parts. A part whose sending was broken off may arrive after that, and so it may take more than once
   * (API Reference, AbortMultipartUpload). What remains nevertheless is left to the bucket's owner: the error that led
   * here says more than one of ours would.
   */
  async #abort(uploadId: string): Promise<void> {
    const signal = AbortSignal.timeout(abortTimeout);
    const request = { ...this.#request("DELETE", { uploadId }), signal };
    for (const pause of abortPauses) {
      const result = await this.#requests
        .perform(request, readNothing)
        .catch(() => ({ ok: false }) as const);
      if (!result.ok) return;
      await sleep(pause);
    }
  }

  #request(method: S3Request["method"], query: Readonly<Record<string, string>>): S3Request {
    const { name, key, signal } = this.#object;
    return { name, method, key, query, signal };
  }

  #expect<T>(result: S3Result<T>): T {
    if (result.ok) return result.value;
    throw refusalError(result.refusal, this.#object.name, this.#clock());
  }
}

/** How an object is cut into parts. */
export function partRanges(size: number, wantedSize: number): ByteRange[] {
  const partSize = Math.max(wantedSize, Math.ceil(size / maxParts));
  return Array.from({ length: Math.ceil(size / partSize) }, (_, index) => ({
    start: index * partSize,
    size: Math.min(partSize, size - index * partSize),
  }));
}

function completion(etags: readonly string[]): string {
  const parts = etags.map(
    (etag, index) =>
      `<Part><PartNumber>${index + 1}</PartNumber><ETag>${escapeXml(etag)}</ETag></Part>`,
  );
  const namespace = "http://s3.amazonaws.com/doc/2006-03-01/";
  return `<CompleteMultipartUpload xmlns="${namespace}">${parts.join("")}</CompleteMultipartUpload>`;
}

function joinSignals(first: AbortSignal | undefined, second: AbortSignal): AbortSignal {
  return first === undefined ? second : AbortSignal.any([first, second]);
}

function unusable(name: string, reason: string): GomodfsError {
  return new GomodfsError("UPSTREAM", `${name}: the server's answer has ${reason}`, {
    hint: "check that the endpoint is an S3 server",
  });
}
