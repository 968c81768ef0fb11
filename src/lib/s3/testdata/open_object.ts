import type { Readable } from "node:stream";
import type { BucketOptions, ObjectBucket } from "../object_bucket.ts";

/** The content of an object that is there. @throws Error if it is not */
export async function openObject(
  bucket: ObjectBucket,
  key: string,
  options?: BucketOptions,
): Promise<Readable> {
  const body = await bucket.get(key, options);
  if (body === undefined) throw new Error(`${key} is not there`);
  return body.stream;
}
