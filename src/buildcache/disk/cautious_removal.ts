import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { LAST_USE_PRECISION } from "./disk_tier.ts";
import { type StoredFile, storedFile } from "./inventory.ts";
import type { LiveSession, LiveSessions } from "./live_sessions.ts";

/**
 * Removes outputs under the eyes of sessions that begin and go on meanwhile. A session registers itself before it looks
 * at the first output, and an output that it is told of has a time then that is at most LAST_USE_PRECISION old. So an
 * output is moved aside first: a session that was told of it before has registered by now, or has renewed the output's
 * time, and then the output is put back.
 */
export class CautiousRemoval {
  readonly #temporary: string;
  readonly #live: LiveSessions;
  readonly #known = new Set<string>();
  #inUseSince: number;
  #removed = 0;

  /**
   * @param temporary a directory of the same file system
   * @param now milliseconds since 1970
   */
  constructor(temporary: string, live: LiveSessions, now: number) {
    this.#temporary = temporary;
    this.#live = live;
    this.#inUseSince = now;
    for (const session of live.list(now)) this.#respect(session);
  }

  /** Outputs that were last used at this moment or later may be in use. */
  get inUseSince(): number {
    return this.#inUseSince;
  }

  /** Sessions that are under way. */
  get sessions(): number {
    return this.#known.size;
  }

  /** Removes an output that was not used since it was looked at. @returns whether it is gone */
  remove(output: StoredFile): boolean {
    if (output.lastUse >= this.#inUseSince) return false;
    const aside = join(this.#temporary, `${process.pid}-gc-${this.#removed++}`);
    try {
      renameSync(output.path, aside);
    } catch {
      // Gone already, or not ours.
      return false;
    }
    this.#lookForSessions();
    if (output.lastUse >= this.#inUseSince || storedFile(aside)?.lastUse !== output.lastUse) {
      renameSync(aside, output.path);
      return false;
    }
    rmSync(aside, { force: true });
    return true;
  }

  #lookForSessions(): void {
    if (this.#live.names().every((name) => this.#known.has(name))) return;
    for (const session of this.#live.list(this.#inUseSince)) this.#respect(session);
  }

  #respect({ name, since }: LiveSession): void {
    this.#known.add(name);
    this.#inUseSince = Math.min(this.#inUseSince, since - LAST_USE_PRECISION);
  }
}
