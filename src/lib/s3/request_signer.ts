import { createHash, createHmac, type Hash, type Hmac } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import type { Credentials } from "./credentials.ts";

/** A request as it goes out, but for its body. */
export interface UnsignedRequest {
  readonly method: string;
  readonly origin: URL;
  /** Escaped. */
  readonly path: string;
  /** Not escaped. */
  readonly query: Readonly<Record<string, string>>;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body's SHA-256 in hex, or `UNSIGNED-PAYLOAD`. */
  readonly payloadHash: string;
}

/** What a signature is made with. */
export interface SigningContext {
  readonly credentials: Credentials;
  readonly region: string;
  readonly date: Date;
}

type Bytes = ArrayBuffer | ArrayBufferView | string;

/** node:crypto in the shape that the signer asks for, which is the Web's: ten times as quick as one in JavaScript. */
class Sha256 {
  readonly #hash: Hash | Hmac;

  constructor(secret?: Bytes) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", viewOf(secret));
  }

  update(data: Bytes): void {
    this.#hash.update(viewOf(data));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }

  reset(): void {
    throw new Error("a hash is not used twice");
  }
}

function viewOf(data: Bytes): Uint8Array | string {
  if (typeof data === "string") return data;
  if (!ArrayBuffer.isView(data)) return new Uint8Array(data);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** All headers of a request, signed with AWS Signature Version 4. */
export async function signRequest(
  request: UnsignedRequest,
  { credentials, region, date }: SigningContext,
): Promise<Record<string, string>> {
  const { method, origin, path } = request;
  const signer = new SignatureV4({
    credentials,
    region,
    service: "s3",
    sha256: Sha256,
    // S3 alone signs the path as it stands; other services escape it once more.
    uriEscapePath: false,
  });
  const signed = await signer.sign(
    {
      method,
      protocol: origin.protocol,
      hostname: origin.hostname,
      path,
      query: { ...request.query },
      headers: {
        ...request.headers,
        host: origin.host,
        "x-amz-content-sha256": request.payloadHash,
      },
    },
    { signingDate: date },
  );
  return signed.headers;
}
