import { createHash } from "node:crypto";
import { z } from "zod";
import { fieldValue, type RawFields } from "./forwarded_fields.ts";
import { type DatedAnswer, varyNames } from "./freshness.ts";

/** Content in the cache. */
export interface StoredBody {
  /** Hexadecimal. */
  readonly sha256: string;
  readonly size: number;
}

/** An answer in the cache. */
export interface StoredAnswer extends DatedAnswer {
  /** What {@linkcode variantKey} says of the request that it answered. */
  readonly variant: string;
  readonly body: StoredBody;
}

const FORMAT = 1;

const record = z.strictObject({
  format: z.literal(FORMAT),
  answers: z.array(
    z.strictObject({
      status: z.literal(200),
      fields: z.array(z.string()),
      requestTime: z.number(),
      responseTime: z.number(),
      variant: z.string(),
      body: z.strictObject({
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
        size: z.int().nonnegative(),
      }),
    }),
  ),
});

/** The file of a URL's answers, the newest first. */
export function encodeRecord(answers: readonly StoredAnswer[]): string {
  return JSON.stringify({ format: FORMAT, answers });
}

/** @throws Error for what {@linkcode encodeRecord} did not make */
export function decodeRecord(text: string): readonly StoredAnswer[] {
  const parsed: unknown = JSON.parse(text);
  return record.parse(parsed).answers;
}

/**
 * What a request has in the fields that an answer Varies on (RFC 9111 section 4.1). Hashed: they may be somebody's secrets.
 *
 * @param answer fields of the answer
 * @param request fields of the request
 */
export function variantKey(answer: RawFields, request: RawFields): string {
  const names = varyNames(answer);
  if (names === "everything") return "*";
  const values = names.map((name) => [name, fieldValue(request, name)?.replace(/\s*,\s*/g, ",")]);
  return createHash("sha256").update(JSON.stringify(values)).digest("hex");
}
