import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import { escapePath } from "../../module/escape.ts";
import type { ResidentNames } from "../../tree/resident_names.ts";
import type { VirtualTree } from "../../tree/virtual_tree.ts";
import { versionText } from "./handle_name.ts";

/** Names of what is not resident that handles were made of, and can be found again as long as nobody restarts. */
const KEPT_NAMES = 16_384;

/** The digest that stands in a handle for a name that has no room in it. */
export function nameDigest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/**
 * Finds the names that digests in handles stand for: those of all that is resident, and those that were given out
 * lately.
 */
export class LongNames {
  readonly #tree: VirtualTree;
  readonly #given = new LRUCache<string, string>({ max: KEPT_NAMES });
  #resident = new Map<string, string>();
  /** What the resident names were taken from. */
  #source: ResidentNames | undefined;

  constructor(tree: VirtualTree) {
    this.#tree = tree;
  }

  /** Remembers a name, and gives its digest. */
  digest(text: string): Buffer {
    const digest = nameDigest(text);
    this.#given.set(keyOf(digest), text);
    return digest;
  }

  /** The name of a digest; undefined if nothing of that name is known. */
  find(digest: Uint8Array): string | undefined {
    const key = keyOf(digest);
    return this.#given.get(key) ?? this.#resident.get(key) ?? this.#findAmongNew(key);
  }

  #findAmongNew(key: string): string | undefined {
    const names = this.#tree.names();
    if (names === this.#source) return undefined;
    this.#source = names;
    this.#resident = new Map();
    for (const text of this.#residentTexts(names)) {
      this.#resident.set(keyOf(nameDigest(text)), text);
    }
    return this.#resident.get(key);
  }

  /** All that the names of handles to what is resident can be. */
  *#residentTexts(names: ResidentNames): Generator<string> {
    const databases = this.#tree.checksumDirectory("") ?? [];
    for (const { id } of names.all()) {
      const path = escapePath(id.path);
      const version = versionText(id);
      yield version;
      for (const database of databases) yield `${database}/lookup/${version}`;
      for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) {
        yield path.slice(0, end);
      }
    }
  }
}

function keyOf(digest: Uint8Array): string {
  return Buffer.from(digest.buffer, digest.byteOffset, digest.length).toString("latin1");
}
