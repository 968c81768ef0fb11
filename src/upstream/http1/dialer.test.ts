import type { Socket } from "node:net";
import { connect } from "node:net";
import { createServer as createTlsServer, TLSSocket, type Server as TlsServer } from "node:tls";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ConnectProxy } from "../../../test/support/connect_proxy.ts";
import { rejection } from "../../../test/support/rejection.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../../test/support/temporary_directory.ts";
import {
  makeTestCertificate,
  type TestCertificate,
} from "../../../test/support/test_certificate.ts";
import { TestServer } from "../../../test/support/test_server.ts";
import { isGomodfsError } from "../../lib/gomodfs_error.ts";
import { ConnectionPool } from "./connection_pool.ts";
import { RawServer } from "./testdata/raw_server.ts";
import { TextConsumer } from "./testdata/text_consumer.ts";

let directory: TemporaryDirectory;
let certificate: TestCertificate;
let stack: AsyncDisposableStack;

beforeAll(() => {
  directory = temporaryDirectory();
  certificate = makeTestCertificate(directory, ["127.0.0.1", "origin.test"]);
});

afterAll(() => {
  directory[Symbol.dispose]();
});

beforeEach(() => {
  stack = new AsyncDisposableStack();
});

afterEach(async () => {
  await stack.disposeAsync();
});

async function get(
  url: URL,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal = new AbortController().signal,
  consumer: TextConsumer = new TextConsumer(),
): Promise<string> {
  const pool = new ConnectionPool({
    connectionsPerOrigin: 1,
    env: { SSL_CERT_FILE: certificate.authorityFile, ...env },
  });
  try {
    const origin = pool.origin(url);
    const connection = await origin.connections.connect(signal);
    await connection.send(origin.encodeGet(url, {}), consumer);
    return consumer.text;
  } finally {
    pool.close();
  }
}

/** Speaks TLS to whoever connects, and passes the bytes on to a port of 127.0.0.1. */
class TlsFront implements AsyncDisposable {
  readonly #server: TlsServer;
  readonly #sockets = new Set<Socket>();

  constructor(port: number) {
    this.#server = createTlsServer(certificate, (client) => {
      const target = connect(port, "127.0.0.1");
      client.pipe(target).pipe(client);
      for (const socket of [client, target]) {
        this.#sockets.add(socket);
        socket.on("error", () => socket.destroy());
      }
    });
  }

  async listen(): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.listen(0, "127.0.0.1", resolve);
    await promise;
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    for (const socket of this.#sockets) socket.destroy();
    await promise;
  }
}

describe("Dialer over TLS", () => {
  it("makes the server wait while the consumer works", async () => {
    const sent = Buffer.alloc(4 << 20, "abcdefghij");
    const server = stack.use(
      await TestServer.start((_request, response) => response.end(sent), certificate),
    );
    let atOnce = 0;
    let most = 0;
    const consumer = new TextConsumer(async (chunk) => {
      atOnce += chunk.length;
      most = Math.max(most, atOnce);
      await new Promise(setImmediate);
      atOnce -= chunk.length;
    });
    const text = await get(server.url(), {}, undefined, consumer);
    expect(text === sent.toString()).toBe(true);
    expect(most).toBeLessThanOrEqual(64 << 10);
  });

  it.each([
    ["closes", "HTTP/1.1 200 OK\r\n\r\n"],
    ["announces the length", "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"],
  ])("loses nothing of what comes in small records before the server %s", async (_how, head) => {
    const record = "0123456789".repeat(10);
    const server = stack.use(
      await RawServer.start((socket) => {
        // In one packet as far as they go: the client decrypts them all before it can be told to stop.
        socket.cork();
        socket.write(head);
        for (let count = 0; count < 1000; count += 1) socket.write(record);
        socket.end();
        socket.uncork();
      }, certificate),
    );
    let isHeld = true;
    const consumer = new TextConsumer(async (chunk) => {
      const before = Buffer.from(chunk);
      await new Promise(setImmediate);
      isHeld &&= before.equals(chunk);
    });
    const text = await get(new URL(`https://127.0.0.1:${server.port}/`), {}, undefined, consumer);
    expect(text === record.repeat(1000)).toBe(true);
    expect(isHeld).toBe(true);
  });

  it("agrees on HTTP/1.1 and names the host", async () => {
    const seen: unknown[] = [];
    const server = stack.use(
      await TestServer.start((request, response) => {
        const { socket } = request;
        if (socket instanceof TLSSocket) seen.push(socket.alpnProtocol, socket.servername);
        response.end("x");
      }, certificate),
    );
    await using proxy = new ConnectProxy();
    const HTTPS_PROXY = `http://127.0.0.1:${await proxy.listen()}`;
    await get(server.url("/", "origin.test"), { HTTPS_PROXY });
    await get(server.url("/"), {});
    expect(seen).toEqual(["http/1.1", "origin.test", "http/1.1", false]);
  });

  it("refuses a certificate for another host", async () => {
    const server = stack.use(
      await TestServer.start((_request, response) => response.end("x"), certificate),
    );
    await using proxy = new ConnectProxy();
    const HTTPS_PROXY = `http://127.0.0.1:${await proxy.listen()}`;
    const failure = get(server.url("/", "other.test"), { HTTPS_PROXY });
    await expect(failure).rejects.toMatchObject({ code: "ERR_TLS_CERT_ALTNAME_INVALID" });
  });

  it("resumes the session of a connection before", async () => {
    const resumed: boolean[] = [];
    const server = stack.use(
      await TestServer.start((request, response) => {
        // Of TLS here; node:http does not say so.
        if (request.socket instanceof TLSSocket) resumed.push(request.socket.isSessionReused());
        response.setHeader("connection", "close").end("x");
      }, certificate),
    );
    const pool = stack.adopt(
      new ConnectionPool({
        connectionsPerOrigin: 1,
        env: { SSL_CERT_FILE: certificate.authorityFile },
      }),
      (opened) => opened.close(),
    );
    const origin = pool.origin(server.url());
    for (let count = 0; count < 2; count += 1) {
      const connection = await origin.connections.connect(new AbortController().signal);
      await connection.send(origin.encodeGet(server.url(), {}), new TextConsumer());
    }
    expect(resumed).toEqual([false, true]);
  });
});

