/** What a mount was asked for. */
export interface MountCounts {
  /** Look-ups of module directories and of files under `@v` that were resident. */
  readonly hits: number;
  /** Those that had to be fetched. */
  readonly misses: number;
  /** READ requests: what the kernel had not cached. */
  readonly reads: number;
  /** Bytes of the answers to them. */
  readonly readBytes: number;
}

const HITS = 0;
const MISSES = 1;
const READS = 2;
const READ_BYTES = 3;
const COUNT = 4;

/** Counters in memory that the thread of a mount writes and the main thread reads; one writer needs no atomics. */
export class MountCounters {
  readonly memory: SharedArrayBuffer;
  readonly #counts: Float64Array;

  constructor(memory = new SharedArrayBuffer(COUNT * Float64Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#counts = new Float64Array(memory);
  }

  hit(): void {
    this.#add(HITS, 1);
  }

  miss(): void {
    this.#add(MISSES, 1);
  }

  read(bytes: number): void {
    this.#add(READS, 1);
    this.#add(READ_BYTES, bytes);
  }

  get(): MountCounts {
    const [hits = 0, misses = 0, reads = 0, readBytes = 0] = this.#counts;
    return { hits, misses, reads, readBytes };
  }

  #add(index: number, amount: number): void {
    this.#counts[index] = (this.#counts[index] ?? 0) + amount;
  }
}
