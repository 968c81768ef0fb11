import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { access, mkdir, rename, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { withFileLock } from "./file_lock.ts";
import { runSuccessfully } from "./program.ts";
import { TemporaryDirectory } from "./temporary_directory.ts";
import type { TestCertificate } from "./test_certificate.ts";

const program = "github.com/versity/versitygw/cmd/versitygw";
const version = "v1.8.0";
/** Milliseconds: a minute where Go's caches have nothing of it, and more on a busy machine. */
const buildTimeout = 300_000;
const startTimeout = 20_000;
const pollMilliseconds = 20;
/** Another process may take a free port before the server does. */
const startAttempts = 3;

/** How to start an {@linkcode S3Server}. */
export interface S3ServerOptions {
  /** `test-bucket` unless given. */
  readonly bucket?: string;
  /** The region that requests must be signed for; `us-east-1` unless given. */
  readonly region?: string;
  /** Speaks TLS with this certificate. */
  readonly certificate?: TestCertificate;
  /** Takes `BUCKET.DOMAIN` for a bucket; no path names one then. */
  readonly virtualDomain?: string;
}

/**
 * A real S3 server (versitygw) on 127.0.0.1 with one bucket, which verifies signatures. It ends, and everything in it is
 * removed, with the test: `await using server = await S3Server.start()`.
 */
export class S3Server implements AsyncDisposable {
  readonly accessKeyId = "TESTACCESSKEYID";
  readonly secretAccessKey = "test/secret+access=key";
  readonly bucket: string;
  readonly region: string;
  readonly port: number;
  readonly #scheme: "http" | "https";
  readonly #directory = new TemporaryDirectory("gomodfs-test-s3-");
  readonly #process: ChildProcess;

  private constructor(options: S3ServerOptions, port: number, binary: string) {
    this.bucket = options.bucket ?? "test-bucket";
    this.region = options.region ?? "us-east-1";
    this.port = port;
    this.#scheme = options.certificate === undefined ? "http" : "https";
    mkdirSync(this.path(), { recursive: true });
    mkdirSync(this.#directory.join("metadata"));
    this.#process = spawn(binary, this.#arguments(options), {
      env: { ROOT_ACCESS_KEY: this.accessKeyId, ROOT_SECRET_KEY: this.secretAccessKey },
      stdio: "ignore",
    });
    // A test run that dies takes the server along.
    process.once("exit", this.#kill);
  }

  /** Starts one. The first on a machine builds the program, whose module comes through the machine's GOPROXY. */
  static async start(options: S3ServerOptions = {}): Promise<S3Server> {
    const binary = await serverBinary();
    for (let attempt = 1; ; attempt += 1) {
      const server = new S3Server(options, await freePort(), binary);
      try {
        await server.#untilReady();
        return server;
      } catch (error) {
        await server[Symbol.asyncDispose]();
        if (attempt === startAttempts) throw error;
      }
    }
  }

  /** `http://127.0.0.1:PORT`; `host` replaces the address, for names that a proxy leads here. */
  endpoint(host = "127.0.0.1"): string {
    return `${this.#scheme}://${host}:${this.port}`;
  }

  /** What a client finds in its environment: endpoint, region and keys. */
  get environment(): Readonly<Record<string, string>> {
    return {
      AWS_ENDPOINT_URL_S3: this.endpoint(),
      AWS_REGION: this.region,
      AWS_ACCESS_KEY_ID: this.accessKeyId,
      AWS_SECRET_ACCESS_KEY: this.secretAccessKey,
    };
  }

  /** The file that holds an object; the bucket's directory if none is named. */
  path(...names: readonly string[]): string {
    return this.#directory.join("data", this.bucket, ...names);
  }

  /** Ends the server in mid-course, as a crash would. */
  async kill(): Promise<void> {
    if (this.#hasEnded) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#process.once("exit", () => resolve());
    this.#kill();
    await promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    process.off("exit", this.#kill);
    this.#directory[Symbol.dispose]();
  }

  readonly #kill = (): void => {
    this.#process.kill("SIGKILL");
  };

  get #hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  #arguments({ certificate, virtualDomain }: S3ServerOptions): string[] {
    const listening = ["--port", `127.0.0.1:${this.port}`, "--region", this.region];
    // Beside the objects: not every place for temporary files has extended attributes.
    const metadata = ["--sidecar", this.#directory.join("metadata")];
    return [
      ...listening,
      "--quiet",
      "--keep-alive",
      ...(certificate === undefined ? [] : this.#certificateArguments(certificate)),
      ...(virtualDomain === undefined ? [] : ["--virtual-domain", virtualDomain]),
      "posix",
      ...metadata,
      this.#directory.join("data"),
    ];
  }

  #certificateArguments({ cert, key }: TestCertificate): string[] {
    const certFile = this.#directory.join("server.pem");
    const keyFile = this.#directory.join("server.key");
    writeFileSync(certFile, cert);
    writeFileSync(keyFile, key);
    return ["--cert", certFile, "--key", keyFile];
  }

  async #untilReady(): Promise<void> {
    const { promise: failed, reject } = Promise.withResolvers<never>();
    this.#process.once("error", reject);
    this.#process.once("exit", (code) => reject(new Error(`versitygw ended with ${code}`)));
    await Promise.race([untilListening(this.port), failed]);
  }
}

/** The path of the server's program, built once and shared by all tests of this machine. */
async function serverBinary(): Promise<string> {
  const { GOMODFS_TEST_CACHE, XDG_CACHE_HOME } = process.env;
  const cache = XDG_CACHE_HOME || join(homedir(), ".cache");
  const directory = join(GOMODFS_TEST_CACHE || join(cache, "gomodfs-test"), "bin");
  const binary = join(directory, `versitygw-${version}`);
  if (await exists(binary)) return binary;
  await mkdir(directory, { recursive: true });
  await withFileLock(`${binary}.lock`, async () => {
    if (!(await exists(binary))) await build(binary);
  });
  return binary;
}

async function build(binary: string): Promise<void> {
  const directory = `${binary}.building`;
  await rm(directory, { recursive: true, force: true });
  await runSuccessfully(["go", "install", `${program}@${version}`], {
    environment: { ...process.env, GOBIN: directory, GOFLAGS: "", GOTOOLCHAIN: "auto" },
    timeout: buildTimeout,
  });
  await rename(join(directory, "versitygw"), binary);
  await rm(directory, { recursive: true });
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

async function freePort(): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const server = createServer().listen(0, "127.0.0.1", resolve);
  await promise;
  const address = server.address();
  server.close();
  if (typeof address !== "object" || address === null) throw new Error("no port is free");
  return address.port;
}

async function untilListening(port: number): Promise<void> {
  const deadline = performance.now() + startTimeout;
  while (!(await isListening(port))) {
    if (performance.now() > deadline) throw new Error(`nothing listens on ${port}`);
    await sleep(pollMilliseconds);
  }
}

async function isListening(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, "127.0.0.1", () => resolve(true));
  socket.once("error", () => resolve(false));
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}
