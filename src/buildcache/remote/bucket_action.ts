import { isOutputId, type OutputId } from "../identifier.ts";

/** What a bucket says of an action: what it made, and when. How large that is, the output's own object tells. */
export interface BucketAction {
  readonly outputId: OutputId;
  readonly time: Date;
}

/** Bytes of the longest record that is read: 64 digits, a space, 19 digits, and some white space. */
export const MAX_BUCKET_ACTION_BYTES = 256;

const NANOSECONDS_PER_MILLISECOND = 1_000_000n;
const DECIMAL = /^\d{1,19}$/;

/** The record of go-cache-plugin (lib/gobuild/gobuild.go, Put): `OUTPUT-ID UNIX-NANOSECONDS`, and no newline. */
export function formatBucketAction({ outputId, time }: BucketAction): Buffer {
  return Buffer.from(`${outputId} ${BigInt(time.getTime()) * NANOSECONDS_PER_MILLISECOND}`);
}

/** Reads a record, with white space where go-cache-plugin allows it; undefined for anything else. */
export function parseBucketAction(bytes: Uint8Array): BucketAction | undefined {
  const fields = Buffer.from(bytes).toString("latin1").trim().split(/\s+/);
  const [outputId = "", nanoseconds = "", ...rest] = fields;
  if (!isOutputId(outputId) || !DECIMAL.test(nanoseconds) || rest.length > 0) return undefined;
  return { outputId, time: new Date(Number(BigInt(nanoseconds) / NANOSECONDS_PER_MILLISECOND)) };
}
