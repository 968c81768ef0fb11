import type { ByteRange } from "../http/byte_range.ts";
import { IMMUTABLE, SHORT_LIVED } from "../http/cache_control.ts";
import { writeContentHead } from "../http/content_head.ts";
import type { HttpExchange, HttpHandler } from "../http/http_exchange.ts";
import { type Refusal, refusal } from "../http/refusal.ts";
import { sendPieces } from "../http/send_pieces.ts";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import type { TreeNode } from "../tree/tree_node.ts";
import { VirtualFileSystem } from "../tree/virtual_file_system.ts";
import type { VirtualTree } from "../tree/virtual_tree.ts";
import { contentType } from "./content_type.ts";
import { CONTENT_SECURITY_POLICY, directoryPage } from "./directory_page.ts";
import { EntityTags } from "./entity_tag.ts";
import { LAST_MODIFIED, type LiveProperty, liveProperties } from "./live_properties.ts";
import { MultistatusWriter } from "./multistatus.ts";
import { parsePropfind } from "./propfind_request.ts";
import { hasBody, isBodyWithin, readBody } from "./request_body.ts";
import type { Resource } from "./resource.ts";
import { encodeName, parseResourcePath, type ResourcePath } from "./resource_path.ts";
import { type MissingContent, type ResourceCounts, ResourceTree } from "./resource_tree.ts";
import { sendText } from "./text_sender.ts";

/** What a {@linkcode WebdavHandler} is made of. */
export interface WebdavHandlerOptions {
  /** What is resident, as the thread of the server sees it: nobody else's reads must be waiting for it. */
  readonly tree: VirtualTree;
  readonly missing: MissingContent;
  /** Where the tree begins in URLs: "/dav", or "" (the default) for a server of its own. */
  readonly root?: string;
}

const ALLOWED = "OPTIONS, GET, HEAD, PROPFIND";
/** Those of class 1 that change something: understood, and forbidden (RFC 4918 sections 9.2, 9.3.1, 9.8.5 and 9.9.4). */
const FORBIDDEN_METHODS: ReadonlySet<string> = new Set(["PROPPATCH", "MKCOL", "COPY", "MOVE"]);
/** Office's PROPFIND, the longest of clients in use, has 2 KB. */
const MAXIMUM_BODY = 32 * 1024;
/** Bytes of a file that are read, and wait for one client, at a time. */
const PIECE_LENGTH = 64 * 1024;
/** A file larger than this is kept by the tree only until another one is read. */
const LARGE = 8 * 1024 * 1024;
const LARGE_PIECE_LENGTH = 512 * 1024;
const SAFETY_FIELDS = [
  "Content-Security-Policy",
  CONTENT_SECURITY_POLICY,
  "X-Content-Type-Options",
  "nosniff",
] as const;
const XML_TYPE = "application/xml; charset=utf-8";
const FINITE_DEPTH = `<?xml version="1.0" encoding="utf-8"?>
<D:error xmlns:D="DAV:"><D:propfind-finite-depth/></D:error>
`;

/** The virtual GOMODCACHE over WebDAV (RFC 4918), class 1, read-only; for browsers, a page for each directory. */
export class WebdavHandler implements HttpHandler {
  readonly name = "webdav";
  readonly #root: string;
  readonly #tree: VirtualTree;
  readonly #resources: ResourceTree;
  readonly #tags: EntityTags;
  readonly #properties: readonly LiveProperty[];

  constructor({ tree, missing, root = "" }: WebdavHandlerOptions) {
    this.#root = root;
    this.#tree = tree;
    this.#resources = new ResourceTree(tree, new VirtualFileSystem(tree), missing);
    this.#tags = new EntityTags(tree, this.#resources);
    this.#properties = liveProperties(this.#tags);
  }

  counts(): ResourceCounts {
    return this.#resources.counts();
  }

  mayHaveBody(path: string): boolean {
    return this.#below(path) !== undefined;
  }

  handle(exchange: HttpExchange): boolean | Promise<boolean> {
    const path = this.#below(exchange.path);
    if (path === undefined) return false;
    switch (exchange.request.method ?? "") {
      case "OPTIONS":
        answerOptions(exchange);
        return true;
      case "GET":
      case "HEAD":
        return this.#get(exchange, pathOf(path)).then(() => true);
      case "PROPFIND":
        return this.#propfind(exchange, path).then(() => true);
      default:
        refuseMethod(exchange);
        return true;
    }
  }

