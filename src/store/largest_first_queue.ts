/** What can wait in a {@linkcode LargestFirstQueue}. */
export interface Sized {
  readonly size: number;
}

/**
 * Things that wait, the largest first, those of the same size in the order in which they came. Starting with the
 * largest keeps several workers busy to the end: no big one is left over for one of them.
 */
export class LargestFirstQueue<T extends Sized> {
  readonly #items: T[] = [];

  get length(): number {
    return this.#items.length;
  }

  push(item: T): void {
    this.#items.splice(this.#position(item.size), 0, item);
  }

  /** The largest, which stays. */
  peek(): T | undefined {
    return this.#items[0];
  }

  /** The largest, which is taken out. */
  shift(): T | undefined {
    return this.#items.shift();
  }

  /** Takes all out. */
  clear(): T[] {
    return this.#items.splice(0);
  }

  /** The index of the first item that is smaller. */
  #position(size: number): number {
    let low = 0;
    let high = this.#items.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#items[middle]?.size ?? 0) >= size) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
