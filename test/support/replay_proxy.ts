import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { LRUCache } from "lru-cache";
import type { ModulePath, ModuleVersion } from "../../src/module/module_version.ts";
import { parseModuleVersion } from "../../src/module/path.ts";
import { compare } from "../../src/module/semver.ts";
import { type AnswerFault, AnswerFaults, damagedBody, sendBody } from "./answer_fault.ts";
import { type ModuleFiles, madeUpModule, modulePrefix, versionPath } from "./made_up_module.ts";
import { RecordedAnswers } from "./recorded_answers.ts";
import { Registry } from "./registry.ts";
import { type TrafficShape, TrafficShaper } from "./traffic_shaping.ts";

/** How to start a {@linkcode ReplayProxy}. */
export interface ReplayProxyOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Where answers are recorded; $GOMODFS_TEST_CACHE, else `gomodfs-test/proxy` in the user's cache directory. */
  readonly cacheDirectory?: string;
  /** False: what is neither recorded nor made up is answered 404 without asking anybody. */
  readonly record?: boolean;
  /** Answers seem to come from far away; at once and as fast as the loopback is unless given. */
  readonly shape?: TrafficShape;
}

/** An answer that a test makes up. */
export interface MadeUpAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | { readonly file: string; readonly size: number };
}

/** Answers up to this size are kept in memory once sent: a bench asks for the same ones many times. */
const maxCachedFile = 64 << 20;
const maxCachedBytes = 512 << 20;
/** Bytes that are read from a file at a time. */
const highWaterMark = 1 << 20;

/**
 * A module proxy and checksum database on 127.0.0.1 for tests and benchmarks. It gives what the machine's own GOPROXY
 * gave once, and modules and answers that a test makes up; on request slowly, incompletely or damaged.
 */
export class ReplayProxy implements AsyncDisposable {
  /** Number of requests for each path. */
  readonly requests = new Map<string, number>();
  readonly #server: Server;
  readonly #recorded: RecordedAnswers | undefined;
  readonly #registry: Registry | undefined;
  readonly #made = new Map<string, Answer>();
  readonly #madeModules = new Map<ModulePath, ModuleVersion["version"][]>();
  readonly #faults = new AnswerFaults();
  readonly #shaper: TrafficShaper;
  readonly #cache = new LRUCache<string, Buffer>({
    maxSize: maxCachedBytes,
    sizeCalculation: (body) => body.length + 1,
  });

  constructor(options: ReplayProxyOptions) {
    this.#shaper = new TrafficShaper(options.shape ?? {});
    if (options.record !== false) {
      const registry = new Registry(process.env);
      this.#registry = registry;
      this.#recorded = new RecordedAnswers(
        options.cacheDirectory ?? defaultCacheDirectory(),
        async (path, spool) => await registry.ask(path, spool),
      );
    }
    this.#server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
      this.#serve(request, response).catch((error: unknown) =>
        failVisibly(request, response, error),
      );
    });
  }

  /** `http://127.0.0.1:PORT`, to be used as GOPROXY. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get port(): number {
    const address = this.#server.address();
    return isAddressInfo(address) ? address.port : 0;
  }

  /** Number of requests whose path matches. */
  requestsMatching(pattern: RegExp): number {
    let sum = 0;
    for (const [path, count] of this.requests) if (pattern.test(path)) sum += count;
    return sum;
  }

  /** Makes up a version of a module, and with it the module's list and latest version. */
  addModule(path: string, version: string, files: ModuleFiles): ModuleVersion {
    const id = parseModuleVersion(path, version);
    const { info, goMod, zip } = madeUpModule(id, files);
    const base = versionPath(id);
    this.set(`${base}.info`, info);
    this.set(`${base}.mod`, goMod);
    this.set(`${base}.zip`, zip);
    const versions = [...(this.#madeModules.get(id.path) ?? []), id.version].sort(compare);
    this.#madeModules.set(id.path, versions);
    this.set(`${modulePrefix(id.path)}/@v/list`, versions.map((text) => `${text}\n`).join(""));
    if (versions.at(-1) === id.version) this.set(`${modulePrefix(id.path)}/@latest`, info);
    return id;
  }

  /** Makes up the answer for one path, for example a hostile one. */
  set(path: string, answer: MadeUpAnswer | string | Uint8Array): void {
    const made: MadeUpAnswer =
      typeof answer === "string" || answer instanceof Uint8Array ? { body: answer } : answer;
    this.#made.set(path, {
      status: made.status ?? 200,
      headers: { "content-type": contentType(path), ...made.headers },
      body: Buffer.from(made.body ?? ""),
    });
  }

  /** Lets something go wrong; the function returned ends it. */
  addFault(fault: AnswerFault): () => void {
    return this.#faults.add(fault);
  }

  async listen(port: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once("error", reject);
    this.#server.listen(port, "127.0.0.1", resolve);
    await promise;
  }

  /** Breaks all connections and ends. */
  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeAllConnections();
    await Promise.all([promise, this.#registry?.close()]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = pathOf(request);
    this.requests.set(path, (this.requests.get(path) ?? 0) + 1);
    const fault = this.#faults.take(path);
    if (fault?.delay !== undefined) await sleep(fault.delay);
    await this.#shaper.begin();
    if (fault?.status !== undefined) {
      const headers = { "content-type": "text/plain", ...fault.headers };
      response.writeHead(fault.status, headers).end(fault.reason ?? "");
    } else {
      const answer = await this.#answer(path);
      if (request.method === "HEAD") writeHead(response, answer).end();
      else if (fault === undefined) await this.#send(request, response, answer);
      else await sendDamaged(response, answer, fault);
    }
  }

  async #send(request: IncomingMessage, response: ServerResponse, answer: Answer): Promise<void> {
    writeHead(response, answer);
    const { body } = answer;
    const bytes = Buffer.isBuffer(body) ? body : createReadStream(body.file, { highWaterMark });
    // A response waits for its socket while an earlier one is under way; the request knows it from the beginning.
    await this.#shaper.send(response, request.socket, bytes);
  }

  async #answer(path: string): Promise<Answer> {
    const made = this.#made.get(path);
    if (made !== undefined) return made;
    const headers = { "content-type": contentType(path) };
    const cached = this.#cache.get(path);
    if (cached !== undefined) return { status: 200, headers, body: cached };
    if (this.#recorded === undefined || this.#isMadeUp(path)) return absent(404, "not found");
    const recorded = await this.#recorded.get(path);
    if (recorded.kind === "absent") return absent(recorded.status, recorded.reason);
    if (recorded.size > maxCachedFile) return { status: 200, headers, body: recorded };
    const body = await readFile(recorded.file);
    this.#cache.set(path, body);
    return { status: 200, headers, body };
  }

  /** Whether a path is about a module that exists here only: nobody else is to be asked about it. */
  #isMadeUp(path: string): boolean {
    return [...this.#madeModules.keys()].some((module) =>
      path.startsWith(`${modulePrefix(module)}/@`),
    );
  }
}

