import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** What shall go wrong, or slowly, with the answers to some requests. */
export interface AnswerFault {
  /** Matched against the request's path. */
  readonly pattern: RegExp;
  /** How many requests it concerns; all unless given. */
  readonly times?: number;
  /** Milliseconds before the answer begins. */
  readonly delay?: number;
  /** Answer this status instead. */
  readonly status?: number;
  /** The text for `status`. */
  readonly reason?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Break the connection after so many bytes of the body. */
  readonly cutAfter?: number;
  /** Flip the bits of the byte at this offset of the body; a negative offset counts from the end. */
  readonly corruptAt?: number;
  /** Send the body no faster than this. */
  readonly bytesPerSecond?: number;
}

/** The faults in force. */
export class AnswerFaults {
  readonly #faults = new Map<AnswerFault, number>();

  /** Puts a fault in force; the function returned ends it. */
  add(fault: AnswerFault): () => void {
    this.#faults.set(fault, fault.times ?? Number.POSITIVE_INFINITY);
    return () => {
      this.#faults.delete(fault);
    };
  }

  /** All faults that concern a request for `path`, as one; of two that say the same thing the later counts. */
  take(path: string): Partial<AnswerFault> | undefined {
    let found: Partial<AnswerFault> | undefined;
    for (const [fault, left] of this.#faults) {
      if (!fault.pattern.test(path)) continue;
      found = { ...found, ...fault };
      if (left <= 1) this.#faults.delete(fault);
      else this.#faults.set(fault, left - 1);
    }
    return found;
  }
}

/** The body with the damage that `fault` asks for. */
export function damagedBody(body: Buffer, { corruptAt }: Partial<AnswerFault>): Buffer {
  if (corruptAt === undefined) return body;
  const damaged = Buffer.from(body);
  const offset = corruptAt < 0 ? damaged.length + corruptAt : corruptAt;
  damaged.writeUInt8(damaged.readUInt8(offset) ^ 0xff, offset);
  return damaged;
}

const pieceMilliseconds = 10;

/** Sends a body, after its headers, as slowly and as incompletely as `fault` says. */
export async function sendBody(
  response: ServerResponse,
  body: Buffer,
  { bytesPerSecond, cutAfter }: Partial<AnswerFault>,
): Promise<void> {
  const end = Math.min(body.length, cutAfter ?? body.length);
  const piece =
    bytesPerSecond === undefined
      ? end
      : Math.max(1, Math.floor((bytesPerSecond * pieceMilliseconds) / 1000));
  for (let offset = 0; offset < end; offset += piece) {
    if (response.destroyed) return;
    response.write(body.subarray(offset, Math.min(end, offset + piece)));
    if (bytesPerSecond !== undefined) await sleep(pieceMilliseconds);
  }
  if (cutAfter === undefined) {
    response.end();
  } else {
    // What was written must leave before the connection breaks.
    await sleep(pieceMilliseconds);
    response.destroy();
  }
}
