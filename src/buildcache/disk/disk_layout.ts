import { join } from "node:path";
import type { ActionId, OutputId } from "../identifier.ts";

/**
 * Where things are in the directory of a build cache: `action/xx/ACTION-ID` says which output belongs to an action,
 * `output/xx/OUTPUT-ID` is the output itself; xx are the first two digits. go-cache-plugin's directories and buckets are
 * laid out alike.
 */
export class DiskLayout {
  readonly directory: string;

  /** @param directory absolute */
  constructor(directory: string) {
    this.directory = directory;
  }

  get actions(): string {
    return join(this.directory, "action");
  }

  get outputs(): string {
    return join(this.directory, "output");
  }

  /** What is being written, until it is renamed into its place. */
  get temporary(): string {
    return join(this.directory, "tmp");
  }

  /** A file for each session under way: what it was told of must stay. */
  get sessions(): string {
    return join(this.directory, "session");
  }

  /** What sessions put that may not write: a directory each. */
  get private(): string {
    return join(this.directory, "private");
  }

  /** Locked by whoever removes outputs; its time is when that was last done. */
  get collectorLock(): string {
    return join(this.directory, "gc.lock");
  }

  action(id: ActionId): string {
    return `${this.directory}/action/${id.slice(0, 2)}/${id}`;
  }

  /** Without an extension: the go command takes what has one for something else (golang/go#74484). */
  output(id: OutputId): string {
    return `${this.directory}/output/${id.slice(0, 2)}/${id}`;
  }
}