/** Starts a {@linkcode ReplayProxy}. */
export async function startReplayProxy(options: ReplayProxyOptions = {}): Promise<ReplayProxy> {
  const proxy = new ReplayProxy(options);
  await proxy.listen(options.port ?? 0);
  return proxy;
}

function writeHead(
  response: ServerResponse,
  { status, headers, body }: Answer,
  further: Readonly<Record<string, string>> = {},
): ServerResponse {
  const size = Buffer.isBuffer(body) ? body.length : body.size;
  const length = "transfer-encoding" in headers ? {} : { "content-length": size };
  return response.writeHead(status, { ...length, ...headers, ...further });
}

async function sendDamaged(
  response: ServerResponse,
  answer: Answer,
  fault: Partial<AnswerFault>,
): Promise<void> {
  const body = Buffer.isBuffer(answer.body) ? answer.body : await readFile(answer.body.file);
  writeHead(response, answer, fault.headers);
  await sendBody(response, damagedBody(body, fault), fault);
}

function defaultCacheDirectory(): string {
  const { GOMODFS_TEST_CACHE, XDG_CACHE_HOME } = process.env;
  if (GOMODFS_TEST_CACHE) return GOMODFS_TEST_CACHE;
  return join(XDG_CACHE_HOME || join(homedir(), ".cache"), "gomodfs-test", "proxy");
}

function isAddressInfo(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === "object" && address !== null;
}

/** The decoded path of a request. */
function pathOf(request: IncomingMessage): string {
  // The URL parser resolves "." and "..", however they are spelled; what is left stays below the root.
  const { pathname } = new URL(request.url ?? "/", "http://127.0.0.1");
  const path = decodeURIComponent(pathname);
  if (path.includes("\0") || path.split("/").includes(".."))
    throw new Error("a path leads outside");
  return path;
}

function absent(status: number, reason: string): Answer {
  const headers = { "content-type": "text/plain; charset=utf-8" };
  return { status, headers, body: Buffer.from(reason) };
}

function contentType(path: string): string {
  if (path.endsWith(".zip")) return "application/zip";
  if (path.endsWith(".info") || path.endsWith("@latest")) return "application/json";
  return "text/plain; charset=utf-8";
}

/**
 * A failure to replay must not look like "not found": it is said where the test's reader sees it, and answered with a
 * status that clients neither repeat nor fall back from.
 */
function failVisibly(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`replay proxy: ${request.url ?? ""}: ${message}\n`);
  if (response.headersSent) {
    response.destroy();
  } else {
    response.writeHead(403, { "content-type": "text/plain; charset=utf-8" });
    response.end(`replay proxy: ${message}\n`);
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "0" },
      cache: { type: "string" },
      latency: { type: "string" },
      "bytes-per-second": { type: "string" },
    },
  });
  const { cache, latency, "bytes-per-second": bytesPerSecond } = values;
  const proxy = await startReplayProxy({
    port: Number(values.port),
    ...(cache !== undefined && { cacheDirectory: cache }),
    shape: {
      ...(latency !== undefined && { latency: Number(latency) }),
      ...(bytesPerSecond !== undefined && { bytesPerSecond: Number(bytesPerSecond) }),
    },
  });
  process.stdout.write(`${proxy.url}\n`);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => void proxy.close());
  }
}
