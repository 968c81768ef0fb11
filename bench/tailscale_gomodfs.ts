import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isMounted, unmountNow } from "../test/support/gomodfs_mount.ts";
import { runSuccessfully } from "../test/support/program.ts";
import { TemporaryDirectory } from "../test/support/temporary_directory.ts";
import { makeTestCertificate } from "../test/support/test_certificate.ts";
import type { Home } from "./home.ts";
import { InterceptingProxy } from "./intercepting_proxy.ts";

/** Another program that mounts a GOMODCACHE: tailscale/gomodfs. */
export class TailscaleGomodfs implements AsyncDisposable {
  readonly #binary: string;
  readonly #certificates: TemporaryDirectory;
  readonly #proxy: InterceptingProxy;
  readonly #authorityFile: string;

  private constructor(parts: {
    binary: string;
    certificates: TemporaryDirectory;
    proxy: InterceptingProxy;
    authorityFile: string;
  }) {
    this.#binary = parts.binary;
    this.#certificates = parts.certificates;
    this.#proxy = parts.proxy;
    this.#authorityFile = parts.authorityFile;
  }

  /** @param goproxy the bench's proxy; the peer knows the public one only, so its requests for that are intercepted */
  static async open(binary: string, goproxy: string): Promise<TailscaleGomodfs> {
    const certificates = new TemporaryDirectory("gomodfs-bench-peer-");
    const certificate = makeTestCertificate(certificates, [await publicProxyHost()]);
    const proxy = await InterceptingProxy.start(new URL(goproxy), certificate);
    return new TailscaleGomodfs({
      binary,
      certificates,
      proxy,
      authorityFile: certificate.authorityFile,
    });
  }

  /** Mounts the store of a home, which is where the peer looks for it too. */
  async mount(home: Home): Promise<TailscaleMount> {
    const directory = join(home.directory, "peer");
    const child = spawn(this.#binary, ["-mount", directory], {
      env: {
        ...home.environment,
        HTTPS_PROXY: this.#proxy.url,
        SSL_CERT_FILE: this.#authorityFile,
      },
      stdio: "ignore",
    });
    const mount = new TailscaleMount(directory, child);
    await mount.ready();
    return mount;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#proxy[Symbol.asyncDispose]();
    this.#certificates[Symbol.dispose]();
  }
}

const READY_MILLISECONDS = 10_000;

/** A mount of a {@linkcode TailscaleGomodfs}. */
export class TailscaleMount implements AsyncDisposable {
  readonly directory: string;
  readonly #process: ChildProcess;

  constructor(directory: string, child: ChildProcess) {
    this.directory = directory;
    this.#process = child;
  }

  /** Waits until it is mounted; the peer does not say so in a way that a program could read. */
  async ready(): Promise<void> {
    const deadline = Date.now() + READY_MILLISECONDS;
    while (!isMounted(this.directory)) {
      if (this.#process.exitCode !== null || Date.now() > deadline) {
        throw new Error("tailscale/gomodfs does not mount");
      }
      await sleep(10);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    unmountNow(this.directory);
    if (this.#process.exitCode !== null) return;
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await ended;
  }
}

/** The host of Go's default proxy, which the peer asks whatever GOPROXY says. */
async function publicProxyHost(): Promise<string> {
  const environment = { PATH: process.env["PATH"], HOME: "/nonexistent", GOENV: "off" };
  const setting = await runSuccessfully(["go", "env", "GOPROXY"], { environment });
  return new URL(setting.trim().split(/[,|]/)[0] ?? "").hostname;
}
