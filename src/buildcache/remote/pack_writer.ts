import { readFile } from "node:fs/promises";
import type { CachedOutput } from "../disk/disk_tier.ts";
import { EMPTY_OUTPUT, type OutputId } from "../identifier.ts";
import type { SetPack } from "./build_set.ts";
import {
  encodePack,
  MAX_PACKED_OUTPUT,
  PACK_BYTES,
  type PackMember,
  packedBytes,
} from "./pack_codec.ts";
import { releaseMemory } from "./release_memory.ts";
import type { Uploader } from "./uploader.ts";

/** A pack that is in the bucket, and what is in it. */
export interface WrittenPack {
  readonly pack: SetPack;
  readonly outputs: readonly OutputId[];
}

/** Whether an output belongs into a pack. */
export function isPackable({ outputId, size }: CachedOutput): boolean {
  return size <= MAX_PACKED_OUTPUT && outputId !== EMPTY_OUTPUT;
}

/** Gathers outputs into packs and writes them to the bucket as they fill, one at a time: little more is in memory. */
export class PackWriter {
  readonly #uploader: Uploader;
  readonly #added = new Set<OutputId>();
  readonly #written: WrittenPack[] = [];
  #gathered: CachedOutput[] = [];
  #gatheredBytes = 0;
  #chain: Promise<void> = Promise.resolve();

  constructor(uploader: Uploader) {
    this.#uploader = uploader;
  }

  /** Takes an output that {@linkcode isPackable}. Its file stays as it is until {@linkcode finish}. */
  add(output: CachedOutput): void {
    if (this.#added.has(output.outputId)) return;
    this.#added.add(output.outputId);
    this.#gathered.push(output);
    this.#gatheredBytes += packedBytes(output.size);
    if (this.#gatheredBytes >= PACK_BYTES) this.#seal();
  }

  /** All packs that are in the bucket now; of those that could not be written, nothing is said. */
  async finish(): Promise<readonly WrittenPack[]> {
    this.#seal();
    await this.#chain;
    return this.#written;
  }

  #seal(): void {
    const outputs = this.#gathered;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    if (outputs.length > 0) this.#chain = this.#chain.then(() => this.#write(outputs));
  }

  async #write(outputs: readonly CachedOutput[]): Promise<void> {
    const members = await readMembers(outputs);
    if (members.length === 0) return;
    const encoded = await encodePack(members);
    for (const { bytes } of members) releaseMemory(bytes);
    if (!(await this.#uploader.pack(encoded))) return;
    this.#written.push({
      pack: { id: encoded.id, size: encoded.size },
      outputs: members.map(({ outputId }) => outputId),
    });
  }
}

/** Outputs that have been removed meanwhile are left out. */
async function readMembers(outputs: readonly CachedOutput[]): Promise<PackMember[]> {
  const members: PackMember[] = [];
  for (const { outputId, size, diskPath } of outputs) {
    const bytes = await readFile(diskPath).catch(() => undefined);
    if (bytes?.length === size) members.push({ outputId, bytes });
  }
  return members;
}
