import { type FSWatcher, statSync, watch, writeSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { retrieveNothing } from "./notification.ts";
import { isSystemError } from "./system_error.ts";
import { WAKE_FILE_NAME, WAKE_FILE_NODE } from "./wake_file.ts";

/**
 * Wakes a session's thread, which sleeps in read(2) of the device, by a request of the kernel: NOTIFY_REPLY, in answer
 * to FUSE_NOTIFY_RETRIEVE of the wake file. The kernel must have that file in its cache; if it does not, the file is
 * looked at by its path, which brings it back.
 */
export class Waker {
  readonly #device: number;
  readonly #path: string;
  readonly #notification = retrieveNothing(WAKE_FILE_NODE);
  #pin: FSWatcher | undefined;
  #lookingUp = false;
  #failed = false;

  /** @param mountPoint where this process finds the mount */
  constructor(device: number, mountPoint: string) {
    this.#device = device;
    this.#path = join(mountPoint, WAKE_FILE_NAME);
  }

  /** Whether the last attempt failed, since the kernel had forgotten the wake file and its path did not lead to it. */
  get hasFailed(): boolean {
    return this.#failed;
  }

  /** Never waits. If it fails, the thread wakes with the next request. */
  wake(): void {
    if (this.#retrieve() || this.#lookingUp) return;
    this.#lookingUp = true;
    void this.#lookUpAndRetrieve();
  }

  /**
   * Brings the wake file into the kernel's cache, so that {@linkcode wake} need not look it up: a mount in which somebody
   * looks something up is busy and cannot be unmounted.
   */
  async prepare(): Promise<void> {
    try {
      await stat(this.#path);
      // An inotify watch keeps the inode in the cache and yet does not make the mount busy. The path may be gone when
      // the thread is to be stopped: that of another mount namespace ends with the process that it is named after.
      this.#pin = watch(this.#path, { persistent: false });
      this.#pin.on("error", () => {});
    } catch {
      // Without a pin, wake() looks the file up again when the kernel has forgotten it.
    }
  }

  /** Lets the wake file go. */
  close(): void {
    this.#pin?.close();
  }

  /**
   * Wakes the thread in order to stop it, for a process that exits and so cannot wait for anything asynchronous. The
   * thread must be serving, since this one then waits for it.
   *
   * @param requestStop is called right before, when the thread is not needed any more to look the wake file up
   */
  stopSync(requestStop: () => void): void {
    statSync(this.#path, { throwIfNoEntry: false });
    requestStop();
    this.#retrieve();
  }

  /** @returns false if the kernel does not have the wake file in its cache */
  #retrieve(): boolean {
    try {
      writeSync(this.#device, this.#notification);
      return true;
    } catch (error) {
      if (isSystemError(error, "ENOENT")) return false;
      // The session has ended, and its thread with it.
      if (isSystemError(error, "ENODEV", "ENOTCONN", "ECONNABORTED", "ECONNREFUSED")) return true;
      throw error;
    }
  }

  async #lookUpAndRetrieve(): Promise<void> {
    const isThere = await stat(this.#path).then(
      () => true,
      () => false,
    );
    this.#lookingUp = false;
    this.#failed = !isThere || !this.#retrieve();
  }
}
