import { isGomodfsError } from "../../lib/gomodfs_error.ts";
import type { ObjectBody } from "../../lib/s3/object_bucket.ts";
import { SingleFlight } from "../../lib/single_flight.ts";
import type { Priority } from "../../upstream/module_source.ts";
import type { CachedOutput, DiskTier, OutputWriter } from "../disk/disk_tier.ts";
import { type ActionId, EMPTY_OUTPUT, type OutputId } from "../identifier.ts";
import { type BucketAction, MAX_BUCKET_ACTION_BYTES, parseBucketAction } from "./bucket_action.ts";
import type { BucketLayout } from "./bucket_layout.ts";
import type { GuardedBucket } from "./guarded_bucket.ts";
import type { RemoteCounters } from "./remote_counters.ts";
import type { Warnings } from "./warnings.ts";

/** What a {@linkcode BucketReader} works with. */
export interface BucketReaderParts {
  readonly bucket: GuardedBucket;
  readonly layout: BucketLayout;
  readonly disk: DiskTier;
  readonly counters: RemoteCounters;
  readonly warnings: Warnings;
  /** Is told of an output whose object has other bytes: it should be written anew. */
  readonly onDamaged: (id: OutputId) => void;
}

/** An output in the local tier. */
export interface LocalOutput {
  readonly diskPath: string;
  /** Bytes. */
  readonly size: number;
}

/** Brings actions and outputs from the bucket into the local tier, each once however many ask. */
export class BucketReader {
  readonly #parts: BucketReaderParts;
  readonly #actions = new SingleFlight<CachedOutput | undefined>();
  readonly #outputs = new SingleFlight<LocalOutput | undefined>();

  constructor(parts: BucketReaderParts) {
    this.#parts = parts;
  }

  /** What an action made, in the local tier now; undefined if the bucket lacks it or fails. */
  async action(id: ActionId): Promise<CachedOutput | undefined> {
    return await this.#actions.run(id, async () => {
      // Another session may have brought it while this one looked for its set.
      const present = this.#parts.disk.get(id);
      if (present !== undefined) return present;
      const action = await this.#readAction(id);
      const output = action && (await this.output(action.outputId, "demand"));
      if (action === undefined || output === undefined) return undefined;
      return this.record(id, { ...action, ...output });
    });
  }

  /** Whether the bucket has a record of an action. */
  async hasAction(id: ActionId): Promise<boolean> {
    return (await this.#readAction(id)) !== undefined;
  }

  /** An output, in the local tier now; undefined if the bucket lacks it or fails, or if it is another. */
  async output(id: OutputId, priority: Priority): Promise<LocalOutput | undefined> {
    const present = this.#parts.disk.find(id);
    if (present !== undefined) return present;
    return await this.#outputs.run(id, () => this.#download(id, priority));
  }

  /** Notes in the local tier what an action made. A tier that cannot take it costs the next build time, and no more. */
  record(id: ActionId, output: CachedOutput): CachedOutput | undefined {
    return this.#guarded(output.outputId, () => {
      this.#parts.disk.record(id, output);
      return output;
    });
  }

  /** Keeps an output that came within something else; undefined if its bytes are not those that its id promises. */
  async keep(id: OutputId, bytes: Uint8Array): Promise<LocalOutput | undefined> {
    try {
      return { diskPath: await this.#parts.disk.store(id, bytes), size: bytes.length };
    } catch (error) {
      this.#onLocalFailure(id, error);
      return undefined;
    }
  }

  async #readAction(id: ActionId): Promise<BucketAction | undefined> {
    const { bucket, layout, counters, warnings } = this.#parts;
    const key = layout.action(id);
    const bytes = await bucket.read(key, MAX_BUCKET_ACTION_BYTES, "demand");
    const action = bytes && parseBucketAction(bytes);
    if (bytes !== undefined && action === undefined) {
      counters.add("corruptObjects");
      warnings.once("corrupt", `${key} in the bucket is no action record; it is passed over`);
    }
    return action;
  }

  async #download(id: OutputId, priority: Priority): Promise<LocalOutput | undefined> {
    // A third of all outputs are empty (go build ./core/... of go-ethereum: 373 of 1156).
    if (id === EMPTY_OUTPUT) return await this.keep(id, new Uint8Array());
    const { bucket, layout } = this.#parts;
    return await bucket.receive(layout.output(id), priority, async (body) => {
      const writer = this.#guarded(id, () => this.#parts.disk.create(id, body.size));
      return writer && (await this.#take(id, body, writer));
    });
  }

  /** @throws GomodfsError `UPSTREAM` and the like if the body breaks off */
  async #take(
    id: OutputId,
    body: ObjectBody,
    writer: OutputWriter,
  ): Promise<LocalOutput | undefined> {
    try {
      for await (const piece of body.stream) {
        if (!(piece instanceof Uint8Array)) throw new TypeError("a body is a stream of bytes");
        if (this.#guarded(id, () => writer.write(piece) ?? true) === undefined) return undefined;
      }
    } catch (error) {
      writer.discard();
      throw error;
    }
    return this.#guarded(id, () => ({ diskPath: writer.commit(), size: body.size }));
  }

  /** What the local tier says, and undefined with a warning where it cannot. */
  #guarded<T>(id: OutputId, act: () => T): T | undefined {
    try {
      return act();
    } catch (error) {
      this.#onLocalFailure(id, error);
      return undefined;
    }
  }

  #onLocalFailure(id: OutputId, error: unknown): void {
    const { counters, warnings } = this.#parts;
    if (isGomodfsError(error, "SECURITY")) {
      counters.add("corruptObjects");
      this.#parts.onDamaged(id);
      warnings.once("corrupt", `the bucket is damaged: ${error.message}; it is passed over`);
      return;
    }
    if (!isGomodfsError(error, "STORE")) throw error;
    const cause = error.cause instanceof Error ? `: ${error.cause.message}` : "";
    warnings.once("local", `${error.message}${cause}; what the bucket has is not used`);
  }
}
