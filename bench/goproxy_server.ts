import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { runSuccessfully } from "../test/support/program.ts";
import { GOMODFS } from "./gomodfs.ts";
import type { Home } from "./home.ts";

/** A GOPROXY in a process of its own. */
export class GoproxyServer implements AsyncDisposable {
  readonly url: string;
  readonly #process: ChildProcess;

  private constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.#process = child;
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** `gomodfs serve` over the store of a home, without a log of requests as the others have none. */
  static async gomodfs({ directory, environment }: Home): Promise<GoproxyServer> {
    const configuration = join(directory, "gomodfs.toml");
    await runSuccessfully([
      "sh",
      "-c",
      'echo "[http]\naccess_log = false" > "$1"',
      "-",
      configuration,
    ]);
    const options = ["--config", configuration, "--http", "127.0.0.1:0", "--log-level", "error"];
    const child = spawn(GOMODFS, ["serve", ...options], {
      env: environment,
      stdio: ["ignore", "pipe", "inherit"],
    });
    return new GoproxyServer(await announcedUrl(child), child);
  }

  /** Go's own file server over the `cache/download` of a GOMODCACHE. */
  static async files({ modcache }: Home, program: string): Promise<GoproxyServer> {
    const child = spawn(program, [join(modcache, "cache/download")], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    return new GoproxyServer(await announcedUrl(child), child);
  }

  /** A goproxy/goproxy binary. */
  static async peer({ directory, environment }: Home, program: string): Promise<GoproxyServer> {
    const address = `127.0.0.1:${await freePort()}`;
    const caches = join(directory, "goproxy");
    mkdirSync(caches, { recursive: true });
    const child = spawn(program, ["server", "--address", address, "--cacher-dir", caches], {
      env: environment,
      stdio: ["ignore", "ignore", "ignore"],
    });
    const url = `http://${address}`;
    while (!(await answers(url))) await sleep(20);
    return new GoproxyServer(url, child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#process, "exit");
    this.#process.kill();
    await ended;
  }
}

async function announcedUrl(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("the server has no standard output");
  for await (const line of createInterface(child.stdout)) {
    const [url] = /http:\/\/[\d.]+:\d+/.exec(line) ?? [];
    if (url !== undefined) return url;
  }
  throw new Error("the server does not start");
}

async function answers(url: string): Promise<boolean> {
  try {
    await fetch(url);
    return true;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port is free");
  return address.port;
}
