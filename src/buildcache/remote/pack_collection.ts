import type { OutputId } from "../identifier.ts";
import { type BuildSet, MAX_SET_PACKS, type SetPack } from "./build_set.ts";
import type { WrittenPack } from "./pack_writer.ts";

/** Bytes below which a pack is small. */
const SMALL_PACK = 1 << 20;
/** Small packs of a set; if there were more, they are put together anew. Each build that changes little adds one. */
const MAX_SMALL_PACKS = 8;
/** What part of a pack must still be used. */
const SMALLEST_USE = 0.5;

/** The packs of a set that is being made. */
export class PackCollection {
  readonly #packs: SetPack[] = [];
  readonly #packOf = new Map<OutputId, number>();

  /** The packs of a set of which enough is used still. */
  static worthKeeping(set: BuildSet | undefined, used: ReadonlySet<OutputId>): PackCollection {
    const collection = new PackCollection();
    if (set === undefined) return collection;
    const members = membersOf(set);
    const smallPacks = set.packs.filter(({ size }) => size < SMALL_PACK).length;
    for (const [index, pack] of set.packs.entries()) {
      const outputs = members.get(index) ?? new Map<OutputId, number>();
      const isTooSmall = pack.size < SMALL_PACK && smallPacks > MAX_SMALL_PACKS;
      const isUsed = usedBytes(outputs, used) >= pack.size * SMALLEST_USE;
      if (isUsed && !isTooSmall) collection.#add({ pack, outputs: [...outputs.keys()] });
    }
    return collection;
  }

  /** In the order of their numbers. */
  get packs(): readonly SetPack[] {
    return this.#packs;
  }

  /** The number of the pack that an output is in. */
  packOf(id: OutputId): number | undefined {
    return this.#packOf.get(id);
  }

  add(written: readonly WrittenPack[]): void {
    for (const pack of written) this.#add(pack);
  }

  #add({ pack, outputs }: WrittenPack): void {
    if (this.#packs.length >= MAX_SET_PACKS) return;
    const index = this.#packs.push(pack) - 1;
    for (const id of outputs) this.#packOf.set(id, index);
  }
}

/** The outputs of each pack with their bytes. */
function membersOf({ actions }: BuildSet): ReadonlyMap<number, ReadonlyMap<OutputId, number>> {
  const members = new Map<number, Map<OutputId, number>>();
  for (const { outputId, size, pack } of actions.values()) {
    if (pack === undefined) continue;
    const outputs = members.get(pack) ?? new Map<OutputId, number>();
    outputs.set(outputId, size);
    members.set(pack, outputs);
  }
  return members;
}

function usedBytes(outputs: ReadonlyMap<OutputId, number>, used: ReadonlySet<OutputId>): number {
  let bytes = 0;
  for (const [id, size] of outputs) if (used.has(id)) bytes += size;
  return bytes;
}
