import { cpSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { runSuccessfully } from "../test/support/program.ts";
import { TemporaryDirectory } from "../test/support/temporary_directory.ts";
import { type Home, makeHome } from "./home.ts";
import type { Peers } from "./peers.ts";
import { ProxyProcess } from "./proxy_process.ts";

/** How modules come: over the loopback as it is, or as slowly as from a proxy in another country. */
export type Link = "loopback" | "far";

/** 50 ms until an answer begins, and 100 Mbit/s a connection. */
const FAR = { latency: 50, bytesPerSecond: 12_500_000 };

/** What the workloads share: proxies in processes of their own, fresh homes, and a place for what takes long to make. */
export class Bench implements AsyncDisposable {
  readonly peers: Peers;
  readonly #proxies: Readonly<Record<Link, ProxyProcess>>;
  /** Nothing in it is removed before the end: after large removals ext4 makes files slowly for minutes. */
  readonly #directory = new TemporaryDirectory("gomodfs-bench-");
  readonly #done = new Map<string, Promise<void>>();
  #goHome: Promise<Home> | undefined;
  readonly #sharedHomes = new Map<string, Home>();
  #homes = 0;

  private constructor(proxies: Readonly<Record<Link, ProxyProcess>>, peers: Peers) {
    this.#proxies = proxies;
    this.peers = peers;
    // A run that is broken off never reaches its end, and has written gigabytes.
    process.once("exit", () => this.#directory[Symbol.dispose]());
  }

  /** @param openPeers is given the GOPROXY that all contenders use */
  static async start(openPeers: (goproxy: string) => Promise<Peers>): Promise<Bench> {
    await using stack = new AsyncDisposableStack();
    const loopback = stack.use(await ProxyProcess.start());
    const far = stack.use(await ProxyProcess.start(FAR));
    const bench = new Bench({ loopback, far }, await openPeers(loopback.url));
    stack.move();
    return bench;
  }

  /** A file or directory that outlives the run, since it takes long to make. */
  static cached(name: string): string {
    const cache = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
    const directory = join(cache, "gomodfs-bench");
    mkdirSync(directory, { recursive: true });
    return join(directory, name);
  }

  /** A new home that neither Go nor gomodfs has ever been used in. */
  newHome(link: Link = "loopback"): Home {
    this.#homes++;
    return makeHome(this.#directory.join(String(this.#homes)), this.#proxies[link].url);
  }

  /**
   * A new home in which Go has been used, but never for a module: the standard library is indexed in its build cache.
   * Cold measurements begin with it.
   */
  async newGoHome(link: Link = "loopback"): Promise<Home> {
    this.#goHome ??= this.#makeGoHome();
    const { directory } = await this.#goHome;
    const home = this.newHome(link);
    cpSync(directory, home.directory, { recursive: true });
    return home;
  }

  /** A home that several workloads share under a name. */
  sharedHome(name: string): Home {
    const home = this.#sharedHomes.get(name) ?? this.newHome();
    this.#sharedHomes.set(name, home);
    return home;
  }

  /** Does what several workloads need when the first of them asks, and not again in this run. */
  async once(name: string, work: () => Promise<void>): Promise<void> {
    const done = this.#done.get(name) ?? work();
    this.#done.set(name, done);
    await done;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.peers.gomodfs?.[Symbol.asyncDispose]();
    for (const proxy of Object.values(this.#proxies)) await proxy[Symbol.asyncDispose]();
    this.#directory[Symbol.dispose]();
  }

  async #makeGoHome(): Promise<Home> {
    const home = this.newHome();
    await runSuccessfully(["go", "list", "std"], { environment: home.environment });
    return home;
  }
}
