import type { PackIndex } from "./pack_index.ts";

/** Slots for the first packs; always a power of two. */
const INITIAL_SLOTS = 1 << 12;

/** What a table needs to know of a pack. */
export interface IndexedPack {
  readonly index: PackIndex;
}

/** One copy of an object: row `position` of `pack`'s index. */
export interface ObjectLocation<Pack extends IndexedPack> {
  readonly pack: Pack;
  readonly position: number;
}

/**
 * Where the objects of many packs are: a hash table with open addressing whose hashes are the first bytes of the ids,
 * four bytes a slot and at most two thirds full. One look-up costs the same however many packs there are (2,000 packs
 * searched one after the other would cost 0.6 ms), and a pack that comes is added without touching the others.
 */
export class ObjectTable<Pack extends IndexedPack> {
  readonly #packs: Pack[] = [];
  /** For each pack the number of the first of its rows when the rows of all packs are counted through. */
  readonly #firstRows: number[] = [];
  #rows = 0;
  /** Numbers of rows, counted from 1; 0 is an empty slot. */
  #slots = new Uint32Array(INITIAL_SLOTS);

  constructor(packs: Iterable<Pack> = []) {
    for (const pack of packs) this.add(pack);
  }

  add(pack: Pack): void {
    this.#packs.push(pack);
    this.#firstRows.push(this.#rows);
    const firstRow = this.#rows;
    this.#rows += pack.index.count;
    if (this.#rows * 3 > this.#slots.length * 2) this.#grow();
    else this.#insertAll(pack.index, firstRow);
  }

  /** Every copy of an object, the oldest pack's first. */
  *locations(id: Uint8Array): Generator<ObjectLocation<Pack>, undefined> {
    const prefix = new DataView(id.buffer, id.byteOffset, id.byteLength).getUint32(0);
    const mask = this.#slots.length - 1;
    for (let slot = prefix & mask; ; slot = (slot + 1) & mask) {
      const row = (this.#slots[slot] ?? 0) - 1;
      if (row < 0) return;
      const location = this.#location(row);
      if (location?.pack.index.has(location.position, id)) yield location;
    }
  }

  #location(row: number): ObjectLocation<Pack> | undefined {
    let low = 0;
    let high = this.#firstRows.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((this.#firstRows[middle] ?? 0) <= row) low = middle;
      else high = middle;
    }
    const pack = this.#packs[low];
    return pack && { pack, position: row - (this.#firstRows[low] ?? 0) };
  }

  #grow(): void {
    let length = this.#slots.length;
    while (this.#rows * 3 > length * 2) length *= 2;
    this.#slots = new Uint32Array(length * 2);
    for (const [number, pack] of this.#packs.entries()) {
      this.#insertAll(pack.index, this.#firstRows[number] ?? 0);
    }
  }

  #insertAll(index: PackIndex, firstRow: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let position = 0; position < index.count; position++) {
      let slot = index.idPrefix(position) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = firstRow + position + 1;
    }
  }
}
