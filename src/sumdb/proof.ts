import { GomodfsError } from "../lib/gomodfs_error.ts";
import { equalHashes, type Hash, nodeHash } from "./hash.ts";
import {
  type HashReader,
  joinSubtrees,
  largestPowerOfTwoBelow,
  MAX_TREE_SIZE,
  readAll,
  subtreeIndexes,
  type Tree,
} from "./tlog.ts";

/** Proves that a tree contains a record: the "Merkle audit path" of RFC 6962 section 2.1.1. */
export type RecordProof = readonly Hash[];

/** Proves that a tree starts with the records of a smaller one: the "Merkle consistency proof" of RFC 6962 section 2.1.2. */
export type TreeProof = readonly Hash[];

/**
 * The stored hash indexes of each element of a proof: an element is the hash of a range of records, made of one or more
 * complete subtrees.
 */
type ProofIndexes = readonly (readonly number[])[];

/**
 * Proves that the tree of `size` records has record `n`.
 *
 * @throws GomodfsError `INVALID` if it cannot have, and whatever `reader` throws
 */
export async function proveRecord(
  size: number,
  n: number,
  reader: HashReader,
): Promise<RecordProof> {
  if (!isSize(size) || !isSize(n) || n >= size) throw invalidInputs("proveRecord", size, n);
  return readProof(recordProofIndexes(0, size, n), reader);
}

/**
 * Checks the proof that record `n` of `tree` has the hash `hash`.
 *
 * @throws GomodfsError `SECURITY` if it is not a proof of that, `INVALID` if the tree has no such record
 */
export function checkRecord(proof: RecordProof, tree: Tree, n: number, hash: Hash): void {
  if (!isSize(tree.size) || !isSize(n) || n >= tree.size) {
    throw invalidInputs("checkRecord", tree.size, n);
  }
  if (!equalHashes(runRecordProof(proof, 0, tree.size, n, hash), tree.hash)) throw proofFailed();
}

/**
 * Proves that the tree of `size` records starts with the tree of the first `olderSize` of them.
 *
 * @throws GomodfsError `INVALID` if it cannot, and whatever `reader` throws
 */
export async function proveTree(
  size: number,
  olderSize: number,
  reader: HashReader,
): Promise<TreeProof> {
  if (!isSize(size) || !isSize(olderSize) || olderSize < 1 || olderSize > size) {
    throw invalidInputs("proveTree", size, olderSize);
  }
  return readProof(treeProofIndexes(0, size, olderSize), reader);
}

/**
 * Checks the proof that `tree` starts with the records of `older`.
 *
 * @throws GomodfsError `SECURITY` if it is not a proof of that, `INVALID` if `older` is empty or larger than `tree`
 */
export function checkTree(proof: TreeProof, tree: Tree, older: Tree): void {
  if (!isSize(tree.size) || !isSize(older.size) || older.size < 1 || older.size > tree.size) {
    throw invalidInputs("checkTree", tree.size, older.size);
  }
  const run = runTreeProof(proof, 0, tree.size, older);
  if (!equalHashes(run.newer, tree.hash) || !equalHashes(run.older, older.hash))
    throw proofFailed();
}

async function readProof(indexes: ProofIndexes, reader: HashReader): Promise<Hash[]> {
  const hashes = await readAll(reader, indexes.flat());
  let end = 0;
  return indexes.map((element) => {
    const start = end;
    end += element.length;
    return joinSubtrees(hashes.slice(start, end));
  });
}

/** The ranges on the side not taken on the way from the root of [lo, hi) down to leaf `n`, the lowest first. */
function recordProofIndexes(lo: number, hi: number, n: number): ProofIndexes {
  if (lo + 1 === hi) return [];
  const middle = lo + largestPowerOfTwoBelow(hi - lo).size;
  return n < middle
    ? [...recordProofIndexes(lo, middle, n), subtreeIndexes(middle, hi)]
    : [...recordProofIndexes(middle, hi, n), subtreeIndexes(lo, middle)];
}

/** The hash of the subtree [lo, hi) that the proof and its leaf `n` imply. */
function runRecordProof(proof: RecordProof, lo: number, hi: number, n: number, leaf: Hash): Hash {
  const last = proof.at(-1);
  if (lo + 1 === hi) {
    // Nothing may be left over, or one fact had many proofs.
    if (last !== undefined) throw proofFailed();
    return leaf;
  }
  if (last === undefined) throw proofFailed();
  const rest = proof.slice(0, -1);
  const middle = lo + largestPowerOfTwoBelow(hi - lo).size;
  return n < middle
    ? nodeHash(runRecordProof(rest, lo, middle, n, leaf), last)
    : nodeHash(last, runRecordProof(rest, middle, hi, n, leaf));
}

/** The ranges from which both the tree of `n` records and that of `hi` can be computed, within the subtree [lo, hi). */
function treeProofIndexes(lo: number, hi: number, n: number): ProofIndexes {
  // The subtree [0, n) is the older tree itself, whose hash the verifier knows.
  if (n === hi) return lo === 0 ? [] : [subtreeIndexes(lo, hi)];
  const middle = lo + largestPowerOfTwoBelow(hi - lo).size;
  return n <= middle
    ? [...treeProofIndexes(lo, middle, n), subtreeIndexes(middle, hi)]
    : [...treeProofIndexes(middle, hi, n), subtreeIndexes(lo, middle)];
}

/** The hashes that the proof implies for the part of the subtree [lo, hi) in the older tree and for all of it. */
function runTreeProof(
  proof: TreeProof,
  lo: number,
  hi: number,
  older: Tree,
): { readonly older: Hash; readonly newer: Hash } {
  const last = proof.at(-1);
  if (older.size === hi) {
    if (lo === 0) {
      if (last !== undefined) throw proofFailed();
      return { older: older.hash, newer: older.hash };
    }
    if (last === undefined || proof.length !== 1) throw proofFailed();
    return { older: last, newer: last };
  }
  if (last === undefined) throw proofFailed();
  const rest = proof.slice(0, -1);
  const middle = lo + largestPowerOfTwoBelow(hi - lo).size;
  if (older.size <= middle) {
    const left = runTreeProof(rest, lo, middle, older);
    return { older: left.older, newer: nodeHash(left.newer, last) };
  }
  const right = runTreeProof(rest, middle, hi, older);
  return { older: nodeHash(last, right.older), newer: nodeHash(last, right.newer) };
}

function isSize(n: number): boolean {
  return Number.isInteger(n) && n >= 0 && n <= MAX_TREE_SIZE;
}

function invalidInputs(operation: string, size: number, n: number): GomodfsError {
  return new GomodfsError(
    "INVALID",
    `${operation}: ${n} is out of range for a tree of ${size} records`,
  );
}

function proofFailed(): GomodfsError {
  return new GomodfsError("SECURITY", "invalid transparency proof");
}
