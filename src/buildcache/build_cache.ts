import type { CachedOutput, OutputWriter } from "./disk/disk_tier.ts";
import type { ActionId, OutputId } from "./identifier.ts";

/** What a build step made and where it is, as a build cache gives it. */
export type { CachedOutput, OutputWriter } from "./disk/disk_tier.ts";

/** A build cache as one go command sees it. */
export interface BuildCache {
  /**
   * What an action made; undefined if nobody knows. Answered at once where that is possible: a warm build asks hundreds
   * of times, one after the other.
   */
  get(id: ActionId): CachedOutput | undefined | Promise<CachedOutput | undefined>;
  /** Begins to take an output in. @throws GomodfsError `STORE` */
  put(put: OutputPut): PendingPut;
  /** The go command needs nothing any more; fulfils when what must be done before it goes on is done. */
  close(): Promise<void>;
}

/** An output on its way in. */
export interface OutputPut {
  readonly actionId: ActionId;
  readonly outputId: OutputId;
  /** Bytes. */
  readonly size: number;
}

/** Takes the bytes of a put; `commit` also notes which action they belong to. */
export type PendingPut = OutputWriter;
