import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { rejection } from "../../../test/support/rejection.ts";
import { TestServer } from "../../../test/support/test_server.ts";
import type { Connection, ResponseConsumer } from "./connection.ts";
import { Dialer } from "./dialer.ts";
import { OriginConnections } from "./origin_connections.ts";
import { endpointOf } from "./proxy_route.ts";
import { RawServer } from "./testdata/raw_server.ts";
import { TextConsumer } from "./testdata/text_consumer.ts";

let stack: AsyncDisposableStack;

beforeEach(() => {
  stack = new AsyncDisposableStack();
});

afterEach(async () => {
  await stack.disposeAsync();
});

const never = new AbortController().signal;

function connectionsTo(url: URL, limit = 2, idleTimeout = 60_000): OriginConnections {
  const dialer = new Dialer({});
  return stack.adopt(
    new OriginConnections({
      limit,
      idleTimeout,
      dial: async (read, signal) =>
        await dialer.dial(endpointOf(url), { kind: "direct" }, read, signal),
    }),
    (connections) => connections.close(),
  );
}

function ask(connection: Connection, consumer: ResponseConsumer, path = "/"): Promise<void> {
  return connection.send(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`, consumer);
}

async function get(connections: OriginConnections, path = "/"): Promise<TextConsumer> {
  const connection = await connections.connect(never);
  const consumer = new TextConsumer();
  try {
    await ask(connection, consumer, path);
  } finally {
    connections.release(connection);
  }
  return consumer;
}

describe("Connection", () => {
  it("reads what a web server says: framed, in chunks, empty, and until it closes", async () => {
    const large = "0123456789".repeat(100_000);
    const server = stack.use(
      await TestServer.start((request, response) => {
        switch (request.url ?? "") {
          case "/length":
            response.setHeader("content-length", large.length).end(large);
            break;
          case "/chunked":
            for (let place = 0; place < large.length; place += 30_000) {
              response.write(large.slice(place, place + 30_000));
            }
            response.addTrailers({ "x-trailer": "1" });
            response.end();
            break;
          case "/close":
            response.useChunkedEncodingByDefault = false;
            response.write(large);
            response.end();
            break;
          default:
            response.writeEarlyHints({ link: "</x>; rel=preload" });
            response.writeHead(204).end();
        }
      }),
    );
    const connections = connectionsTo(server.url(), 1);
    const framings = { "/length": "content-length", "/chunked": "transfer-encoding", "/close": "" };
    for (const path of ["/length", "/chunked", "/close", "/chunked", "/length"] as const) {
      const { received: head, text } = await get(connections, path);
      const names = head?.rawHeaders.map((name) => name.toLowerCase()) ?? [];
      const framing = ["content-length", "transfer-encoding"].filter((name) =>
        names.includes(name),
      );
      expect([path, framing.join()]).toEqual([path, framings[path]]);
      expect([head?.status, text.length, text === large]).toEqual([200, large.length, true]);
    }
    expect(await get(connections, "/none")).toMatchObject({ received: { status: 204 }, text: "" });
  });

  it("reads nothing while its consumer works, and leaves the bytes as they are", async () => {
    const sent = Buffer.alloc(8 << 20, "abcdefghij");
    const unsent: number[] = [];
    const server = stack.use(
      await RawServer.start((socket) => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${sent.length}\r\n\r\n`);
        socket.write(sent);
      }),
    );
    const connections = connectionsTo(server.url);
    const connection = await connections.connect(never);
    let atOnce = 0;
    let most = 0;
    let hasWaited = false;
    const consumer = new TextConsumer(async (chunk) => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      const before = Buffer.from(chunk);
      if (!hasWaited) {
        hasWaited = true;
        await sleep(50);
        unsent.push(server.sockets[0]?.writableLength ?? 0);
      } else await sleep(0);
      if (before.equals(chunk)) atOnce -= 1;
    });
    await ask(connection, consumer);
    // The kernel took what it could; the rest had stayed at the server.
    expect(unsent[0]).toBeGreaterThan(1 << 20);
    expect(most).toBe(1);
    expect(consumer.text === sent.toString("latin1")).toBe(true);
    expect(connection.isIdle).toBe(true);
  });

  it("goes on after a wait within one read, and waits before it fails", async () => {
    const chunk = "1\r\nx\r\n";
    const server = stack.use(
      await RawServer.start((socket, received) => {
        const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        if (received.includes("/whole")) socket.write(`${head}${chunk.repeat(20)}0\r\n\r\n`);
        else socket.write(head + chunk);
      }),
    );
    const connections = connectionsTo(server.url);
    const whole = await connections.connect(never);
    const slow = new TextConsumer(() => sleep(1));
    await ask(whole, slow, "/whole");
    expect(slow.text).toBe("x".repeat(20));

    const part = await connections.connect(never);
    let finished = false;
    const failing = ask(
      part,
      new TextConsumer(async () => {
        part.destroy(new Error("given up"));
        await sleep(20);
        finished = true;
      }),
    );
    await expect(failing).rejects.toThrow("given up");
    expect(finished).toBe(true);
  });

  it("reads from a host that has several addresses", async () => {
    const large = "0123456789".repeat(100_000);
    const server = stack.use(await TestServer.start((_request, response) => response.end(large)));
    // Of IPv6 first where the machine has it, which nobody listens at.
    const connections = connectionsTo(server.url("/", "localhost"));
    expect((await get(connections)).text === large).toBe(true);
  });

  it("fails with what its consumer throws, at once or later", async () => {
    const server = stack.use(await TestServer.start((_request, response) => response.end("x")));
    const connections = connectionsTo(server.url());
    const throwing = new TextConsumer(() => {
      throw new Error("no room");
    });
    const rejecting = new TextConsumer(() => Promise.reject(new Error("no room later")));
    const first = await connections.connect(never);
    await expect(ask(first, throwing)).rejects.toThrow(/^no room$/);
    const second = await connections.connect(never);
    await expect(ask(second, rejecting)).rejects.toThrow("no room later");
    expect([first.isIdle, second.isIdle]).toEqual([false, false]);
  });

  it("says whether a request failed because the connection was kept too long", async () => {
    const server = stack.use(
      await RawServer.start((socket, received, connection) => {
        const requests = received.split("\r\n\r\n").length - 1;
        if (requests === 1) socket.write("HTTP/1.1 204 No\r\n\r\n");
        else if (connection === 0) socket.destroy();
        else socket.end("HTTP/1.1 2");
      }),
    );
    const connections = connectionsTo(server.url);
    for (const isStale of [true, false]) {
      const connection = await connections.connect(never);
      await ask(connection, new TextConsumer());
      await expect(ask(connection, new TextConsumer())).rejects.toMatchObject({
        code: "ECONNRESET",
      });
      expect(connection.isStale).toBe(isStale);
    }
  });

  it("takes no bytes that nobody asked for, and none that are not HTTP", async () => {
    const server = stack.use(
      await RawServer.start((socket, received) => {
        if (received.includes("/junk")) socket.write("220 ready\r\n");
        else socket.write("HTTP/1.1 204 No\r\n\r\nHTTP/1.1 200 OK\r\n\r\nsmuggled");
      }),
    );
    const connections = connectionsTo(server.url);
    expect(await get(connections)).toMatchObject({ received: { status: 204 } });
    expect(connections.takeIdle()).toBeUndefined();
    await expect(get(connections, "/junk")).rejects.toEqual(rejection("PROTOCOL", "status line"));
  });
});

