import { PROCEDURE_COUNT, Status } from "./nfs_constants.ts";

/** What NFS was asked for. */
export interface NfsCounts {
  /** Calls answered, by the number of their procedure. */
  readonly calls: readonly number[];
  /** Calls answered with a failure, by its `nfsstat3`. */
  readonly failures: ReadonlyMap<number, number>;
  /** Calls that had to wait for a fetch. */
  readonly deferrals: number;
  /** Bytes of the answers to READ. */
  readonly readBytes: number;
}

/** Counts what NFS is asked for. */
export class NfsCounters {
  readonly #calls = Array.from({ length: PROCEDURE_COUNT }, () => 0);
  readonly #failures = new Map<number, number>();
  #deferrals = 0;
  #readBytes = 0;

  answered(procedure: number, status: number): void {
    this.#calls[procedure] = (this.#calls[procedure] ?? 0) + 1;
    if (status !== Status.OK) {
      this.#failures.set(status, (this.#failures.get(status) ?? 0) + 1);
    }
  }

  deferred(): void {
    this.#deferrals += 1;
  }

  read(bytes: number): void {
    this.#readBytes += bytes;
  }

  get(): NfsCounts {
    return {
      calls: [...this.#calls],
      failures: new Map(this.#failures),
      deferrals: this.#deferrals,
      readBytes: this.#readBytes,
    };
  }
}
