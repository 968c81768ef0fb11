import type { HttpExchange, HttpHandler } from "../http/http_exchange.ts";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import type { ModulePath, ModuleVersion } from "../module/module_version.ts";
import { formatModuleVersion } from "../module/module_version.ts";
import { TOOLCHAIN_PATH } from "../module/toolchain.ts";
import type { Tile } from "../sumdb/tile.ts";
import { parseSumdbPath, type SumdbRequest } from "./sumdb_path.ts";

/** An answer of a checksum database. */
export interface DatabaseAnswer {
  readonly content: Uint8Array;
  /** Since it was heard from upstream, in seconds. */
  readonly ageSeconds: number;
  /** Whether it is part of the newest tree that is known here; otherwise it is what upstream says, for the client to prove. */
  readonly isProven: boolean;
}

/** A checksum database as it is served. Its methods throw GomodfsError; `NOT_FOUND` for what the database does not have. */
export interface ServedDatabase {
  /** `host` or `host/path`. */
  readonly name: string;
  /** A record and the signed head of a tree that has it. */
  record(id: ModuleVersion): Promise<DatabaseAnswer>;
  /** The signed head of the newest tree. */
  latest(): Promise<DatabaseAnswer>;
  tile(tile: Tile): Promise<DatabaseAnswer>;
}

/** What a {@linkcode SumdbHandler} is made of. */
export interface SumdbHandlerOptions {
  readonly databases: readonly ServedDatabase[];
  /** Whether GONOSUMDB (or GOPRIVATE) matches a module: no database is told its name. */
  readonly isExempt: (path: ModulePath) => boolean;
}

/** A complete or partial tile never changes. */
const IMMUTABLE = "max-age=31536000, immutable";
/** The record never changes; the head beside it becomes old. */
const RECORD = "max-age=3600";
const LATEST = "max-age=10";
const SUPPORTED = "max-age=3600";

/**
 * Checksum databases by the proxy protocol (https://golang.org/design/25530-sumdb#proxying-a-checksum-database), at the root
 * and below `/mod`: `/sumdb/NAME/supported`, `latest`, `lookup/M@V`, `tile/H/L/K[.p/W]`, `tile/H/data/K[.p/W]`. Of a
 * database that is not served `supported` is 404, which leads a go command to the database itself.
 */
export class SumdbHandler implements HttpHandler {
  readonly name = "sumdb";
  readonly #databases: ReadonlyMap<string, ServedDatabase>;
  readonly #isExempt: (path: ModulePath) => boolean;

  constructor({ databases, isExempt }: SumdbHandlerOptions) {
    this.#databases = new Map(databases.map((database) => [database.name, database]));
    this.#isExempt = isExempt;
  }

  handle(exchange: HttpExchange): boolean | Promise<boolean> {
    const path = /^(?:\/mod)?\/sumdb\/(.*)$/.exec(exchange.path)?.[1];
    return path === undefined ? false : this.#answer(exchange, path);
  }

  async #answer(exchange: HttpExchange, path: string): Promise<boolean> {
    const { method } = exchange.request;
    if (method !== "GET" && method !== "HEAD") {
      exchange.response.writeHead(405, { Allow: "GET, HEAD", "Content-Length": 0 }).end();
      return true;
    }
    const request = parseSumdbPath(path, (name) => this.#databases.get(name));
    if (request === undefined) {
      throw new GomodfsError("NOT_FOUND", "no checksum database has such a path here");
    }
    await this.#serve(exchange, request);
    return true;
  }

  async #serve(exchange: HttpExchange, request: SumdbRequest<ServedDatabase>): Promise<void> {
    switch (request.kind) {
      case "supported":
        send(exchange, SUPPORTED, { content: new Uint8Array(), ageSeconds: 0, isProven: true });
        return;
      case "latest":
        send(exchange, LATEST, await request.database.latest());
        return;
      case "record":
        this.#refuseExempt(exchange, request.id, request.database.name);
        send(exchange, RECORD, await request.database.record(request.id));
        return;
      case "tile": {
        const answer = await request.database.tile(request.tile);
        const type = request.tile.level < 0 ? TEXT : "application/octet-stream";
        send(exchange, IMMUTABLE, answer, type);
      }
    }
  }

  /**
   * 403 and not 404: that a private module is not in the database is nobody's answer, and a go command shows the text of
   * either, which says what to set. Toolchains are looked up whatever GONOSUMDB says (useSumDB of
   * cmd/go/internal/modfetch/sumdb.go).
   */
  #refuseExempt({ client }: HttpExchange, id: ModuleVersion, database: string): void {
    const isExempt = id.path !== TOOLCHAIN_PATH && this.#isExempt(id.path);
    if (!isExempt && client.mayRead(id.path)) return;
    throw new GomodfsError(
      "FORBIDDEN",
      `${formatModuleVersion(id)} is not looked up in ${database}: it is private here`,
      { hint: "let GOPRIVATE or GONOSUMDB of the client match it too" },
    );
  }
}

const TEXT = "text/plain; charset=UTF-8";

function send(
  { request, response, signal }: HttpExchange,
  cacheControl: string,
  { content, ageSeconds, isProven }: DatabaseAnswer,
  type = TEXT,
): void {
  if (signal.aborted) return;
  response.writeHead(200, {
    "Content-Type": type,
    "Content-Length": content.length,
    "Cache-Control": isProven ? cacheControl : "no-store",
    Age: ageSeconds,
    "X-Content-Type-Options": "nosniff",
  });
  response.end(request.method === "HEAD" ? undefined : content);
}
