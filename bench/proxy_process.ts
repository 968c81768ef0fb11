import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { TrafficShape } from "../test/support/traffic_shaping.ts";

const SCRIPT = new URL("../test/support/replay_proxy.ts", import.meta.url).pathname;

/** A replay proxy in a process of its own, so that its work is not done by who measures. */
export class ProxyProcess implements AsyncDisposable {
  /** To be used as GOPROXY. */
  readonly url: string;
  readonly #process: ChildProcess;

  private constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.#process = child;
  }

  static async start({ latency, bytesPerSecond }: TrafficShape = {}): Promise<ProxyProcess> {
    const options = [
      ...(latency === undefined ? [] : ["--latency", String(latency)]),
      ...(bytesPerSecond === undefined ? [] : ["--bytes-per-second", String(bytesPerSecond)]),
    ];
    const child = spawn(process.execPath, [SCRIPT, ...options], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    return new ProxyProcess(await firstLine(child.stdout), child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#process, "exit");
    this.#process.kill();
    await ended;
  }
}

async function firstLine(stream: Readable): Promise<string> {
  for await (const line of createInterface(stream)) return line;
  throw new Error("the replay proxy does not start");
}
