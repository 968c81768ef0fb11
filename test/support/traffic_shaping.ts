import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** How far away a server is to seem, and how narrow each connection to it. */
export interface TrafficShape {
  /** Milliseconds before the first byte of each answer; pipelined requests wait side by side. */
  readonly latency?: number;
  /** Bytes of bodies that one connection carries in a second at most; headers are not counted. */
  readonly bytesPerSecond?: number;
}

/** What is sent at a time; at 100 Mbit/s that takes 5 ms, which a timer can still keep. */
const pieceBytes = 64 << 10;

/** Answers as slowly as a {@linkcode TrafficShape} says. */
export class TrafficShaper {
  readonly #shape: TrafficShape;
  /** One a connection: pipelined and consecutive answers share what it carries. */
  readonly #buckets = new WeakMap<Socket, TokenBucket>();

  constructor(shape: TrafficShape) {
    this.#shape = shape;
  }

  /** Waits until an answer may begin. */
  async begin(): Promise<void> {
    if (this.#shape.latency !== undefined) await sleep(this.#shape.latency);
  }

  /** Sends a body and ends the answer, whose headers are written. The socket is the request's. */
  async send(
    response: ServerResponse,
    socket: Socket,
    body: Buffer | AsyncIterable<Buffer>,
  ): Promise<void> {
    const { bytesPerSecond } = this.#shape;
    if (bytesPerSecond !== undefined) {
      const bucket = this.#bucketOf(socket, bytesPerSecond);
      await pipeline(paced(Buffer.isBuffer(body) ? [body] : body, bucket), response);
    } else if (Buffer.isBuffer(body)) {
      response.end(body);
    } else {
      await pipeline(body, response);
    }
  }

  #bucketOf(socket: Socket, bytesPerSecond: number): TokenBucket {
    const known = this.#buckets.get(socket);
    if (known !== undefined) return known;
    const bucket = new TokenBucket({ bytesPerSecond, burst: pieceBytes });
    this.#buckets.set(socket, bucket);
    return bucket;
  }
}

function* piecesOf(body: Buffer): Generator<Buffer> {
  for (let offset = 0; offset < body.length; offset += pieceBytes) {
    yield body.subarray(offset, offset + pieceBytes);
  }
}

async function* paced(
  body: Iterable<Buffer> | AsyncIterable<Buffer>,
  bucket: TokenBucket,
): AsyncGenerator<Buffer> {
  for await (const chunk of body) {
    for (const piece of piecesOf(chunk)) {
      const wait = bucket.take(piece.length);
      if (wait > 0) await sleep(wait);
      yield piece;
    }
  }
}

/** What a {@linkcode TokenBucket} is made of. */
export interface TokenBucketOptions {
  readonly bytesPerSecond: number;
  /** Bytes that may pass at once after a pause. */
  readonly burst: number;
  /** Milliseconds since some time; performance.now unless given. */
  readonly now?: () => number;
}

/**
 * A token bucket, kept as the time at which it will be full again (the virtual scheduling of ITU-T I.371, annex A), so
 * that timers which fire late do not lower the rate.
 */
export class TokenBucket {
  readonly #millisecondsPerByte: number;
  readonly #burstMilliseconds: number;
  readonly #now: () => number;
  #fullAt = Number.NEGATIVE_INFINITY;

  constructor({ bytesPerSecond, burst, now = () => performance.now() }: TokenBucketOptions) {
    this.#millisecondsPerByte = 1000 / bytesPerSecond;
    this.#burstMilliseconds = burst * this.#millisecondsPerByte;
    this.#now = now;
  }

  /** Takes so many bytes' worth, and gives the milliseconds until they may pass. */
  take(bytes: number): number {
    const now = this.#now();
    this.#fullAt = Math.max(this.#fullAt, now) + bytes * this.#millisecondsPerByte;
    return Math.max(0, this.#fullAt - this.#burstMilliseconds - now);
  }
}
