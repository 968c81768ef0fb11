import { LRUCache } from "lru-cache";
import type { ByteRange } from "../http/byte_range.ts";
import { IMMUTABLE } from "../http/cache_control.ts";
import { writeContentHead } from "../http/content_head.ts";
import type { HttpExchange } from "../http/http_exchange.ts";
import { sendPieces } from "../http/send_pieces.ts";
import { formatModuleVersion, type H1 } from "../module/module_version.ts";
import type { OpenModule, VirtualTree } from "../tree/virtual_tree.ts";

/** Bytes of a zip that are put together, and wait for one client, at a time. */
const PIECE_LENGTH = 64 * 1024;
/** Pieces whose memory is kept for the zips to come. */
const KEPT_PIECES = 16;
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
  readonly #memory = new PieceMemory();
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
    const { size } = module.zip;
    const range = writeContentHead(exchange, {
      size,
      contentType: "application/zip",
      etag: zipEtag(module.stored.h1, size),
      cacheControl: IMMUTABLE,
    });
    if (range !== undefined) await this.#sendBytes(exchange, module, range);
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
      // What a zip holds without deflating it would stay until there is another.
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
    using piece = this.#memory.take();
    for (let offset = start; offset < end; offset += PIECE_LENGTH) {
      const out = piece.bytes.subarray(0, Math.min(PIECE_LENGTH, end - offset));
      this.#tree.readZipInto(module, offset, out);
      yield out;
    }
  }
}

/** Memory for pieces, used again and again: V8 is slow to collect what is not on its heap. */
class PieceMemory {
  readonly #free: Uint8Array[] = [];

  take(): { readonly bytes: Uint8Array } & Disposable {
    const bytes = this.#free.pop() ?? new Uint8Array(PIECE_LENGTH);
    return {
      bytes,
      [Symbol.dispose]: () => {
        if (this.#free.length < KEPT_PIECES) this.#free.push(bytes);
      },
    };
  }
}

/** The same files may be deflated in other ways, to other sizes; h1 does not say which. */
function zipEtag(h1: H1, size: number): string {
  return `"${h1}-${size.toString(36)}"`;
}
