import { write } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import type { NodeId } from "./file_system.ts";
import { invalidateEntry } from "./notification.ts";
import type { SessionControl } from "./session_control.ts";
import { isSystemError } from "./system_error.ts";

const writeFile = promisify(write);

const QUEUE_LIMIT = 65_536;
const QUIET_INTERVAL_MS = 20;

/**
 * Makes the kernel forget names, one after the other.
 *
 * The kernel takes the parent directory's lock for that, which a lookup in the directory holds until it is answered
 * (fuse_reverse_inval_entry in fs/fuse/dir.c). So the main thread, which settles lookups, must never write this
 * notification itself; and it is written only when no lookup waits, since a thread stuck there cannot even be killed.
 */
export class EntryInvalidations {
  readonly #device: number;
  readonly #control: SessionControl;
  #last: Promise<void> = Promise.resolve();
  #length = 0;
  #closed = false;

  constructor(device: number, control: SessionControl) {
    this.#device = device;
    this.#control = control;
  }

  /** Fulfils when the kernel has forgotten `name` in `parent`, or the session has ended. */
  add(parent: NodeId, name: Uint8Array): Promise<void> {
    if (this.#length >= QUEUE_LIMIT) {
      throw new GomodfsError("BUSY", `${QUEUE_LIMIT} names wait for the kernel to forget them`);
    }
    this.#length++;
    const done = this.#last.then(() => this.#forget(invalidateEntry(parent, name)));
    this.#last = done.then(
      () => void this.#length--,
      () => void this.#length--,
    );
    return done;
  }

  /** Fulfils when nothing is being written any more; the device may then be closed. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
  }

  async #forget(notification: Buffer): Promise<void> {
    while (this.#control.pending > 0 && !this.#closed) await delay(QUIET_INTERVAL_MS);
    if (this.#closed) return;
    try {
      await writeFile(this.#device, notification);
    } catch (error) {
      // The kernel does not have the name, or has ended the session.
      if (!isSystemError(error, "ENOENT", "ENODEV", "ENOTCONN", "ECONNABORTED")) throw error;
    }
  }
}
