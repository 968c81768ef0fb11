import { GomodfsError } from "../../src/lib/gomodfs_error.ts";
import type { Hash } from "../../src/sumdb/hash.ts";
import { signNote } from "../../src/sumdb/note.ts";
import { parseSignerKey, type Signer } from "../../src/sumdb/signer.ts";
import { newTiles, readTileData, tilePath } from "../../src/sumdb/tile.ts";
import { type HashReader, storedHashes, treeHash } from "../../src/sumdb/tlog.ts";
import { formatRecord, formatTree } from "../../src/sumdb/tree_note.ts";

/** From golang.org/x/mod/sumdb/client_test.go, BSD-3-Clause. */
export const TEST_VERIFIER_KEY =
  "localhost.localdev/sumdb+00000c67+AcTrnkbUA+TU4heY3hkjiSES/DSQniBqIeQ/YppAUtK6";
const TEST_SIGNER_KEY =
  "PRIVATE+KEY+localhost.localdev/sumdb+00000c67+AXu6+oaVaOYuQOFrf1V59JK1owcFlJcHwwXHDfDGxSPk";

/** A checksum database as a map of its answers, all of which a test can see, change and take away. */
export class MemoryDatabase implements HashReader {
  static readonly tileHeight = 2;
  readonly answers = new Map<string, Uint8Array>();
  readonly #hashes: Hash[];
  readonly #signer: Signer = parseSignerKey(TEST_SIGNER_KEY);
  readonly #tileHeight: number;
  #size: number;

  private constructor(hashes: Hash[], size: number, tileHeight: number) {
    this.#hashes = hashes;
    this.#size = size;
    this.#tileHeight = tileHeight;
  }

  static empty(tileHeight = MemoryDatabase.tileHeight): MemoryDatabase {
    return new MemoryDatabase([], 0, tileHeight);
  }

  get size(): number {
    return this.#size;
  }

  /** A copy that goes its own way from here. */
  fork(): MemoryDatabase {
    const copy = new MemoryDatabase([...this.#hashes], this.#size, this.#tileHeight);
    for (const [path, answer] of this.answers) copy.answers.set(path, answer);
    return copy;
  }

  /** Appends a record and publishes the answer for `key`, the escaped `path@version`, and the new tiles. */
  async add(key: string, text: string): Promise<void> {
    const id = await this.append(text);
    const record = formatRecord(id, Buffer.from(text));
    this.answers.set(`/lookup/${key}`, Buffer.concat([record, await this.signTree(this.#size)]));
  }

  /** Appends a record and publishes the new tiles. */
  async append(text: string): Promise<number> {
    const id = this.#size++;
    this.#hashes.push(...(await storedHashes(id, Buffer.from(text), this)));
    for (const tile of newTiles(this.#tileHeight, id, this.#size)) {
      this.answers.set(`/${tilePath(tile)}`, await readTileData(tile, this));
    }
    return id;
  }

  /** The signed head of the tree of the first `size` records, with `more` lines of text. */
  async signTree(size: number, more = ""): Promise<Uint8Array> {
    return this.sign(formatTree({ size, hash: await treeHash(size, this) }) + more);
  }

  sign(text: string): Uint8Array {
    return signNote({ text }, this.#signer);
  }

  async readHashes(indexes: readonly number[]): Promise<Hash[]> {
    return indexes.map((index) => {
      const hash = this.#hashes[index];
      if (hash === undefined) throw new Error(`there is no hash ${index}`);
      return hash;
    });
  }

  /** Answers as a server does. */
  readonly read = async (path: string): Promise<Uint8Array> => {
    const answer = this.answers.get(path);
    if (answer === undefined) throw new GomodfsError("NOT_FOUND", `${path}: not found`);
    return answer;
  };
}
