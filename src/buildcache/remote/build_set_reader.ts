import { isGomodfsError } from "../../lib/gomodfs_error.ts";
import { SingleFlight } from "../../lib/single_flight.ts";
import type { Priority } from "../../upstream/module_source.ts";
import type { BucketReader, BucketReaderParts } from "./bucket_reader.ts";
import type { BuildSet, SetPack } from "./build_set.ts";
import { decodeBuildSet, MAX_ENCODED_SET_BYTES } from "./build_set_codec.ts";
import type { BuildSetKey } from "./build_set_key.ts";
import { decodePack, MAX_PACK_BYTES, type PackMember } from "./pack_codec.ts";
import { readObject } from "./read_object.ts";
import { releaseMemory } from "./release_memory.ts";

/** Outputs of a pack that are written at once. */
const LANES = 4;

/** Reads sets, and brings their packs into the local tier, each once however many sessions want it. */
export class BuildSetReader {
  readonly #parts: BucketReaderParts;
  readonly #outputs: BucketReader;
  readonly #packs = new SingleFlight<boolean>();

  constructor(parts: BucketReaderParts, outputs: BucketReader) {
    this.#parts = parts;
    this.#outputs = outputs;
  }

  /** The set of the first of these keys that has one; all are asked for at once. */
  async find(keys: readonly BuildSetKey[]): Promise<BuildSet | undefined> {
    const found = keys.map((key) => this.#read(key));
    for (const set of found) {
      const candidate = await set;
      if (candidate !== undefined) return candidate;
    }
    return undefined;
  }

  /** Puts what a pack holds into the local tier, but for what is damaged. @returns whether all of it is there */
  async unpack({ id, size }: SetPack, priority: Priority): Promise<boolean> {
    return await this.#packs.run(id, async () => {
      const key = this.#parts.layout.pack(id);
      using pack = await this.#decoded(key, MAX_PACK_BYTES, priority, (bytes) =>
        decodePack(bytes, size),
      );
      if (pack === undefined) return false;
      let isWhole = true;
      const missing = pack.members.values().filter((member) => !this.#isHere(member));
      const lanes = Array.from({ length: LANES }, async () => {
        for (const { outputId, bytes } of missing) {
          if ((await this.#outputs.keep(outputId, bytes)) === undefined) isWhole = false;
        }
      });
      await Promise.all(lanes);
      return isWhole;
    });
  }

  #isHere({ outputId, bytes }: PackMember): boolean {
    return this.#parts.disk.output(outputId, bytes.length) !== undefined;
  }

  async #read(key: BuildSetKey): Promise<BuildSet | undefined> {
    const object = this.#parts.layout.buildSet(key);
    return await this.#decoded(object, MAX_ENCODED_SET_BYTES, "demand", decodeBuildSet);
  }

  async #decoded<T>(
    key: string,
    maxBytes: number,
    priority: Priority,
    decode: (bytes: Uint8Array) => Promise<T>,
  ): Promise<T | undefined> {
    const { bucket, counters, warnings } = this.#parts;
    const bytes = await bucket.receive(key, priority, (body) => readObject(body, key, maxBytes));
    try {
      if (bytes === undefined) return undefined;
      const decoded = await decode(bytes);
      releaseMemory(bytes);
      return decoded;
    } catch (error) {
      if (!isGomodfsError(error, "PROTOCOL")) throw error;
      counters.add("corruptObjects");
      warnings.once("corrupt", `${key} in the bucket: ${error.message}; it is passed over`);
      return undefined;
    }
  }
}
