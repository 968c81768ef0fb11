import type { Priority } from "../../upstream/module_source.ts";
import type { CachedOutput, DiskTier } from "../disk/disk_tier.ts";
import { type ActionId, EMPTY_OUTPUT } from "../identifier.ts";
import type { BucketReader } from "./bucket_reader.ts";
import type { BuildSet, SetAction } from "./build_set.ts";
import type { BuildSetReader } from "./build_set_reader.ts";

/** What a {@linkcode SetPrefetch} works with. */
export interface SetPrefetchParts {
  readonly disk: DiskTier;
  readonly sets: BuildSetReader;
  readonly outputs: BucketReader;
}

/** What comes as one: a pack, or an output that is an object of its own. */
interface Shipment {
  /** Bytes. */
  readonly size: number;
  /** Tells whether it came whole. */
  readonly fetch: (priority: Priority) => Promise<boolean>;
  /** An action in it was asked for. */
  isWanted: boolean;
  isBroken: boolean;
  /** Since it is under way. */
  arrival: Promise<void> | undefined;
}

/** Shipments under way at once: enough for a far bucket, and their bytes are in memory. */
const PARALLEL = 5;
/**
 * Bytes, uncompressed, that are fetched before anything of the set is asked for. A go command first loads packages, for
 * which it needs little; what it compiles should be here when it comes to that.
 */
const FIRST_BYTES = 256 << 20;
/** Bytes that are fetched beyond those for each byte that was: a set that does not fit costs little. */
const BYTES_PER_WANTED = 3;

/** Fetches what a build set names, in the order in which the last build asked for it, ahead of this one. */
export class SetPrefetch {
  readonly #set: BuildSet;
  readonly #parts: SetPrefetchParts;
  readonly #packs: readonly Shipment[];
  readonly #single = new Map<ActionId, Shipment>();
  /** What is to be fetched ahead and has not begun. */
  readonly #ahead: Shipment[];
  #begunBytes = 0;
  #wantedBytes = 0;
  #underWay = 0;

  constructor(set: BuildSet, parts: SetPrefetchParts) {
    this.#set = set;
    this.#parts = parts;
    this.#packs = set.packs.map((pack) =>
      newShipment(pack.size, (priority) => parts.sets.unpack(pack, priority)),
    );
    this.#ahead = this.#inOrderOfUse();
    this.#fetchAhead();
  }

  /** The set that it fetches, without what turned out not to be there: the next set brings it again. */
  get set(): BuildSet {
    const actions = [...this.#set.actions].filter(
      ([, { pack }]) => pack === undefined || this.#packs[pack]?.isBroken !== true,
    );
    return { packs: this.#set.packs, actions: new Map(actions) };
  }

  /** What an action made, when it has come; undefined if the set lacks it, or if its output did not come whole. */
  get(id: ActionId): CachedOutput | undefined | Promise<CachedOutput | undefined> {
    const action = this.#set.actions.get(id);
    if (action === undefined) return undefined;
    return this.#arrived(id, action) ?? this.#await(id, action);
  }

  /** What an action made, if it has come. */
  arrived(id: ActionId): CachedOutput | undefined {
    const action = this.#set.actions.get(id);
    return action && this.#arrived(id, action);
  }

  /** Fetches nothing more ahead. */
  stop(): void {
    this.#ahead.length = 0;
  }

  async #await(id: ActionId, action: SetAction): Promise<CachedOutput | undefined> {
    if (action.outputId === EMPTY_OUTPUT) {
      await this.#parts.outputs.output(EMPTY_OUTPUT, "demand");
    } else {
      await this.#wanted(this.#shipment(id, action));
    }
    return this.#arrived(id, action);
  }

  #arrived(id: ActionId, action: SetAction): CachedOutput | undefined {
    const diskPath = this.#parts.disk.output(action.outputId, action.size);
    if (diskPath === undefined) return undefined;
    const { outputId, size, time } = action;
    return this.#parts.outputs.record(id, { outputId, size, time, diskPath });
  }

  #wanted(shipment: Shipment): Promise<void> {
    if (!shipment.isWanted) {
      shipment.isWanted = true;
      this.#wantedBytes += shipment.size;
    }
    const arrival = shipment.arrival ?? this.#begin(shipment, "demand");
    this.#fetchAhead();
    return arrival;
  }

  #fetchAhead(): void {
    while (this.#underWay < PARALLEL && this.#begunBytes < this.#allowance) {
      const shipment = this.#ahead.shift();
      if (shipment === undefined) return;
      if (shipment.arrival === undefined) void this.#begin(shipment, "ahead");
    }
  }

  get #allowance(): number {
    return FIRST_BYTES + (1 + BYTES_PER_WANTED) * this.#wantedBytes;
  }

  #begin(shipment: Shipment, priority: Priority): Promise<void> {
    this.#underWay += 1;
    this.#begunBytes += shipment.size;
    shipment.arrival = this.#fetch(shipment, priority);
    return shipment.arrival;
  }

  async #fetch(shipment: Shipment, priority: Priority): Promise<void> {
    try {
      shipment.isBroken = !(await shipment.fetch(priority));
    } finally {
      this.#underWay -= 1;
      this.#fetchAhead();
    }
  }

  #shipment(id: ActionId, { outputId, size, pack }: SetAction): Shipment {
    const packed = pack === undefined ? undefined : this.#packs[pack];
    if (packed !== undefined) return packed;
    let single = this.#single.get(id);
    if (single === undefined) {
      single = newShipment(
        size,
        async (priority) => (await this.#parts.outputs.output(outputId, priority)) !== undefined,
      );
      this.#single.set(id, single);
    }
    return single;
  }

  /** What the last build used and is not here yet. */
  #inOrderOfUse(): Shipment[] {
    const shipments = new Set<Shipment>();
    for (const [id, action] of this.#set.actions) {
      if (action.idle > 0 || action.outputId === EMPTY_OUTPUT) continue;
      const shipment = this.#shipment(id, action);
      if (shipments.has(shipment)) continue;
      if (this.#parts.disk.output(action.outputId, action.size) === undefined)
        shipments.add(shipment);
    }
    return [...shipments];
  }
}

function newShipment(size: number, fetch: Shipment["fetch"]): Shipment {
  return { size, fetch, isWanted: false, isBroken: false, arrival: undefined };
}
