import { execFile } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { chmod, mkdtemp, realpath, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { mount } from "../mount.ts";
import type { MountOptions } from "../mount_options.ts";
import { findMount, readMountTable } from "../mount_table.ts";
import { type FuseSession, startSession } from "../session.ts";
import { unmount } from "../unmount.ts";
import type { Release, Wait } from "./memory_worker.ts";

/** Runs a program without blocking this thread, which the mount may need. */
export const run = promisify(execFile);

/** What `action` fails with; "" if it does not. May be awaited later than the failure comes. */
export function failureOf(action: Promise<unknown>): Promise<string> {
  return action.then(
    () => "",
    (error: unknown) => String(error),
  );
}

/** A new directory for everybody to enter, to mount at. */
export async function makeMountPoint(): Promise<string> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), "gomodfs-fuse-")));
  await chmod(directory, 0o755);
  return directory;
}

/** Unmounts whatever is mounted at `directory`, however stale, and removes the directory. */
export async function removeMountPoint(directory: string): Promise<void> {
  while (findMount(await readMountTable(), directory) !== undefined) {
    await unmount(directory, { lazy: true });
  }
  await rmdir(directory);
}

/** The tree of memory_tree.ts, mounted and served. */
export class MountedMemory implements AsyncDisposable {
  readonly directory: string;
  readonly session: FuseSession<Release>;
  readonly #waits: Wait[] = [];
  readonly #events = new EventEmitter();
  /** What the file system threw. */
  readonly errors: string[] = [];

  private constructor(directory: string, device: number) {
    this.directory = directory;
    this.session = startSession<Wait, Release>({
      device,
      mountPoint: directory,
      worker: new URL("./memory_worker.ts", import.meta.url),
      data: undefined,
      onMessage: (wait) => {
        this.#waits.push(wait);
        this.#events.emit("wait");
      },
      onError: ({ message }) => this.errors.push(message),
    });
  }

  static async open(options?: MountOptions): Promise<MountedMemory> {
    const directory = await makeMountPoint();
    try {
      const { device } = await mount(directory, options);
      const mounted = new MountedMemory(directory, device);
      await mounted.session.ready;
      return mounted;
    } catch (error) {
      await removeMountPoint(directory);
      throw error;
    }
  }

  path(...names: readonly string[]): string {
    return join(this.directory, ...names);
  }

  /** The next `count` lookups that wait. */
  async waits(count: number): Promise<Wait[]> {
    while (this.#waits.length < count) await once(this.#events, "wait");
    return this.#waits.splice(0, count);
  }

  /** Lets a waiting lookup find a file. */
  release({ ticket, name }: Wait, content = name): void {
    this.session.post({ name, content: Buffer.from(content) });
    this.session.settle(ticket);
  }

  /** How many requests of `opcode`, or of any but those that wake the thread, came while `action` ran. */
  async requestsDuring(action: () => Promise<unknown>, opcode?: string): Promise<number> {
    const before = this.#requests(opcode);
    await action();
    return this.#requests(opcode) - before;
  }

  #requests(opcode?: string): number {
    const counts = this.session.requestCounts();
    if (opcode !== undefined) return counts.get(opcode) ?? 0;
    return counts.entries().reduce((sum, [name, count]) => sum + (name === "NOTIFY_REPLY" ? 0 : count), 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await removeMountPoint(this.directory);
    await this.session.stop();
  }
}
