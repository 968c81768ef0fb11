import { GomodfsError } from "../lib/gomodfs_error.ts";
import { SingleFlight } from "../lib/single_flight.ts";
import type { ClientOps } from "./client_ops.ts";
import { EMPTY_TREE_HASH, equalHashes } from "./hash.ts";
import { describeMisbehavior, MisbehaviorError } from "./misbehavior.ts";
import { openNote } from "./note.ts";
import type { SignedTree } from "./signed_tree.ts";
import { asBuffer } from "./text.ts";
import { TileHashReader, type TileReader } from "./tile_hash_reader.ts";
import { type Tree, treeHash } from "./tlog.ts";
import { parseTree } from "./tree_note.ts";
import { type Verifier, verifierList } from "./verifier.ts";

/** How often another process may come in between while a tree is written down. */
const MAX_CONFLICTS = 100;

interface PendingMerge {
  readonly signed: SignedTree;
  readonly done: PromiseWithResolvers<void>;
}

/**
 * The newest tree of a database that this client knows. It only moves forward, and only to trees that contain all
 * records of the one before: whatever else the database says is a fork of its log. Follows the merging half of
 * golang.org/x/mod/sumdb.Client.
 */
export class LatestTree {
  readonly #verifier: Verifier;
  readonly #ops: ClientOps;
  readonly #tiles: TileReader;
  readonly #merges = new SingleFlight<void>();
  #latest: SignedTree;
  #queue: PendingMerge[] = [];
  #isDraining = false;

  constructor(verifier: Verifier, ops: ClientOps, tiles: TileReader) {
    this.#verifier = verifier;
    this.#ops = ops;
    this.#tiles = tiles;
    this.#latest = this.#signedTree({ size: 0, hash: EMPTY_TREE_HASH }, new Uint8Array());
  }

  get current(): SignedTree {
    return this.#latest;
  }

  /**
   * The tree that a signed note describes, merged or not.
   *
   * @throws GomodfsError as {@linkcode merge}
   */
  treeOf(message: Uint8Array): Tree {
    return this.#open(message).tree;
  }

  /** Takes up the tree that was written down. */
  async load(): Promise<void> {
    await this.merge(await this.#ops.readConfig(this.#file));
  }

  /**
   * Merges a signed tree: an older one must be part of the current one, a newer one must contain it, becomes current
   * and is written down.
   *
   * @param message the signed note, or no bytes for the empty tree
   * @throws MisbehaviorError if the trees contradict each other, GomodfsError `SECURITY` or `PROTOCOL` if the note is
   * not signed by the database or malformed, and whatever reading tiles and configuration throws
   */
  merge(message: Uint8Array): Promise<void> {
    return this.#merges.run(asBuffer(message).toString("latin1"), () => this.#merge(message));
  }

  get #file(): string {
    return `${this.#verifier.name}/latest`;
  }

  async #merge(message: Uint8Array): Promise<void> {
    if (asBuffer(message).equals(this.#latest.message)) return;
    const done = Promise.withResolvers<void>();
    this.#queue.push({ signed: this.#open(message), done });
    if (!this.#isDraining) void this.#drain();
    await done.promise;
  }

  /**
   * Of the trees that wait, merges the newest first: the others are then in the past, which needs few tiles, while each
   * step forward needs all those of another right edge. The newest failing does not keep the others from being tried.
   */
  async #drain(): Promise<void> {
    this.#isDraining = true;
    for (let batch = this.#queue; batch.length > 0; batch = this.#queue) {
      this.#queue = [];
      const newestFirst = batch.toSorted((a, b) => b.signed.tree.size - a.signed.tree.size);
      const settle = ({ signed, done }: PendingMerge) =>
        this.#mergeAndWrite(signed).then(done.resolve, done.reject);
      await Promise.all(newestFirst.slice(0, 1).map(settle));
      await Promise.all(newestFirst.slice(1).map(settle));
    }
    this.#isDraining = false;
  }

  async #mergeAndWrite(signed: SignedTree): Promise<void> {
    if ((await this.#mergeInMemory(signed)) !== "future") return;
    for (let attempt = 0; attempt < MAX_CONFLICTS; attempt++) {
      const written = await this.#ops.readConfig(this.#file);
      if ((await this.#mergeInMemory(this.#open(written))) !== "past") return;
      const outcome = await this.#ops.writeConfig(this.#file, written, this.#latest.message);
      if (outcome === "written") return;
    }
    throw new GomodfsError("BUSY", `${this.#file} is changed by others all the time`);
  }

  /** When `signed` was, as seen from the current tree; the future becomes the present. */
  async #mergeInMemory(signed: SignedTree): Promise<"past" | "present" | "future"> {
    for (;;) {
      const latest = this.#latest;
      if (signed.tree.size <= latest.tree.size) {
        await this.#checkContained(signed, latest);
        return signed.tree.size < latest.tree.size ? "past" : "present";
      }
      await this.#checkContained(latest, signed);
      // Others may have moved on in the meantime.
      if (this.#latest !== latest) continue;
      this.#latest = signed;
      return "future";
    }
  }

  /** Checks that `newer` starts with the records of `older`. */
  async #checkContained(older: SignedTree, newer: SignedTree): Promise<void> {
    const isSameSize = older.tree.size === newer.tree.size;
    if (isSameSize && equalHashes(older.tree.hash, newer.tree.hash)) return;
    const hash = await treeHash(older.tree.size, newer.hashes);
    if (equalHashes(hash, older.tree.hash)) return;
    const evidence = await describeMisbehavior(older, newer, hash);
    this.#ops.securityError(evidence);
    throw new MisbehaviorError(this.#verifier.name, evidence);
  }

  /** Reads a signed tree. No bytes are the empty tree: that is what a first start knows. */
  #open(message: Uint8Array): SignedTree {
    if (message.length === 0) return this.#signedTree({ size: 0, hash: EMPTY_TREE_HASH }, message);
    const note = openNote(message, verifierList(this.#verifier));
    return this.#signedTree(parseTree(note.text), message);
  }

  #signedTree(tree: Tree, message: Uint8Array): SignedTree {
    return { tree, message, hashes: new TileHashReader(tree, this.#tiles) };
  }
}
