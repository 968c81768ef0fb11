import { GomodfsError } from "../lib/gomodfs_error.ts";
import { EMPTY_TREE_HASH, type Hash, nodeHash, recordHash } from "./hash.ts";

/**
 * Records that a tree may have. golang.org/x/mod counts in 64 bits; with this bound the index of every stored hash, less
 * than twice as large, is exact in a number. A log that takes a million records a second grows for 70 years to it.
 */
export const MAX_TREE_SIZE = 2 ** 51;

/** The head of a log: how many records it has and the hash of all of them. */
export interface Tree {
  readonly size: number;
  readonly hash: Hash;
}

/** Reads stored hashes of a tree. */
export interface HashReader {
  /**
   * The hashes with the given stored hash indexes (see {@linkcode storedHashIndex}), in their order.
   *
   * @throws GomodfsError if any of them cannot be read
   */
  readHashes(indexes: readonly number[]): Promise<readonly Hash[]>;
}

/**
 * Maps the coordinates of a tree's node, the `n`-th of `level` (leaves are level 0), to the dense order in which hashes
 * are stored: Crosby and Wallach, "Efficient Data Structures for Tamper-Evident Logging", section 3.3.
 */
export function storedHashIndex(level: number, n: number): number {
  // Level L's n'th hash is written right after level L-1's 2n+1'th hash.
  let leaf = n;
  for (let l = level; l > 0; l--) leaf = 2 * leaf + 1;
  // Leaf n is written at n + n/2 + n/4 + ...
  let index = 0;
  for (; leaf > 0; leaf = Math.floor(leaf / 2)) index += leaf;
  return index + level;
}

/** The inverse of {@linkcode storedHashIndex}. */
export function splitStoredHashIndex(index: number): {
  readonly level: number;
  readonly n: number;
} {
  // storedHashIndex(0, n) < 2n, so the leaf whose hashes include this one is in [index/2, index/2 + log2(index)].
  let leaf = Math.floor(index / 2);
  let leafIndex = storedHashIndex(0, leaf);
  for (;;) {
    const next = leafIndex + 1 + trailingZeros(leaf + 1);
    if (next > index) break;
    leaf++;
    leafIndex = next;
  }
  const level = index - leafIndex;
  return { level, n: Math.floor(leaf / 2 ** level) };
}

/** How many hashes are stored for a tree of `size` records. */
export function storedHashCount(size: number): number {
  return size === 0 ? 0 : storedHashIndex(0, size - 1) + 1 + trailingZeros(size);
}

/**
 * The hashes to store, from {@linkcode storedHashIndex}`(0, n)` on, when record `n` is written: its own and those of
 * the subtrees that it completes.
 *
 * @param reader knows the hashes of the records before it
 */
export async function storedHashes(
  n: number,
  text: Uint8Array,
  reader: HashReader,
): Promise<Hash[]> {
  return storedHashesForRecordHash(n, recordHash(text), reader);
}

/** {@linkcode storedHashes} for a record of which only the hash is known. */
export async function storedHashesForRecordHash(
  n: number,
  hash: Hash,
  reader: HashReader,
): Promise<Hash[]> {
  const completed = trailingZeros(n + 1);
  const indexes: number[] = [];
  // Each subtree that is completed takes in its left neighbour; larger subtrees are stored before smaller ones.
  for (let level = completed - 1; level >= 0; level--) {
    indexes.push(storedHashIndex(level, Math.floor(n / 2 ** level) - 1));
  }
  const neighbours = await readAll(reader, indexes);
  const hashes = [hash];
  let last = hash;
  for (const neighbour of neighbours.toReversed()) {
    last = nodeHash(neighbour, last);
    hashes.push(last);
  }
  return hashes;
}

/**
 * The hash of the tree of the first `size` records.
 *
 * @throws GomodfsError whatever `reader` throws
 */
export async function treeHash(size: number, reader: HashReader): Promise<Hash> {
  if (size === 0) return EMPTY_TREE_HASH;
  return joinSubtrees(await readAll(reader, subtreeIndexes(0, size)));
}

/**
 * The stored hash indexes of the complete subtrees that make up the records [lo, hi), the largest first: RFC 6962
 * section 2.1.
 */
export function subtreeIndexes(lo: number, hi: number): number[] {
  const indexes: number[] = [];
  for (let start = lo; start < hi; ) {
    const { size, level } = largestPowerOfTwoBelow(hi - start + 1);
    indexes.push(storedHashIndex(level, start / size));
    start += size;
  }
  return indexes;
}

/** The hash of a subtree from the hashes at its {@linkcode subtreeIndexes}, of which there is at least one. */
export function joinSubtrees(hashes: readonly Hash[]): Hash {
  return hashes.reduceRight((right, left) => nodeHash(left, right));
}

/** The largest power of two that is smaller than `n`, at least 1, and its logarithm. */
export function largestPowerOfTwoBelow(n: number): {
  readonly size: number;
  readonly level: number;
} {
  let size = 1;
  let level = 0;
  for (; size * 2 < n; size *= 2) level++;
  return { size, level };
}

/**
 * Reads hashes and checks that there is one for each index.
 *
 * @throws GomodfsError `PROTOCOL` if not, and whatever `reader` throws
 */
export async function readAll(
  reader: HashReader,
  indexes: readonly number[],
): Promise<readonly Hash[]> {
  if (indexes.length === 0) return [];
  const hashes = await reader.readHashes(indexes);
  if (hashes.length === indexes.length) return hashes;
  throw new GomodfsError(
    "PROTOCOL",
    `${hashes.length} hashes were read for ${indexes.length} indexes`,
  );
}

function trailingZeros(n: number): number {
  let zeros = 0;
  for (let rest = n; rest > 0 && rest % 2 === 0; rest /= 2) zeros++;
  return zeros;
}
