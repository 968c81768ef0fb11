import type { Client, HttpHandler } from "../http_exchange.ts";
import { HttpServer, type HttpServerOptions } from "../http_server.ts";

/** Lets everybody read everything. */
export const ANYBODY: Client = { name: undefined, mayRead: () => true };

/** A server on a free port of 127.0.0.1. */
export interface Serving extends AsyncDisposable {
  readonly server: HttpServer;
  readonly port: number;
}

/** Starts a server that lets everybody in unless told otherwise. */
export async function serve(
  handlers: readonly HttpHandler[],
  options: Partial<HttpServerOptions> = {},
): Promise<Serving> {
  const server = new HttpServer({ handlers, authenticate: () => ANYBODY, ...options });
  const { port = 0 } = await server.listen({
    target: { kind: "tcp", host: "127.0.0.1", port: 0 },
  });
  return { server, port, [Symbol.asyncDispose]: async () => await server.close({ grace: 0 }) };
}

/** Answers every path with its own. */
export const ECHO: HttpHandler = {
  name: "echo",
  handle({ response, path }) {
    response.writeHead(200, ["Content-Type", "text/plain", "Content-Length", String(path.length)]);
    response.end(path);
    return true;
  },
};
