import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { LRUCache } from "lru-cache";
import { type ByteRange, parseRange } from "../http/byte_range.ts";
import { matchesIfRange, matchesNone } from "../http/conditional_request.ts";
import type { HttpExchange } from "../http/http_exchange.ts";
import type { HeaderFields } from "../http/representation.ts";
import { formatModuleVersion, type H1 } from "../module/module_version.ts";
import type { OpenModule, VirtualTree } from "../tree/virtual_tree.ts";
import { IMMUTABLE } from "./cache_control.ts";

/** Bytes of a zip that are put together, and wait for one client, at a time. */
const PIECE_LENGTH = 64 * 1024;
/** One zip takes at most this share of the memory for zips that are asked for again and again. */
const LARGEST_SHARE = 1 / 8;
/** Zips that are remembered for having been asked for, and how long: one client asks for each once. */
const REMEMBERED = 4_096;
const REMEMBERED_MILLISECONDS = 5_000;

/**
 * Sends module zips. A zip is put together from the stored deflate streams while it is sent, piece by piece as the client
 * takes it in. One that is asked for again soon is kept whole: writing it then is one system call and no copy.
 */
export class ZipSender {
  readonly #tree: VirtualTree;
  readonly #largestKept: number;
  readonly #kept: LRUCache<string, Uint8Array>;
  readonly #asked = new LRUCache<string, true>({
    max: REMEMBERED,
    ttl: REMEMBERED_MILLISECONDS,
    ttlResolution: 100,
  });

  /** @param memory bytes of zips that are kept whole */
  constructor(tree: VirtualTree, memory: number) {
    this.#tree = tree;
    this.#largestKept = memory * LARGEST_SHARE;
    this.#kept = new LRUCache({
      maxSize: Math.max(1, memory),
      sizeCalculation: (zip) => zip.length,
    });
  }

  /** Answers a GET or HEAD. */
  async send(exchange: HttpExchange, module: OpenModule): Promise<void> {
    const { request, response } = exchange;
    const { size } = module.zip;
    const etag = zipEtag(module.stored.h1, size);
    const head = ["ETag", etag, "Cache-Control", IMMUTABLE, "Accept-Ranges", "bytes"];
    const condition = request.headers["if-none-match"];
    if (condition !== undefined && !matchesNone(condition, etag)) {
      response.writeHead(304, head).end();
      return;
    }
    const asked = requestedRange(exchange, etag, size);
    if (asked.kind === "unsatisfiable") {
      refuseRange(exchange, head, size);
      return;
    }
    const range = asked.kind === "part" ? asked.range : { start: 0, end: size };
    writeHead(exchange, head, asked.kind === "part" ? range : undefined, size);
    if (request.method === "HEAD") response.end();
    else await this.#sendBytes(exchange, module, range);
  }

  async #sendBytes(exchange: HttpExchange, module: OpenModule, range: ByteRange): Promise<void> {
    const zip = this.#whole(module);
    if (zip !== undefined) {
      exchange.response.end(zip.subarray(range.start, range.end));
      return;
    }
    try {
      await sendPieces(exchange, this.#pieces(module, range));
    } finally {
      // A deflate stream of 45 MB, of one of go-ethereum's modules, would stay until there is another.
      this.#tree.releaseLargeContent();
    }
  }

  /** The whole zip, if it is kept or worth keeping. */
  #whole(module: OpenModule): Uint8Array | undefined {
    const { id } = module.stored;
    const key = formatModuleVersion(id);
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.length === module.zip.size) return kept;
    if (module.zip.size > this.#largestKept) return undefined;
    if (!this.#asked.has(key)) {
      this.#asked.set(key, true);
      return undefined;
    }
    const zip = this.#tree.readZip(module, 0, module.zip.size);
    this.#kept.set(key, zip);
    return zip;
  }

  *#pieces(module: OpenModule, { start, end }: ByteRange): Generator<Uint8Array, undefined> {
    for (let offset = start; offset < end; offset += PIECE_LENGTH) {
      yield this.#tree.readZip(module, offset, Math.min(PIECE_LENGTH, end - offset));
    }
  }
}

/** The same files may be deflated in other ways, to other sizes; h1 does not say which. */
function zipEtag(h1: H1, size: number): string {
  return `"${h1}-${size.toString(36)}"`;
}

function requestedRange({ request }: HttpExchange, etag: string, size: number) {
  const { range, "if-range": ifRange } = request.headers;
  // RFC 9110 section 14.2: only GET knows ranges.
  const field = request.method === "GET" && isSame(ifRange, etag) ? range : undefined;
  return parseRange(field, size);
}

function isSame(ifRange: string | readonly string[] | undefined, etag: string): boolean {
  return matchesIfRange(typeof ifRange === "object" ? "" : ifRange, etag);
}

function refuseRange({ response }: HttpExchange, head: HeaderFields, size: number): void {
  const text = `the range begins behind the end of the zip, which has ${size} bytes\n`;
  const type = ["Content-Type", "text/plain; charset=UTF-8", "Content-Length", String(text.length)];
  response.writeHead(416, [...type, ...head, "Content-Range", `bytes */${size}`]);
  response.end(text);
}

function writeHead(
  { response }: HttpExchange,
  head: HeaderFields,
  part: ByteRange | undefined,
  size: number,
): void {
  const length = part === undefined ? size : part.end - part.start;
  const fields = ["Content-Type", "application/zip", "Content-Length", String(length), ...head];
  if (part !== undefined) {
    fields.push("Content-Range", `bytes ${part.start}-${part.end - 1}/${size}`);
  }
  response.writeHead(part === undefined ? 200 : 206, fields);
}

async function sendPieces(
  { response, signal }: HttpExchange,
  pieces: Iterable<Uint8Array>,
): Promise<void> {
  try {
    // One piece waits in the stream, one in the response.
    await pipeline(Readable.from(pieces, { highWaterMark: 1 }), response, { signal });
  } catch (error) {
    // That the client has gone is no failure of ours.
    if (!signal.aborted && !isPrematureClose(error)) throw error;
  }
}

function isPrematureClose(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE";
}
