import { closeSync, existsSync, openSync, readFileSync, rmSync, utimesSync } from "node:fs";
import { LOCK_EX, tryFlock } from "../../lib/flock.ts";
import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { makeDirectorySync } from "../../lib/make_directory_sync.ts";
import { parseActionRecord } from "./action_record.ts";
import { CautiousRemoval } from "./cautious_removal.ts";
import type { DiskLayout } from "./disk_layout.ts";
import { chooseVictims } from "./eviction.ts";
import { type StoredFile, storedFiles } from "./inventory.ts";
import { findLeftOvers, removeLeftOver } from "./left_over.ts";
import { LiveSessions } from "./live_sessions.ts";

/** What to collect. */
export interface CollectionOptions {
  /** Bytes on the disk that may stay; all of them if undefined. */
  readonly maxBytes: number | undefined;
  /** Milliseconds after its last use at which an output goes; never if undefined. */
  readonly expiry: number | undefined;
  /** Only counts. */
  readonly dryRun?: boolean;
}

/** What was removed, or would be. */
export interface CollectionReport {
  readonly outputs: number;
  /** Records of actions. */
  readonly actions: number;
  /** Temporary files and private directories of processes that have ended. */
  readonly leftOvers: number;
  /** Bytes that outputs and records took on the disk. */
  readonly removedBytes: number;
  readonly keptBytes: number;
  /** Sessions under way, whose outputs stay. */
  readonly sessions: number;
}

/** Keeps the directory of a build cache within its bounds. */
export class GarbageCollector {
  readonly #layout: DiskLayout;
  readonly #sessions: LiveSessions;
  readonly #clock: () => number;

  constructor(layout: DiskLayout, clock: () => number = Date.now) {
    this.#layout = layout;
    this.#sessions = new LiveSessions(layout.sessions);
    this.#clock = clock;
  }

  /**
   * Removes what has expired, what was used least recently while there is too much, and what killed processes left.
   * Nothing goes that a session under way was told of.
   *
   * @throws GomodfsError `BUSY` if another process is at it, `STORE` if the directory is not ours to write
   */
  async collect(options: CollectionOptions): Promise<CollectionReport> {
    if (!existsSync(this.#layout.directory)) return NOTHING;
    const lock = this.#openLock();
    try {
      if (!(await tryFlock(lock, LOCK_EX))) {
        throw new GomodfsError("BUSY", `another process cleans ${this.#layout.directory} up`, {
          hint: "wait for it to end",
        });
      }
      const report = this.#collectAlone(options);
      const seconds = this.#clock() / 1_000;
      if (options.dryRun !== true) utimesSync(this.#layout.collectorLock, seconds, seconds);
      return report;
    } finally {
      closeSync(lock);
    }
  }

  #openLock(): number {
    try {
      return openSync(this.#layout.collectorLock, "a");
    } catch (cause) {
      throw new GomodfsError("STORE", `cannot clean ${this.#layout.directory} up`, {
        hint: "run it as the user who owns the directory, or name another one with --cache-dir",
        cause,
      });
    }
  }

  #collectAlone({ maxBytes, expiry, dryRun = false }: CollectionOptions): CollectionReport {
    const leftOvers = this.#leftOvers();
    if (!dryRun) for (const path of leftOvers) removeLeftOver(path);
    const outputs = [...storedFiles(this.#layout.outputs)];
    const actions = [...storedFiles(this.#layout.actions)];
    const removal = new CautiousRemoval(this.#layout.temporary, this.#sessions, this.#clock());
    const limits = {
      expiredBefore: expiry === undefined ? Number.NEGATIVE_INFINITY : this.#clock() - expiry,
      inUseSince: removal.inUseSince,
    };
    const bound = maxBytes ?? Number.POSITIVE_INFINITY;
    const goingOutputs = chooseVictims(outputs, { ...limits, maxBytes: bound - bytesOf(actions) });
    const goneOutputs = dryRun ? goingOutputs : this.#removeOutputs(goingOutputs, removal);
    const keptOutputBytes = bytesOf(outputs) - bytesOf(goneOutputs);
    const orphans = goneOutputs.length === 0 ? [] : this.#orphans(actions, goneOutputs);
    // Actions that share an output outlive each other with it.
    const orphaned = new Set(orphans);
    const rest = actions.filter((action) => !orphaned.has(action));
    const others = chooseVictims(rest, { ...limits, maxBytes: bound - keptOutputBytes });
    const goneActions = [...orphans, ...others];
    if (!dryRun) for (const { path } of goneActions) rmSync(path, { force: true });
    return {
      outputs: goneOutputs.length,
      actions: goneActions.length,
      leftOvers: leftOvers.length,
      removedBytes: bytesOf(goneOutputs) + bytesOf(goneActions),
      keptBytes: keptOutputBytes + bytesOf(actions) - bytesOf(goneActions),
      sessions: removal.sessions,
    };
  }

  #leftOvers(): readonly string[] {
    const now = this.#clock();
    const { temporary, private: privateDirectory } = this.#layout;
    return [...findLeftOvers(temporary, now), ...findLeftOvers(privateDirectory, now)];
  }

  #removeOutputs(outputs: readonly StoredFile[], removal: CautiousRemoval): StoredFile[] {
    if (outputs.length === 0) return [];
    makeDirectorySync(this.#layout.temporary);
    return outputs.filter((output) => removal.remove(output));
  }

  /** The records whose output is gone. */
  #orphans(actions: readonly StoredFile[], outputs: readonly StoredFile[]): StoredFile[] {
    const gone = new Set(outputs.map(({ path }) => path));
    return actions.filter((action) => {
      const path = this.#outputOf(action);
      return path === undefined || gone.has(path);
    });
  }

  /** Undefined for a record that is damaged. */
  #outputOf(action: StoredFile): string | undefined {
    try {
      const text = readFileSync(action.path, "latin1");
      const record = parseActionRecord(text, () => new Date(action.lastUse));
      return record && this.#layout.output(record.outputId);
    } catch {
      return undefined;
    }
  }
}

const NOTHING: CollectionReport = {
  outputs: 0,
  actions: 0,
  leftOvers: 0,
  removedBytes: 0,
  keptBytes: 0,
  sessions: 0,
};

function bytesOf(files: readonly StoredFile[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}
