import { type IncomingMessage, request, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import type { ReplayProxy } from "./replay_proxy.ts";
import { TestServer } from "./test_server.ts";

/** What a {@linkcode LitmusBridge} stands between. */
export interface LitmusBridgeOptions {
  /** The port of the WebDAV server under test. */
  readonly port: number;
  /** Where the server gets its modules. */
  readonly upstream: ReplayProxy;
}

const MODULE = "example.com/litmus";
const ROOT = "/litmus/";
/** A module has no empty directories. */
const KEEP = ".keep";

/**
 * litmus writes whatever it reads. This lets it: what it writes below /litmus/ becomes a new version of a module, and what
 * it reads there it reads, through the server under test, of the newest version. All else goes to the server as it is.
 */
export class LitmusBridge implements AsyncDisposable {
  readonly #options: LitmusBridgeOptions;
  readonly #server: TestServer;
  readonly #files = new Map<string, Uint8Array>();
  readonly #directories = new Set<string>();
  #version = 0;
  #isPublished = false;

  private constructor(options: LitmusBridgeOptions, server: TestServer) {
    this.#options = options;
    this.#server = server;
  }

  static async start(options: LitmusBridgeOptions): Promise<LitmusBridge> {
    let answer: LitmusBridge["answer"] = async () => {};
    const server = await TestServer.start((asked, response) => void answer(asked, response));
    const bridge = new LitmusBridge(options, server);
    answer = async (asked, response) => await bridge.answer(asked, response);
    return bridge;
  }

  get url(): string {
    return this.#server.url().href;
  }

  /** Answers one request. */
  async answer(asked: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(asked);
    const path = asked.url ?? "";
    const status = path.startsWith(ROOT) ? this.#write(asked.method ?? "", path, body) : undefined;
    if (status === undefined) await this.#forward(asked, body, response);
    else response.writeHead(status, { "Content-Length": 0 }).end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }

  /** The status of a write that a module can have; undefined for all others, which are for the server to refuse. */
  #write(method: string, path: string, body: Uint8Array): number | undefined {
    const name = decodeURIComponent(path.slice(ROOT.length).replace(/\/$/, ""));
    const isThere = this.#files.has(name) || this.#directories.has(name);
    switch (method) {
      case "MKCOL":
        if (isThere) return 405;
        if (body.length > 0) return 415;
        if (!this.#hasParent(name)) return 409;
        this.#directories.add(name);
        break;
      case "PUT":
        if (!this.#hasParent(name)) return 409;
        this.#files.set(name, body);
        break;
      case "DELETE":
        if (!isThere) return 404;
        this.#remove(name);
        break;
      default:
        return undefined;
    }
    this.#isPublished = false;
    return isThere ? 204 : 201;
  }

  #hasParent(name: string): boolean {
    const slash = name.lastIndexOf("/");
    return slash < 0 || this.#directories.has(name.slice(0, slash));
  }

  #remove(name: string): void {
    for (const names of [this.#files, this.#directories]) {
      for (const other of names.keys()) {
        if (name === "" || other === name || other.startsWith(`${name}/`)) names.delete(other);
      }
    }
  }

  async #forward(asked: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void> {
    if (!this.#isPublished) this.#publish();
    const root = `/${MODULE}@v0.0.${this.#version}/`;
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const { "transfer-encoding": _, expect: __, ...headers } = asked.headers;
    request({
      port: this.#options.port,
      host: "127.0.0.1",
      method: asked.method,
      path: (asked.url ?? "").replace(ROOT, root),
      headers: { ...headers, "content-length": body.length },
      agent: false,
    })
      .once("response", resolve)
      .once("error", reject)
      .end(body);
    const answer = await promise;
    const text = (await buffer(answer)).toString("latin1");
    const translated = Buffer.from(text.replaceAll(root.replace("@", "%40"), ROOT), "latin1");
    const { connection: ___, ...fields } = answer.headers;
    const length = asked.method === "HEAD" ? fields["content-length"] : translated.length;
    response.writeHead(answer.statusCode ?? 500, { ...fields, "content-length": length });
    response.end(translated);
  }

  #publish(): void {
    this.#version += 1;
    const kept = [...this.#directories].map((name) => [join(name, KEEP), ""] as const);
    this.#options.upstream.addModule(MODULE, `v0.0.${this.#version}`, {
      ...Object.fromEntries(kept),
      ...Object.fromEntries(this.#files),
    });
    this.#isPublished = true;
  }
}

function join(directory: string, name: string): string {
  return directory === "" ? name : `${directory}/${name}`;
}
