import { OPCODE_LIMIT, Opcode } from "./protocol.ts";

const WAKE = 0;
const STOP = 1;
const SERVING = 2;
const PENDING = 3;
const MOUNTED = 4;
const COUNTS = 5;

/**
 * A few words of memory that the thread of a session and the main thread share, so that they need no messages for what
 * must work although the thread sleeps in read(2).
 */
export class SessionControl {
  /** To make another view of the same words, in another thread. */
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(
    memory = new SharedArrayBuffer((COUNTS + OPCODE_LIMIT) * Int32Array.BYTES_PER_ELEMENT),
  ) {
    this.memory = memory;
    this.#words = new Int32Array(memory);
  }

  /** @returns whether the thread must be woken: false if somebody has just done that and it has not yet risen */
  requestWake(): boolean {
    return Atomics.exchange(this.#words, WAKE, 1) === 0;
  }

  /** @returns whether the thread has been woken, and so must look at its inbox now */
  takeWake(): boolean {
    return Atomics.exchange(this.#words, WAKE, 0) === 1;
  }

  requestStop(): void {
    Atomics.store(this.#words, STOP, 1);
    this.markMounted();
  }

  /** Lets a thread go on that waits for the mount. */
  markMounted(): void {
    Atomics.store(this.#words, MOUNTED, 1);
    Atomics.notify(this.#words, MOUNTED);
  }

  /** Sleeps until the device is mounted or the session told to stop: an unmounted device cannot be read (EPERM). */
  waitUntilMounted(): void {
    Atomics.wait(this.#words, MOUNTED, 0);
  }

  get isStopRequested(): boolean {
    return Atomics.load(this.#words, STOP) === 1;
  }

  /** Whether the thread has answered INIT: from then on it sleeps in read(2), and the kernel takes notifications. */
  get isServing(): boolean {
    return Atomics.load(this.#words, SERVING) === 1;
  }

  markServing(): void {
    Atomics.store(this.#words, SERVING, 1);
  }

  /** Requests that wait for a ticket. */
  get pending(): number {
    return Atomics.load(this.#words, PENDING);
  }

  set pending(count: number) {
    Atomics.store(this.#words, PENDING, count);
  }

  /** Counts a request. Only the session's thread does, so that it need not be atomic. */
  countRequest(opcode: number): void {
    const index = COUNTS + Math.min(opcode, OPCODE_LIMIT - 1);
    this.#words[index] = (this.#words[index] ?? 0) + 1;
  }

  /** How many requests the kernel has sent, by the name of the opcode, modulo 2^32; those never sent are left out. */
  requestCounts(): ReadonlyMap<string, number> {
    const counts = Object.entries(Opcode).map(([name, opcode]): [string, number] => [
      name,
      (this.#words[COUNTS + opcode] ?? 0) >>> 0,
    ]);
    return new Map(counts.filter(([, count]) => count > 0));
  }
}
