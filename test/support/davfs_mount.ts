import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { runSuccessfully } from "./program.ts";
import { TemporaryDirectory } from "./temporary_directory.ts";

const DAEMON_MILLISECONDS = 10_000;

/** A mount of a WebDAV server by davfs2, which asks nothing and caches nothing from one mount to the next. */
export class DavfsMount implements AsyncDisposable {
  readonly directory: string;
  readonly #state: TemporaryDirectory;

  private constructor(state: TemporaryDirectory) {
    this.#state = state;
    this.directory = state.join("mnt");
  }

  /** Mounts a URL; by root only. */
  static async mount(url: string): Promise<DavfsMount> {
    const state = new TemporaryDirectory("gomodfs-davfs-");
    const mount = new DavfsMount(state);
    try {
      mkdirSync(mount.directory);
      await makeCacheDirectory(state);
      writeFileSync(state.join("davfs2.conf"), configuration(state.join("cache")));
      const options = `ro,conf=${state.join("davfs2.conf")}`;
      await runSuccessfully(["mount.davfs", "-o", options, url, mount.directory]);
      return mount;
    } catch (error) {
      state[Symbol.dispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Without umount.davfs, which waits some seconds for a daemon that has nothing to write.
    await runSuccessfully(["umount", "-i", this.directory]);
    await this.#daemonEnded();
    this.#state[Symbol.dispose]();
  }

  /** At its end the daemon writes into its cache directory once more. */
  async #daemonEnded(): Promise<void> {
    const name = this.directory.slice(1).replaceAll("/", "-");
    const deadline = Date.now() + DAEMON_MILLISECONDS;
    while (existsSync(`/var/run/mount.davfs/${name}.pid`)) {
      if (Date.now() > deadline) throw new Error(`mount.davfs of ${this.directory} does not end`);
      await sleep(20);
    }
  }
}

/** mount.davfs becomes a user of its own, which must be able to write there. */
async function makeCacheDirectory(state: TemporaryDirectory): Promise<void> {
  const cache = state.join("cache");
  mkdirSync(cache);
  chmodSync(state.path, 0o755);
  chmodSync(cache, 0o775);
  await runSuccessfully(["chgrp", "davfs2", cache]);
}

/** davfs2 before 1.7.2 cannot list directories on Linux 6.16 and later with a smaller buffer than this (in KiB). */
function configuration(cacheDirectory: string): string {
  const settings = {
    cache_dir: cacheDirectory,
    use_locks: 0,
    ask_auth: 0,
    buf_size: 128,
    dir_refresh: 0,
    file_refresh: 0,
    gui_optimize: 0,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name} ${value}\n`)
    .join("");
}
