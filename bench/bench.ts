import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { Environment } from "../test/support/program.ts";
import { TemporaryDirectory } from "../test/support/temporary_directory.ts";
import type { Peer } from "./peer.ts";

/** What the workloads share: a proxy in a process of its own, fresh homes, and a place for what takes long to make. */
export class Bench implements AsyncDisposable {
  /** The GOPROXY that all contenders use. */
  readonly proxy: string;
  readonly peer: Peer | undefined;
  readonly #proxyProcess: ChildProcess;
  /** Nothing in it is removed before the end: after large removals ext4 makes files slowly for minutes. */
  readonly #directory: TemporaryDirectory;
  #homes = 0;

  private constructor(parts: {
    proxy: string;
    proxyProcess: ChildProcess;
    directory: TemporaryDirectory;
    peer: Peer | undefined;
  }) {
    this.proxy = parts.proxy;
    this.peer = parts.peer;
    this.#proxyProcess = parts.proxyProcess;
    this.#directory = parts.directory;
  }

  static async start(openPeer: (proxy: string) => Promise<Peer | undefined>): Promise<Bench> {
    const script = new URL("../test/support/replay_proxy.ts", import.meta.url).pathname;
    const proxyProcess = spawn(process.execPath, [script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const proxy = await firstLine(proxyProcess.stdout);
    const peer = await openPeer(proxy);
    return new Bench({
      proxy,
      proxyProcess,
      directory: new TemporaryDirectory("gomodfs-bench-"),
      peer,
    });
  }

  /** A file or directory that outlives the run, since it takes long to make. */
  static cached(name: string): string {
    const cache = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
    const directory = join(cache, "gomodfs-bench");
    mkdirSync(directory, { recursive: true });
    return join(directory, name);
  }

  /** A new home directory, and the environment of a user who has it. */
  newHome(): Home {
    this.#homes++;
    return makeHome(this.#directory.join(String(this.#homes)), this.proxy);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.peer?.[Symbol.asyncDispose]();
    const ended = once(this.#proxyProcess, "exit");
    this.#proxyProcess.kill();
    await ended;
    this.#directory[Symbol.dispose]();
  }
}

async function firstLine(stream: Readable): Promise<string> {
  for await (const line of createInterface(stream)) return line;
  throw new Error("the replay proxy does not start");
}

/** A home directory that Go and gomodfs have never been used in. */
export interface Home {
  readonly directory: string;
  readonly environment: Environment;
  /** GOMODCACHE, and the directory of gomodfs's store, where both are by default. */
  readonly modcache: string;
  readonly store: string;
}

function makeHome(directory: string, proxy: string): Home {
  mkdirSync(directory, { recursive: true });
  return {
    directory,
    modcache: join(directory, "go/pkg/mod"),
    store: join(directory, ".cache/gomodfs"),
    environment: {
      PATH: process.env["PATH"],
      HOME: directory,
      XDG_CACHE_HOME: join(directory, ".cache"),
      XDG_CONFIG_HOME: join(directory, ".config"),
      GOPROXY: proxy,
      GOTOOLCHAIN: "local",
      GOFLAGS: "-buildvcs=false",
    },
  };
}
