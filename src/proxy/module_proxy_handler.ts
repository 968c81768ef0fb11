import { LRUCache } from "lru-cache";
import type { ModuleCache } from "../cache/module_cache.ts";
import type { ModuleQueries, QueryAnswer } from "../cache/query_answer.ts";
import { checkMayRead } from "../http/access/check_may_read.ts";
import { IMMUTABLE, SHORT_LIVED } from "../http/cache_control.ts";
import type { HttpExchange, HttpHandler } from "../http/http_exchange.ts";
import { refusal } from "../http/refusal.ts";
import { type ContentFields, type HeaderFields, Representation } from "../http/representation.ts";
import { upstreamAnswer } from "../http/upstream_answer.ts";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import {
  formatModuleVersion,
  type ModulePath,
  type ModuleVersion,
} from "../module/module_version.ts";
import { type OpenModule, VirtualTree } from "../tree/virtual_tree.ts";
import { type ModuleRequest, parseModuleRequest } from "./module_request.ts";
import { ZipSender } from "./zip_sender.ts";

/** What a {@linkcode ModuleProxyHandler} is made of. */
export interface ModuleProxyOptions {
  /** Fetches and verifies what is not resident. */
  readonly cache: ModuleCache;
  /** Answers what changes with time. */
  readonly queries: ModuleQueries;
  /** Bytes of zips that are kept whole because they are asked for often; 64 MiB unless given. */
  readonly zipMemory?: number;
}

/** How many files of modules were asked for since the handler was made. */
export interface ModuleProxyCounts {
  /** That were resident. */
  readonly hits: number;
  /** That had to be fetched first. */
  readonly misses: number;
}

/** An answer that goes out as it is, to those who may read the module. */
interface ReadyAnswer {
  readonly path: ModulePath;
  readonly representation: Representation;
}

const ZIP_MEMORY = 64 * 1024 * 1024;
/** Some 10,000 .info and .mod files. */
const READY_MEMORY = 16 * 1024 * 1024;
/** A large one is read from the store each time. */
const LARGEST_READY = 1024 * 1024;
/** After this the store is asked again whether it still has the module. */
const READY_MILLISECONDS = 60_000;

const INFO: ContentFields = { contentType: "application/json", cacheControl: IMMUTABLE };
const GO_MOD: ContentFields = { contentType: "text/plain; charset=UTF-8", cacheControl: IMMUTABLE };
const QUERY: ContentFields = { contentType: "application/json", cacheControl: SHORT_LIVED };
const LIST: ContentFields = {
  contentType: "text/plain; charset=UTF-8",
  cacheControl: SHORT_LIVED,
};

/** The checksum database has a handler of its own. */
const NO_CHECKSUM_FILES = { read: () => undefined, list: () => undefined };