  /** The path below the root, if it is there: "" or beginning with a slash. */
  #below(path: string): string | undefined {
    if (!path.startsWith(this.#root)) return undefined;
    const below = path.slice(this.#root.length);
    return below === "" || below.startsWith("/") ? below : undefined;
  }

  async #get(exchange: HttpExchange, path: ResourcePath): Promise<void> {
    const resource = await this.#locate(exchange, path);
    if (exchange.signal.aborted) return;
    if (resource.stat.kind === "directory") await this.#sendPage(exchange, path, resource);
    else await this.#sendFile(exchange, resource);
  }

  async #propfind(exchange: HttpExchange, path: string): Promise<void> {
    const { request } = exchange;
    const depth = request.headers["depth"];
    if (depth !== "0" && depth !== "1") {
      refuse(exchange, depthRefusal(depth));
      return;
    }
    const body = hasBody(request) ? await readBody(exchange, MAXIMUM_BODY) : new Uint8Array();
    if (body === undefined) {
      refuse(exchange, refusal(413, `a PROPFIND has at most ${MAXIMUM_BODY} bytes`));
      return;
    }
    const writer = new MultistatusWriter(parsePropfind(body), this.#properties);
    const resource = await this.#locate(exchange, pathOf(path));
    if (exchange.signal.aborted) return;
    const resources = depth === "0" ? [resource] : this.#withEntries(exchange, resource);
    const fields = ["Content-Type", XML_TYPE, "Cache-Control", "no-cache"];
    await sendText(exchange, 207, fields, writer.write(resources));
  }

  async #locate({ client }: HttpExchange, path: ResourcePath): Promise<Resource> {
    const { node, stat } = await this.#resources.locate(path, client);
    const href = [this.#root, ...path.names.map(encodeName)].join("/");
    const slash = stat.kind === "directory" ? "/" : "";
    return { href: `${href}${slash}`, name: path.names.at(-1) ?? "", node, stat };
  }

  *#withEntries(exchange: HttpExchange, resource: Resource): Generator<Resource, undefined> {
    yield resource;
    if (resource.stat.kind === "directory") yield* this.#entries(exchange, resource);
  }

  *#entries({ client }: HttpExchange, directory: Resource): Generator<Resource, undefined> {
    for (const { name, node, stat } of this.#resources.entries(directory.node, client)) {
      const slash = stat.kind === "directory" ? "/" : "";
      yield { href: `${directory.href}${encodeName(name)}${slash}`, name, node, stat };
    }
  }

  async #sendPage(
    exchange: HttpExchange,
    { names }: ResourcePath,
    directory: Resource,
  ): Promise<void> {
    const parent = [this.#root, ...names.slice(0, -1).map(encodeName), ""].join("/");
    const page = directoryPage(
      directory,
      this.#entries(exchange, directory),
      names.length === 0 ? undefined : parent,
    );
    const fields = ["Content-Type", "text/html; charset=UTF-8", "Cache-Control", "no-cache"];
    await sendText(exchange, 200, [...fields, ...SAFETY_FIELDS], page);
  }

  async #sendFile(exchange: HttpExchange, resource: Resource): Promise<void> {
    const { node, name, stat } = resource;
    const etag = this.#tags.of(node);
    if (etag === undefined) throw new GomodfsError("STORE", `${name} was removed from the store`);
    const range = writeContentHead(exchange, {
      size: stat.size,
      contentType: contentType(name),
      etag,
      cacheControl: stat.changing === true ? SHORT_LIVED : IMMUTABLE,
      further: ["Last-Modified", LAST_MODIFIED, ...SAFETY_FIELDS],
    });
    if (range !== undefined) await this.#sendBytes(exchange, resource, range);
  }

  async #sendBytes(
    exchange: HttpExchange,
    { node }: Resource,
    { start, end }: ByteRange,
  ): Promise<void> {
    if (end - start <= PIECE_LENGTH) {
      exchange.response.end(this.#resources.read(node, start, end - start));
      return;
    }
    try {
      await sendPieces(exchange, this.#pieces(node, start, end));
    } finally {
      this.#tree.releaseLargeContent();
    }
  }

  *#pieces(node: TreeNode, start: number, end: number): Generator<Uint8Array, undefined> {
    // What is not kept between reads is inflated for each of them.
    const length = end - start > LARGE ? LARGE_PIECE_LENGTH : PIECE_LENGTH;
    for (let offset = start; offset < end; offset += length) {
      yield this.#resources.read(node, offset, Math.min(length, end - offset));
    }
  }
}

/** Below the root; what names nothing is not found. */
function pathOf(path: string): ResourcePath {
  const parsed = parseResourcePath(path);
  if (parsed !== undefined) return parsed;
  throw new GomodfsError("NOT_FOUND", "the URL's path names no file or directory");
}

function answerOptions({ response }: HttpExchange): void {
  const fields = ["DAV", "1", "Allow", ALLOWED, "MS-Author-Via", "DAV"];
  response.writeHead(200, [...fields, "Content-Length", "0"]).end();
}

function refuseMethod(exchange: HttpExchange): void {
  const method = exchange.request.method ?? "";
  const status = FORBIDDEN_METHODS.has(method) ? 403 : 405;
  const allow = status === 405 ? { Allow: ALLOWED } : {};
  refuse(exchange, refusal(status, `${method} is not allowed: modules can only be read`, allow));
}

/** RFC 4918 section 9.1: no Depth means infinity, which a server need not answer. */
function depthRefusal(depth: string | readonly string[] | undefined): Refusal {
  if (depth !== undefined && String(depth).toLowerCase() !== "infinity") {
    return refusal(400, "the Depth of a PROPFIND is 0 or 1");
  }
  const headers = { "Content-Type": XML_TYPE, "Cache-Control": "no-store" };
  return { status: 403, headers, text: FINITE_DEPTH };
}

/** The rest of a short body is read and dropped, so that the connection can be used again; a long one ends it. */
function refuse({ request, response }: HttpExchange, { status, headers, text }: Refusal): void {
  response.writeHead(status, {
    ...headers,
    "Content-Length": Buffer.byteLength(text),
    ...(isBodyWithin(request, MAXIMUM_BODY) ? {} : { Connection: "close" }),
  });
  response.end(text);
}
