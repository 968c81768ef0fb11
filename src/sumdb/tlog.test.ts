import { describe, expect, test } from "vitest";
import {
  EMPTY_TREE_HASH,
  equalHashes,
  formatHash,
  type Hash,
  parseHash,
  recordHash,
  sha256,
} from "./hash.ts";
import { checkRecord, checkTree, proveRecord, proveTree } from "./proof.ts";
import {
  type HashReader,
  splitStoredHashIndex,
  storedHashCount,
  storedHashes,
  storedHashIndex,
  treeHash,
} from "./tlog.ts";

/** Grows a log of records "leaf 0", "leaf 1", ... */
class TestLog implements HashReader {
  readonly hashes: Hash[] = [];
  readonly leaves: Hash[] = [];
  readonly heads: Hash[] = [EMPTY_TREE_HASH];

  static async of(size: number): Promise<TestLog> {
    const log = new TestLog();
    for (let n = 0; n < size; n++) {
      const text = Buffer.from(`leaf ${n}`);
      log.leaves.push(recordHash(text));
      log.hashes.push(...(await storedHashes(n, text, log)));
      log.heads.push(await treeHash(n + 1, log));
    }
    return log;
  }

  async readHashes(indexes: readonly number[]): Promise<Hash[]> {
    return indexes.map((index) => present(this.hashes[index]));
  }

  tree(size: number) {
    return { size, hash: present(this.heads[size]) };
  }
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("out of range");
  return value;
}

/** All proofs that differ from `proof` in one bit of one hash, or lack or repeat their last hash. */
function manglings(proof: readonly Hash[]): Hash[][] {
  const flipped = proof.map((_, k) => proof.map((hash, i) => (i === k ? sha256(hash) : hash)));
  const longer = [...proof, present(proof[0] ?? EMPTY_TREE_HASH)];
  return proof.length === 0 ? [longer] : [...flipped, proof.slice(0, -1), longer];
}

const SIZE = 70;
const log = await TestLog.of(SIZE);

describe("storedHashIndex()", () => {
  test("is undone by splitStoredHashIndex()", () => {
    for (let level = 0; level < 10; level++) {
      for (let n = 0; n < 100; n++) {
        expect(splitStoredHashIndex(storedHashIndex(level, n))).toEqual({ level, n });
      }
    }
  });

  test("counts what is stored", () => {
    expect(storedHashCount(0)).toBe(0);
    expect(storedHashCount(SIZE)).toBe(log.hashes.length);
  });
});

test("the hash of the empty tree is the hash of nothing", async () => {
  expect(await treeHash(0, log)).toEqual(sha256(new Uint8Array()));
});

test("hashes keep their spelling", () => {
  for (const hash of log.leaves) expect(parseHash(formatHash(hash))).toEqual(hash);
  expect(parseHash("AAAA")).toBeUndefined();
  expect(parseHash("!")).toBeUndefined();
});

test("a reader that gives too few hashes is found out", async () => {
  const reader = { readHashes: async () => [] };
  await expect(treeHash(3, reader)).rejects.toThrow("0 hashes were read for 2 indexes");
});

describe("record proofs", () => {
  test("prove each record of each tree, and nothing else", async () => {
    for (let size = 1; size <= SIZE; size++) {
      const tree = log.tree(size);
      for (let n = 0; n < size; n++) {
        const proof = await proveRecord(size, n, log);
        const leaf = present(log.leaves[n]);
        checkRecord(proof, tree, n, leaf);
        expect(() => checkRecord(proof, tree, n, sha256(leaf))).toThrow(
          "invalid transparency proof",
        );
        if (size % 23 !== 0) continue;
        for (const bad of manglings(proof)) {
          expect(() => checkRecord(bad, tree, n, leaf)).toThrow("invalid transparency proof");
        }
      }
    }
  });

  test.each([
    [5, 5],
    [5, -1],
    [0, 0],
    [5, 1.5],
    [2 ** 60, 0],
  ])("refuse tree %d and record %d", async (size, n) => {
    await expect(proveRecord(size, n, log)).rejects.toThrow("proveRecord");
    expect(() => checkRecord([], { size, hash: EMPTY_TREE_HASH }, n, EMPTY_TREE_HASH)).toThrow(
      "checkRecord",
    );
  });
});

describe("tree proofs", () => {
  test("prove each tree to start with each smaller one, and nothing else", async () => {
    for (let size = 1; size <= SIZE; size++) {
      const tree = log.tree(size);
      for (let n = 1; n <= size; n++) {
        const proof = await proveTree(size, n, log);
        const older = log.tree(n);
        checkTree(proof, tree, older);
        const forged = { size: n, hash: sha256(older.hash) };
        expect(() => checkTree(proof, tree, forged)).toThrow("invalid transparency proof");
        if (size % 23 !== 0) continue;
        for (const bad of manglings(proof)) {
          expect(() => checkTree(bad, tree, older)).toThrow("invalid transparency proof");
        }
      }
    }
  });

  test.each([
    [5, 0],
    [5, 6],
    [0, 0],
  ])("refuse tree %d and older tree %d", async (size, n) => {
    await expect(proveTree(size, n, log)).rejects.toThrow("proveTree");
    const tree = { size, hash: EMPTY_TREE_HASH };
    expect(() => checkTree([], tree, { size: n, hash: EMPTY_TREE_HASH })).toThrow("checkTree");
  });
});

test("equalHashes() compares every byte", () => {
  const hash = EMPTY_TREE_HASH;
  expect(equalHashes(hash, sha256(new Uint8Array()))).toBe(true);
  expect(equalHashes(hash, sha256(hash))).toBe(false);
});