/** The GOPROXY protocol (https://go.dev/ref/mod#goproxy-protocol), at the root and below `/mod`. */
export class ModuleProxyHandler implements HttpHandler {
  readonly name = "modules";
  readonly #cache: ModuleCache;
  readonly #queries: ModuleQueries;
  readonly #tree: VirtualTree;
  readonly #zips: ZipSender;
  #hits = 0;
  #misses = 0;
  /** Answers by the URL's path as it was sent. */
  readonly #ready = new LRUCache<string, ReadyAnswer>({
    maxSize: READY_MEMORY,
    maxEntrySize: LARGEST_READY,
    sizeCalculation: ({ representation }) => representation.size,
    ttl: READY_MILLISECONDS,
    // Looking at the clock once a second is enough.
    ttlResolution: 1_000,
  });
  /** {@linkcode ModuleQueries} gives the same bytes again as long as an answer is fresh. */
  readonly #answers = new WeakMap<Uint8Array, Representation>();

  constructor({ cache, queries, zipMemory = ZIP_MEMORY }: ModuleProxyOptions) {
    this.#cache = cache;
    this.#queries = queries;
    this.#tree = new VirtualTree(cache.store, NO_CHECKSUM_FILES);
    this.#zips = new ZipSender(this.#tree, zipMemory);
  }

  counts(): ModuleProxyCounts {
    return { hits: this.#hits, misses: this.#misses };
  }

  handle(exchange: HttpExchange): boolean | Promise<boolean> {
    const ready = this.#ready.get(exchange.path);
    if (ready === undefined || !isRead(exchange)) return this.#answerAnew(exchange);
    checkMayRead(exchange.client, ready.path);
    this.#hits += 1;
    ready.representation.send(exchange);
    return true;
  }

  #answerAnew(exchange: HttpExchange): boolean | Promise<boolean> {
    const request = parseModuleRequest(exchange.path);
    if (request === undefined) return false;
    if (!isRead(exchange)) {
      refuseMethod(exchange);
      return true;
    }
    checkMayRead(exchange.client, request.path);
    return this.#answer(exchange, request).then(() => true);
  }

  async #answer(exchange: HttpExchange, request: ModuleRequest): Promise<void> {
    switch (request.kind) {
      case "info":
      case "mod":
        await this.#sendFile(exchange, request.id, request.kind);
        break;
      case "zip":
        await this.#zips.send(exchange, await this.#openModule(exchange, request.id));
        break;
      case "list":
      case "latest":
      case "revision":
        await this.#sendQuery(exchange, request);
    }
  }

  async #sendFile(exchange: HttpExchange, id: ModuleVersion, kind: "info" | "mod"): Promise<void> {
    const content = await this.#readFile(exchange, id, kind);
    const representation = new Representation(content, kind === "info" ? INFO : GO_MOD);
    this.#ready.set(exchange.path, { path: id.path, representation });
    representation.send(exchange);
  }

  async #readFile(
    exchange: HttpExchange,
    id: ModuleVersion,
    kind: "info" | "mod",
  ): Promise<Uint8Array> {
    const resident = this.#tree.readDownloadFile(id, kind, 0, Number.MAX_SAFE_INTEGER);
    if (resident !== undefined) {
      this.#hits += 1;
      return resident;
    }
    if (isFetchDisabled(exchange)) throw notResident(`${formatModuleVersion(id)}.${kind}`);
    this.#misses += 1;
    return await upstreamAnswer(this.#cache.read(id, kind));
  }

  async #openModule(exchange: HttpExchange, id: ModuleVersion): Promise<OpenModule> {
    const resident = this.#tree.module(id);
    if (resident !== undefined) {
      this.#hits += 1;
      return resident;
    }
    if (isFetchDisabled(exchange)) throw notResident(`${formatModuleVersion(id)}.zip`);
    this.#misses += 1;
    await upstreamAnswer(this.#cache.ensure(id, "zip"));
    const fetched = this.#tree.module(id);
    if (fetched !== undefined) return fetched;
    throw new GomodfsError("STORE", `${formatModuleVersion(id)} was removed from the store`);
  }

  async #sendQuery(
    exchange: HttpExchange,
    request: Extract<ModuleRequest, { kind: "list" | "latest" | "revision" }>,
  ): Promise<void> {
    const answer = await upstreamAnswer(this.#ask(exchange, request));
    const fields = request.kind === "list" ? LIST : QUERY;
    this.#represent(answer.content, fields).send(exchange, ageFields(answer));
  }

  async #ask(
    exchange: HttpExchange,
    request: Extract<ModuleRequest, { kind: "list" | "latest" | "revision" }>,
  ): Promise<QueryAnswer> {
    const options = { signal: exchange.signal, offline: isFetchDisabled(exchange) };
    switch (request.kind) {
      case "list":
        return await this.#queries.versions(request.path, options);
      case "latest":
        return await this.#queries.latest(request.path, options);
      case "revision":
        return await this.#queries.revision(request.path, request.query, options);
    }
  }

  #represent(content: Uint8Array, fields: ContentFields): Representation {
    const known = this.#answers.get(content);
    if (known !== undefined) return known;
    const representation = new Representation(content, fields);
    this.#answers.set(content, representation);
    return representation;
  }
}

function isRead({ request: { method } }: HttpExchange): boolean {
  return method === "GET" || method === "HEAD";
}

function refuseMethod({ request, response }: HttpExchange): void {
  const { status, headers, text } = refusal(
    405,
    `${request.method ?? ""} is not allowed: modules can only be read`,
    { Allow: "GET, HEAD" },
  );
  response.writeHead(status, { ...headers, "Content-Length": Buffer.byteLength(text) }).end(text);
}

/** By which a client asks for nothing but what is there (https://go.dev/ref/mod, "Disable-Module-Fetch"). */
function isFetchDisabled({ request }: HttpExchange): boolean {
  const field = request.headers["disable-module-fetch"];
  return typeof field === "string" && field.toLowerCase() === "true";
}

function notResident(what: string): GomodfsError {
  return new GomodfsError("NOT_FOUND", `${what} is not resident, and Disable-Module-Fetch is set`);
}

/** RFC 9111 sections 5.1 and 5.5: how old the answer is, and that it should have been renewed. */
function ageFields({ ageSeconds, stale }: QueryAnswer): HeaderFields {
  if (ageSeconds < 1 && !stale) return [];
  const age = ["Age", String(Math.floor(ageSeconds))];
  return stale ? [...age, "Warning", '110 - "Response is Stale"'] : age;
}
