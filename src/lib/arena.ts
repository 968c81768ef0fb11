import { allocateSharedPages } from "./page_memory.ts";

/** Memory for a while: page-aligned, and shared with other threads without being copied or given away. */
export interface ArenaRange {
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  /** Gives the memory back; nobody may use it after that. Further calls do nothing. */
  readonly release: () => void;
}

/** A whole number of pages of any machine in use, so that a range can be read and written past the page cache. */
const GRANULE_LENGTH = 16 * 1024;
interface Range {
  start: number;
  end: number;
}

interface Waiter {
  readonly length: number;
  readonly grant: (range: ArenaRange) => void;
}

/**
 * A fixed amount of memory from which ranges are taken and to which they return. It is the bound of what is in flight,
 * whoever wants more waits; and pages that are used again cost nothing, while fresh ones cost 0.6 ms a megabyte and
 * their return to the system through a garbage collector as much again.
 */
export class Arena {
  /** Bytes that a single range can have. */
  readonly capacity: number;
  #memory: SharedArrayBuffer | undefined;
  /** Free ranges, in ascending order, none touching another. */
  #free: Range[];
  readonly #waiting: Waiter[] = [];

  /** @param capacity bytes, made with the first range */
  constructor(capacity: number) {
    this.capacity = Math.ceil(capacity / GRANULE_LENGTH) * GRANULE_LENGTH;
    this.#free = [{ start: 0, end: this.capacity }];
  }

  /** Bytes that are taken. */
  get used(): number {
    return this.capacity - this.#free.reduce((sum, { start, end }) => sum + end - start, 0);
  }

  /**
   * A range of `length` bytes; undefined if there is none now, or others wait for one.
   *
   * @throws RangeError if there can never be one
   */
  tryAllocate(length: number): ArenaRange | undefined {
    this.#check(length);
    return this.#waiting.length > 0 ? undefined : this.#take(length);
  }

  /**
   * A range of `length` bytes, as soon as there is one. Whoever asks first is served first, so that a large one is not
   * passed by for ever.
   *
   * @throws RangeError if there can never be one
   */
  async allocate(length: number): Promise<ArenaRange> {
    const range = this.tryAllocate(length);
    if (range !== undefined) return range;
    return await new Promise((grant) => this.#waiting.push({ length, grant }));
  }

  /**
   * As {@linkcode Arena.allocate}, but undefined if there is none in time.
   *
   * @param patience milliseconds
   */
  async allocateWithin(length: number, patience: number): Promise<ArenaRange | undefined> {
    const range = this.tryAllocate(length);
    if (range !== undefined) return range;
    const { promise, resolve } = Promise.withResolvers<ArenaRange | undefined>();
    const waiter: Waiter = { length, grant: resolve };
    const timer = setTimeout(() => {
      this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
      resolve(undefined);
      this.#grantWaiting();
    }, patience);
    this.#waiting.push(waiter);
    const granted = await promise;
    clearTimeout(timer);
    return granted;
  }

  #check(length: number): void {
    if (!(length >= 0 && length <= this.capacity)) {
      throw new RangeError(`${length} bytes of an arena of ${this.capacity}`);
    }
  }

  #take(length: number): ArenaRange | undefined {
    const size = Math.max(1, Math.ceil(length / GRANULE_LENGTH)) * GRANULE_LENGTH;
    const index = this.#free.findIndex(({ start, end }) => end - start >= size);
    const free = this.#free[index];
    if (free === undefined) return undefined;
    const { start } = free;
    free.start += size;
    if (free.start === free.end) this.#free.splice(index, 1);
    let released = false;
    return {
      bytes: new Uint8Array(this.#buffer(), start, length),
      release: () => {
        if (released) return;
        released = true;
        this.#giveBack({ start, end: start + size });
      },
    };
  }

  #buffer(): SharedArrayBuffer {
    this.#memory ??= allocateSharedPages(this.capacity);
    return this.#memory;
  }

  #giveBack(range: Range): void {
    const index = this.#free.findIndex(({ start }) => start >= range.end);
    this.#free.splice(index < 0 ? this.#free.length : index, 0, range);
    this.#free = merge(this.#free);
    this.#grantWaiting();
    // All is free: the system has the memory back with the next collection, and an idle daemon is a small one.
    if (this.used === 0) this.#memory = undefined;
  }

  #grantWaiting(): void {
    for (let waiter = this.#waiting[0]; waiter !== undefined; waiter = this.#waiting[0]) {
      const granted = this.#take(waiter.length);
      if (granted === undefined) return;
      this.#waiting.shift();
      waiter.grant(granted);
    }
  }
}

function merge(ranges: readonly Range[]): Range[] {
  const merged: Range[] = [];
  for (const range of ranges) {
    const last = merged.at(-1);
    if (last?.end === range.start) last.end = range.end;
    else merged.push(range);
  }
  return merged;
}
