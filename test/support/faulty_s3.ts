import {
  Agent,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { type AnswerFault, AnswerFaults, damagedBody, sendBody } from "./answer_fault.ts";
import type { S3Server } from "./s3_server.ts";
import { TestServer } from "./test_server.ts";

/** How a {@linkcode FaultyS3} passes requests on. */
export interface FaultyS3Options {
  /** Milliseconds put on every answer; none unless given. */
  readonly latency?: number;
}

/**
 * Stands between a client and an {@linkcode S3Server}: counts what is asked, and lets go wrong what a real server rarely
 * does. Signatures hold, since the Host header is passed on as it came.
 */
export class FaultyS3 implements AsyncDisposable {
  /** What was asked, in order: `METHOD /path?query`. */
  readonly requests: string[] = [];
  readonly #target: S3Server;
  readonly #latency: number;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #faults = new AnswerFaults();
  readonly #connections = new Set<object>();
  #mostConnections = 0;
  #acceptedConnections = 0;
  #server: TestServer | undefined;

  private constructor(target: S3Server, options: FaultyS3Options) {
    this.#target = target;
    this.#latency = options.latency ?? 0;
  }

  static async start(target: S3Server, options: FaultyS3Options = {}): Promise<FaultyS3> {
    const relay = new FaultyS3(target, options);
    relay.#server = await TestServer.start((request, response) => {
      relay.#serve(request, response).catch(() => response.destroy());
    });
    return relay;
  }

  /** `http://127.0.0.1:PORT` */
  get endpoint(): string {
    return this.#server?.url().origin ?? "";
  }

  /** What a client finds in its environment: endpoint, region and keys. */
  get environment(): Readonly<Record<string, string>> {
    return { ...this.#target.environment, AWS_ENDPOINT_URL_S3: this.endpoint };
  }

  /** Connections that clients have open now. */
  get connections(): number {
    return this.#connections.size;
  }

  /** The most connections that were open at a time. */
  get mostConnections(): number {
    return this.#mostConnections;
  }

  /** How many connections there were in all. */
  get acceptedConnections(): number {
    return this.#acceptedConnections;
  }

  /** How many requests match. */
  requestsMatching(pattern: RegExp): number {
    return this.requests.filter((request) => pattern.test(request)).length;
  }

  /** Lets something go wrong; its pattern is matched against `METHOD /path?query`. The function returned ends it. */
  addFault(fault: AnswerFault): () => void {
    return this.#faults.add(fault);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
    this.#agent.destroy();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#note(request);
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    const line = `${request.method} ${request.url}`;
    this.requests.push(line);
    const fault = this.#faults.take(line);
    const delay = this.#latency + (fault?.delay ?? 0);
    if (delay > 0) await sleep(delay, undefined, { signal: gone.signal });
    if (fault?.status === undefined) {
      await this.#passOn(request, response, fault);
    } else {
      const headers = { "content-type": "application/xml", ...fault.headers };
      response.writeHead(fault.status, headers).end(fault.reason ?? "");
      request.resume();
    }
  }

  #note({ socket }: IncomingMessage): void {
    if (this.#connections.has(socket)) return;
    this.#connections.add(socket);
    this.#acceptedConnections += 1;
    this.#mostConnections = Math.max(this.#mostConnections, this.#connections.size);
    socket.once("close", () => this.#connections.delete(socket));
  }

  async #passOn(
    request: IncomingMessage,
    response: ServerResponse,
    fault: Partial<AnswerFault> | undefined,
  ): Promise<void> {
    const answer = await this.#ask(request);
    // About one connection only (RFC 9110 section 7.6.1).
    const { connection: _, "keep-alive": __, ...headers } = answer.headers;
    response.writeHead(answer.statusCode ?? 502, { ...headers, ...fault?.headers });
    if (fault === undefined) await pipeline(answer, response);
    else await sendBody(response, damagedBody(await buffer(answer), fault), fault);
  }

  async #ask(request: IncomingMessage): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const { method, url, rawHeaders } = request;
    const target = { host: "127.0.0.1", port: this.#target.port, agent: this.#agent };
    const forwarded = httpRequest({ ...target, method, path: url, headers: rawHeaders });
    forwarded.once("response", resolve);
    forwarded.once("error", reject);
    // Who hangs up hangs up on the server, too.
    request.once("close", () => {
      if (!request.complete) forwarded.destroy();
    });
    request.pipe(forwarded);
    return await promise;
  }
}

/** The fault of a server that answers with an error of S3's. */
export function s3Refusal(
  status: number,
  code: string,
  fault: Partial<AnswerFault> = {},
): AnswerFault {
  const reason = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>made up by the test.</Message></Error>`;
  return { pattern: /./, ...fault, status, reason };
}
