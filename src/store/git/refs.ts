import { type BigIntStats, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { isMissing } from "./file_error.ts";
import { type ObjectId, parseObjectId } from "./object_id.ts";
import { PackedRefs } from "./packed_refs.ts";
import { isRefName, REFS_PREFIX, type RefName } from "./ref_name.ts";
import type { Repository } from "./repository.ts";

/**
 * A file's or directory's time stamp says "unchanged since" only when it is older than this at the look: two changes
 * within one tick of the kernel's clock (at most 10 ms) have the same. As git treats its index ("racy git").
 */
const TIMESTAMP_GRANULARITY = 50;

/** What of a file or directory was seen at the last look. */
interface Seen {
  readonly state: string;
  /** Whether a later change could have left the state as it is. */
  readonly racy: boolean;
}

const NEVER_SEEN: Seen = { state: "", racy: true };

/**
 * The refs of modules as they were at the last {@linkcode Refs.refresh}: names of the loose ones, whose files are read
 * when asked for, and packed-refs in one buffer.
 */
export class Refs {
  readonly #packedPath: string;
  readonly #looseDirectory: string;
  #looseSeen = NEVER_SEEN;
  #packedSeen = NEVER_SEEN;
  #looseNames: ReadonlySet<string> = new Set();
  #packed = new PackedRefs(Buffer.alloc(0));
  #generation = 0;

  constructor(repository: Repository) {
    this.#packedPath = join(repository.directory, "packed-refs");
    this.#looseDirectory = repository.refsDirectory;
    this.refresh();
  }

  /** Changes whenever the refs may have changed. */
  get generation(): number {
    return this.#generation;
  }

  /** How many refs have a file of their own. */
  get looseCount(): number {
    return this.#looseNames.size;
  }

  /** The value of a ref. */
  get(name: RefName): ObjectId | undefined {
    if (!this.#isLoose(name)) return this.#packed.get(name);
    const loose = this.#readLoose(name);
    if (loose !== undefined) return loose;
    // It was packed or deleted since the last look.
    this.refresh();
    return (this.#isLoose(name) ? this.#readLoose(name) : undefined) ?? this.#packed.get(name);
  }

  /** Full names of all refs below `refs/gomod/`, in no particular order. */
  names(): Set<string> {
    const names = new Set(this.#packed.names(REFS_PREFIX));
    for (const name of this.#looseNames) names.add(REFS_PREFIX + name);
    return names;
  }

  /** Full names of the refs of modules that have a file of their own. */
  looseNames(): RefName[] {
    return Array.from(this.#looseNames, (name) => REFS_PREFIX + name).filter(isRefName);
  }

  /** packed-refs as it was at the last look. */
  get packed(): PackedRefs {
    return this.#packed;
  }

  /**
   * Learns what changed: two calls of stat if nothing did. Loose refs first, since git packs a ref before it removes the
   * loose one.
   */
  refresh(): void {
    const loose = this.#look(this.#looseDirectory);
    if (loose.state !== this.#looseSeen.state || this.#looseSeen.racy) this.#readNames();
    this.#looseSeen = loose;
    const packed = this.#look(this.#packedPath);
    if (packed.state !== this.#packedSeen.state || this.#packedSeen.racy) this.#readPacked();
    this.#packedSeen = packed;
  }

  #isLoose(name: RefName): boolean {
    return this.#looseNames.has(name.slice(REFS_PREFIX.length));
  }

  #readNames(): void {
    this.#generation++;
    const names = readIfPresent(this.#looseDirectory, (path) => readdirSync(path));
    this.#looseNames = new Set(names?.filter((name) => !/\.lock(?:\.takeover)?$/.test(name)));
  }

  #readPacked(): void {
    this.#generation++;
    const bytes = readIfPresent(this.#packedPath, (path) => readFileSync(path));
    this.#packed = new PackedRefs(bytes ?? Buffer.alloc(0));
  }

  #readLoose(name: RefName): ObjectId | undefined {
    const path = join(this.#looseDirectory, name.slice(REFS_PREFIX.length));
    const text = readIfPresent(path, () => readFileSync(path, "latin1"));
    if (text === undefined) return undefined;
    const id = parseObjectId(text.trimEnd());
    if (id === undefined) throw new GomodfsError("STORE", `the ref ${name} is damaged`);
    return id;
  }

  #look(path: string): Seen {
    const stat = readIfPresent<BigIntStats>(path, () => statSync(path, { bigint: true }));
    if (stat === undefined) return { state: "missing", racy: false };
    const { ino, size, mtimeNs, ctimeNs } = stat;
    const age = Date.now() - Number(stat.mtimeMs);
    return { state: `${ino} ${size} ${mtimeNs} ${ctimeNs}`, racy: age < TIMESTAMP_GRANULARITY };
  }
}

function readIfPresent<Result>(path: string, read: (path: string) => Result): Result | undefined {
  try {
    return read(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new GomodfsError("STORE", `cannot read ${path}`, { cause: error });
  }
}
