import type { Readable } from "node:stream";

/** An object of a bucket, being read. */
export interface ObjectBody {
  /** Bytes of `stream`. */
  readonly size: number;
  readonly etag: string | undefined;
  /** Must be read to its end, or destroyed: it holds a connection. */
  readonly stream: Readable;
}

/**
 * What an object is made from: bytes, or a file that stays unchanged until the promise settles. `sha256` is that of the
 * whole, in hex, where the caller knows it: signing a payload then costs no second reading.
 */
export type ObjectContent = { readonly sha256?: string } & (
  | { readonly kind: "memory"; readonly bytes: Uint8Array }
  | { readonly kind: "file"; readonly path: string; readonly size: number }
);

/** How to ask an {@linkcode ObjectBucket}. */
export interface BucketOptions {
  /** Gives up: the promise rejects with GomodfsError `CANCELLED`. */
  readonly signal?: AbortSignal;
}

/**
 * A bucket of an object store. Keys are UTF-8 text with slashes.
 *
 * Every method throws GomodfsError: `FORBIDDEN` where the credentials do not suffice or are missing, `UPSTREAM` for other
 * refusals and broken connections, `TIMEOUT`, `CANCELLED`. What may pass is tried again before.
 */
export interface ObjectBucket {
  /** How messages name it, without credentials. */
  readonly name: string;
  /** An object; undefined if there is none of this key. */
  get(key: string, options?: BucketOptions): Promise<ObjectBody | undefined>;
  /** A small object, whole. @throws GomodfsError `TOO_LARGE` if it has more than `maxBytes` */
  read(key: string, maxBytes: number, options?: BucketOptions): Promise<Uint8Array | undefined>;
  /** Bytes and ETag of an object; undefined if there is none of this key. */
  head(
    key: string,
    options?: BucketOptions,
  ): Promise<{ readonly size: number; readonly etag: string | undefined } | undefined>;
  /** Writes an object. With `onlyIfAbsent` one that is there stays as it is, where the server can do that. */
  put(
    key: string,
    content: ObjectContent,
    options?: BucketOptions & { readonly onlyIfAbsent?: boolean },
  ): Promise<"stored" | "exists">;
  /** Ends idle connections. */
  close(): Promise<void>;
}
