import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { type ObjectId, objectIdFromBytes } from "./object_id.ts";
import type { Pack } from "./pack.ts";
import { PackWriter } from "./pack_writer.ts";
import type { Repository } from "./repository.ts";

/** Longer entries are copied in pieces of this many bytes. */
const PIECE_LENGTH = 4 * 1024 * 1024;

/** An entry of a pack as it lies there. */
interface EntryRange {
  readonly pack: Pack;
  readonly position: number;
  readonly offset: number;
  readonly length: number;
}

/**
 * Copies entries of several packs of ours into one new pack, as they are. An object that is there several times is
 * copied once for each length that its stream has, since manifests tell these lengths; as a pack has no object twice,
 * the others go to further packs.
 *
 * @param keep whether to copy the entry of row `position` of the pack's index
 * @returns the names of the new packs
 * @throws GomodfsError `STORE` if an entry is damaged; nothing is written then
 */
export async function copyPacks(
  repository: Repository,
  packs: readonly Pack[],
  keep: (pack: Pack, position: number) => boolean,
): Promise<string[]> {
  const names: string[] = [];
  for (const entries of distribute(packs, keep)) {
    names.push(await writePack(repository, [...entries.values()]));
  }
  return names;
}

function distribute(
  packs: readonly Pack[],
  keep: (pack: Pack, position: number) => boolean,
): Map<ObjectId, EntryRange>[] {
  const outputs: Map<ObjectId, EntryRange>[] = [];
  for (const pack of packs) {
    for (const range of entryRanges(pack)) {
      if (keep(pack, range.position)) assign(outputs, range);
    }
  }
  return outputs;
}

function assign(outputs: Map<ObjectId, EntryRange>[], range: EntryRange): void {
  const id = objectIdFromBytes(range.pack.index.id(range.position));
  for (const output of outputs) {
    const other = output.get(id);
    if (other === undefined) {
      output.set(id, range);
      return;
    }
    if (other.length === range.length) return;
  }
  outputs.push(new Map([[id, range]]));
}

/** In the order in which they lie in the pack. */
function entryRanges(pack: Pack): EntryRange[] {
  return Array.from({ length: pack.index.count }, (_, position) => {
    const offset = pack.index.offset(position);
    return { pack, position, offset, length: pack.entryEnd(offset) - offset };
  }).toSorted((a, b) => a.offset - b.offset);
}

async function writePack(repository: Repository, entries: readonly EntryRange[]): Promise<string> {
  const writer = await PackWriter.create(repository, entries.length);
  try {
    for (const { pack, position, offset, length } of entries) {
      const crc = await writer.addLarge(pack.index.id(position), readPieces(pack, offset, length));
      if (crc !== pack.index.crc32(position)) {
        throw new GomodfsError("STORE", `${pack.name}.pack is damaged at offset ${offset}`, {
          hint: "run gomodfs verify",
        });
      }
    }
    return await writer.finish();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

function* readPieces(pack: Pack, offset: number, length: number): Generator<Uint8Array, undefined> {
  for (let done = 0; done < length; done += PIECE_LENGTH) {
    yield pack.read(offset + done, Math.min(PIECE_LENGTH, length - done));
  }
}
