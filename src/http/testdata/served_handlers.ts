import type { ExchangeObserver } from "../exchange_outcome.ts";
import type { HttpHandler } from "../http_exchange.ts";
import { HttpServer } from "../http_server.ts";

/** Handlers behind a real server on 127.0.0.1. */
export class ServedHandlers implements AsyncDisposable {
  readonly server: HttpServer;
  readonly port: number;

  private constructor(server: HttpServer, port: number) {
    this.server = server;
    this.port = port;
  }

  /** Everybody is the client `somebody`. */
  static async start(
    handlers: readonly HttpHandler[],
    observe?: ExchangeObserver,
  ): Promise<ServedHandlers> {
    const server = new HttpServer({
      handlers,
      authenticate: () => ({ name: "somebody", mayRead: () => true }),
      ...(observe && { observe }),
    });
    const listener = await server.listen({ target: { kind: "tcp", host: "127.0.0.1", port: 0 } });
    return new ServedHandlers(server, listener.port ?? 0);
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close({ grace: 0 });
  }
}