describe("Dialer through a proxy", () => {
  it("reaches https through a proxy that itself speaks TLS", async () => {
    const proxy = stack.use(new ConnectProxy());
    const front = stack.use(new TlsFront(await proxy.listen()));
    const server = stack.use(
      await TestServer.start((_request, response) => response.end("secure"), certificate),
    );
    const plain = stack.use(await TestServer.start((_request, response) => response.end("plain")));
    const url = `https://ann:pw@127.0.0.1:${await front.listen()}`;
    const env = { HTTPS_PROXY: url, HTTP_PROXY: url };
    expect(await get(server.url("/", "origin.test"), env)).toBe("secure");
    expect(await get(plain.url("/x", "origin.test"), env)).toBe("plain");
    expect(proxy.requests).toEqual([
      `CONNECT origin.test:${server.port}`,
      `GET http://origin.test:${plain.port}/x`,
    ]);
    const authorization = `Basic ${Buffer.from("ann:pw").toString("base64")}`;
    expect(proxy.authorizations).toEqual([authorization, authorization]);
  });

  it.each([
    ["HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 99\r\n\r\n", "407 Proxy Auth"],
    ["HTTP/1.1 503\r\n\r\n", "does not connect to origin.test:443: 503"],
  ])("says that the proxy answers %j", async (answer, message) => {
    const proxy = stack.use(await RawServer.start((socket) => socket.write(answer)));
    const env = { HTTPS_PROXY: `http://u:secret@127.0.0.1:${proxy.port}` };
    const failure = get(new URL("https://origin.test/"), env);
    await expect(failure).rejects.toEqual(rejection("UPSTREAM", message));
    await expect(failure).rejects.not.toThrow("secret");
    await expect(failure).rejects.toSatisfy(
      (error) => isGomodfsError(error) && (error.hint !== undefined) === answer.includes("407"),
    );
  });

  it("takes the tunnel of a proxy that speaks HTTP/1.0, but no bytes before their time", async () => {
    const proxy = stack.use(
      await RawServer.start((socket, received) => {
        if (received.includes("early.test")) socket.write("HTTP/1.0 200 OK\r\n\r\nearly");
        else if (received.includes("junk.test")) socket.write("nonsense");
        else socket.end("HTTP/1.0 200 OK\r\n\r\n");
      }),
    );
    const env = { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` };
    const outcome = (host: string): Promise<string> => get(new URL(`https://${host}/`), env);
    await expect(outcome("early.test")).rejects.toEqual(rejection("PROTOCOL", "CONNECT"));
    await expect(outcome("junk.test")).rejects.toEqual(rejection("PROTOCOL", "status line"));
    // Its answer is taken: it is TLS that does not come about.
    await expect(outcome("closed.test")).rejects.toMatchObject({ code: "ECONNRESET" });
  });

  it("gives up on a proxy that says nothing or goes away", async () => {
    const proxy = stack.use(
      await RawServer.start((socket, received) => {
        if (received.includes("gone.test")) socket.destroy();
      }),
    );
    const env = { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` };
    await expect(get(new URL("https://gone.test/"), env)).rejects.toMatchObject({
      code: "ECONNRESET",
    });
    const silent = get(new URL("https://silent.test/"), env, AbortSignal.timeout(30));
    await expect(silent).rejects.toMatchObject({ name: "TimeoutError" });
  });
});