describe("OriginConnections", () => {
  it("opens no more than its limit, and hands released ones on", async () => {
    let sockets = 0;
    const server = stack.use(
      await TestServer.start((request, response) => {
        if (request.socket.listenerCount("seen") === 0) sockets += 1;
        request.socket.on("seen", () => undefined).setMaxListeners(0);
        setTimeout(() => response.end("x"), 2);
      }),
    );
    const connections = connectionsTo(server.url(), 2);
    const answers = await Promise.all(Array.from({ length: 20 }, () => get(connections)));
    expect(answers.map(({ text }) => text)).toEqual(Array(20).fill("x"));
    expect(sockets).toBe(2);
  });

  it("gives a place on when a connection ends or none comes about", async () => {
    const server = stack.use(
      await RawServer.start((socket) => socket.end("HTTP/1.1 204 No\r\nConnection: close\r\n\r\n")),
    );
    const connections = connectionsTo(server.url, 1);
    const answers = await Promise.all(Array.from({ length: 5 }, () => get(connections)));
    expect(answers.map(({ received }) => received?.status)).toEqual(Array(5).fill(204));
    expect(server.sockets).toHaveLength(5);

    const gone = new URL(server.url);
    await server[Symbol.asyncDispose]();
    const refused = connectionsTo(gone, 1);
    const attempts = await Promise.allSettled([get(refused), get(refused), get(refused)]);
    expect(attempts.map((attempt) => attempt.status)).toEqual(Array(3).fill("rejected"));
    expect(refused.isUnused).toBe(true);
  });

  it("forgets who no longer waits", async () => {
    const server = stack.use(await TestServer.start((_request, response) => response.end("x")));
    const connections = connectionsTo(server.url(), 1);
    const held = await connections.connect(never);
    const abort = new AbortController();
    const waiting = connections.connect(abort.signal);
    abort.abort(new Error("tired of waiting"));
    await expect(waiting).rejects.toThrow("tired of waiting");
    const next = connections.connect(never);
    connections.release(held);
    expect(await next).toBe(held);
  });

  it("gives an attempt up when told to", async () => {
    const server = stack.use(await RawServer.start(() => undefined));
    const connections = connectionsTo(server.url, 1);
    const abort = new AbortController();
    const attempt = connections.connect(abort.signal);
    abort.abort(new Error("too late"));
    await expect(attempt).rejects.toThrow("too late");
    expect(connections.isUnused).toBe(true);
  });

  it("drops a kept connection as soon as the server ends it", async () => {
    const server = stack.use(
      await RawServer.start((socket) => socket.write("HTTP/1.1 204 No\r\n\r\n")),
    );
    const connections = connectionsTo(server.url);
    await get(connections);
    server.sockets[0]?.end();
    await expect.poll(() => connections.isUnused).toBe(true);
    expect(connections.takeIdle()).toBeUndefined();
  });

  it("closes connections that nobody uses", async () => {
    const server = stack.use(
      await RawServer.start((socket) => socket.write("HTTP/1.1 204 No\r\n\r\n")),
    );
    const connections = connectionsTo(server.url, 2, 20);
    await get(connections);
    const [socket] = server.sockets;
    if (socket !== undefined) await once(socket, "close");
    await expect.poll(() => connections.isUnused).toBe(true);
    expect(await get(connections)).toMatchObject({ received: { status: 204 } });
  });

  it("fails what is under way and what waits when it is closed", async () => {
    const server = stack.use(await RawServer.start(() => undefined));
    const connections = connectionsTo(server.url, 1);
    const underWay = get(connections);
    const waiting = get(connections);
    await expect.poll(() => server.sockets.length).toBe(1);
    connections.close();
    await expect(underWay).rejects.toMatchObject({ code: "ECONNRESET" });
    await expect(waiting).rejects.toMatchObject({ code: "ECONNRESET" });
    await expect(connections.connect(never)).rejects.toMatchObject({ code: "ECONNRESET" });
  });
});
