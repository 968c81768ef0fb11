import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { HttpHandler } from "./http_exchange.ts";
import { ask } from "./testdata/http_ask.ts";
import { RawConnection } from "./testdata/raw_connection.ts";
import { ECHO, serve } from "./testdata/serving.ts";

const HOST = "Host: a.test\r\n";
/** What a request smuggled behind another would be seen as. */
const SMUGGLED = `GET /smuggled HTTP/1.1\r\n${HOST}\r\n`;

describe("HttpServer bears", () => {
  it.each<[string, string, number]>([
    [
      "a length beside chunks",
      `Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    [
      "chunks beside a length",
      `Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n`,
      400,
    ],
    ["two lengths", `Content-Length: 0\r\nContent-Length: 5\r\n\r\n`, 400],
    ["a list of lengths", `Content-Length: 0, 5\r\n\r\n`, 400],
    ["a signed length", `Content-Length: +0\r\n\r\n`, 400],
    ["a length with a space before the colon", `Content-Length : 0\r\n\r\n`, 400],
    ["an unknown coding", `Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`, 413],
    ["a coding after chunked", `Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`, 400],
    ["a vertical tab before the coding", `Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n`, 400],
    ["a folded field", `Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n`, 400],
    ["a lone LF", `A: b\nContent-Length: 0\r\n\r\n`, 400],
    ["a lone CR", `A: b\rContent-Length: 0\r\n\r\n`, 400],
    ["NUL in a field", `A: b\0c\r\n\r\n`, 400],
    ["two Hosts", `Host: b.test\r\n\r\n`, 400],
    ["a body", `Content-Length: ${SMUGGLED.length}\r\n\r\n`, 413],
    ["a chunked body", `Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 413],
  ])("%s, and looks at nothing behind it", async (_what, rest, status) => {
    await using serving = await serve([ECHO]);
    using connection = await RawConnection.open(serving.port);

    connection.send(`GET /first HTTP/1.1\r\n${HOST}${rest}${SMUGGLED}`);

    expect(await connection.ended()).not.toContain("/smuggled");
    expect(connection.statuses).toEqual([status]);
  });

  it.each<[string, string]>([
    ["no Host", `GET / HTTP/1.1\r\n\r\n`],
    ["lines without CR", `GET / HTTP/1.1\nHost: a\n\n`],
    ["HTTP/2's preface", `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`],
    ["an unknown version", `GET / HTTP/3.7\r\n${HOST}\r\n`],
    ["a TLS handshake", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"],
    ["a space in the target", `GET /a b HTTP/1.1\r\n${HOST}\r\n`],
    ["a made-up method", `G\x01T / HTTP/1.1\r\n${HOST}\r\n`],
  ])("%s", async (_what, request) => {
    await using serving = await serve([ECHO]);
    using connection = await RawConnection.open(serving.port);

    connection.send(request);
    await connection.ended();

    expect(connection.statuses).toEqual([400]);
  });

  it("targets in every form", async () => {
    await using serving = await serve([ECHO]);
    using connection = await RawConnection.open(serving.port);

    connection.send(`GET http://a.test/absolute?q HTTP/1.1\r\n${HOST}\r\n`);
    connection.send(`GET http://a.test HTTP/1.1\r\n${HOST}\r\n`);
    connection.send(`OPTIONS * HTTP/1.1\r\n${HOST}\r\n`);
    connection.send(`GET //a//b/../c?d?e HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`);
    const received = await connection.ended();

    expect(received.split("\r\n\r\n").map((part) => part.split("HTTP/1.1")[0])).toEqual([
      "",
      "/absolute",
      "",
      "",
      "//a//b/../c",
    ]);
    expect(connection.statuses).toEqual([200, 200, 200, 200]);
  });

  it("many requests at once on one connection, up to a bound, answered in turn", async () => {
    const slow: HttpHandler = {
      name: "slow",
      async handle({ path, response }) {
        await sleep(path === "/0" ? 30 : 1);
        return !!response.end(path);
      },
    };
    await using serving = await serve([slow], { limits: { requestsOfConnection: 4 } });
    using connection = await RawConnection.open(serving.port);

    connection.send([0, 1, 2, 3, 4, 5].map((n) => `GET /${n} HTTP/1.1\r\n${HOST}\r\n`).join(""));
    await connection.ended();

    expect(connection.statuses).toEqual([200, 200, 200, 200, 503]);
  });

  it.each<[string, string, number]>([
    ["a head that is too large", `A: ${"a".repeat(20_000)}\r\n\r\n`, 431],
    ["too many fields", `${"a: b\r\n".repeat(150)}\r\n`, 431],
  ])("%s", async (_what, fields, status) => {
    await using serving = await serve([ECHO]);
    using connection = await RawConnection.open(serving.port);

    connection.send(`GET / HTTP/1.1\r\n${HOST}${fields}`);
    await connection.ended();

    expect(connection.statuses).toEqual([status]);
  });

  it("a URL that is too long", async () => {
    await using serving = await serve([ECHO]);

    expect((await ask(serving.port, `/${"a".repeat(8_000)}`)).status).toBe(200);
    expect((await ask(serving.port, `/${"a".repeat(9_000)}`)).status).toBe(414);
  });

  it("heads that come too slowly, or never", async () => {
    await using serving = await serve([ECHO], { limits: { headTime: 300 } });
    using silent = await RawConnection.open(serving.port);
    using slow = await RawConnection.open(serving.port);

    slow.send("GET / HTTP/1.1\r\n");
    const drip = setInterval(() => slow.send("A: b\r\n"), 50);
    await Promise.all([silent.ended(), slow.ended()]);
    clearInterval(drip);

    expect(slow.statuses).toEqual([408]);
    expect(serving.server.connections).toBe(0);
  });

  it("connections that say nothing after an answer", async () => {
    await using serving = await serve([ECHO], { limits: { idleTime: 200 } });
    using connection = await RawConnection.open(serving.port);

    connection.send(`GET / HTTP/1.1\r\n${HOST}\r\n`);
    await connection.ended();

    expect(connection.statuses).toEqual([200]);
  });

  it("a reader that takes nothing, or a byte now and then", async () => {
    const endless: HttpHandler = {
      name: "endless",
      handle: ({ response }) => !!response.end(Buffer.alloc(64 << 20)),
    };
    await using serving = await serve([endless], {
      limits: { stallTime: 300, bytesPerSecond: 1 << 30 },
    });
    using paused = await RawConnection.open(serving.port);
    const dripping = connect({ host: "127.0.0.1", port: serving.port });
    dripping.on("error", () => {});
    const drip = setInterval(() => void dripping.read(1), 20);

    for (const socket of [paused.socket.pause(), dripping]) {
      socket.write(`GET / HTTP/1.1\r\n${HOST}\r\n`);
    }

    await expect.poll(() => serving.server.requests).toBe(2);
    await expect.poll(() => serving.server.connections, { timeout: 10_000 }).toBe(0);
    clearInterval(drip);
    dripping.destroy();
  });

  it("a slow reader that keeps up", async () => {
    const size = 8 << 20;
    const large: HttpHandler = {
      name: "large",
      handle: ({ response }) => !!response.end(Buffer.alloc(size)),
    };
    await using serving = await serve([large], {
      limits: { stallTime: 200, bytesPerSecond: 1 << 20 },
    });
    using connection = await RawConnection.open(serving.port);
    connection.socket.on("data", () => {
      connection.socket.pause();
      setTimeout(() => connection.socket.resume(), 5);
    });

    connection.send(`GET / HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`);

    expect((await connection.ended()).length).toBeGreaterThan(size);
  });

  it("more connections than it keeps: those idle longest make room", async () => {
    await using serving = await serve([ECHO], { limits: { connections: 3 } });
    using first = await RawConnection.open(serving.port);
    using second = await RawConnection.open(serving.port);
    using third = await RawConnection.open(serving.port);
    await expect.poll(() => serving.server.connections).toBe(3);
    first.send(`GET /1 HTTP/1.1\r\n${HOST}\r\n`);
    await first.receives(/\/1$/);

    using fourth = await RawConnection.open(serving.port);
    fourth.send(`GET /4 HTTP/1.1\r\n${HOST}\r\n`);
    await fourth.receives(/\/4$/);
    await second.ended();
    first.send(`GET /5 HTTP/1.1\r\n${HOST}\r\n`);
    await first.receives(/\/5$/);

    expect(third.socket.closed).toBe(false);
    expect(serving.server.connections).toBe(3);
  });

  // Each has two ends in this process, and there are not descriptors for 10,000 everywhere.
  it("thousands of idle connections", async () => {
    const count = 4_000;
    const kept = 1_000;
    await using serving = await serve([ECHO], { limits: { idleConnections: kept } });
    const before = process.memoryUsage().rss;
    const sockets = Array.from({ length: count }, () => connect(serving.port, "127.0.0.1"));
    let connected = 0;
    for (const socket of sockets) {
      socket
        .on("error", () => {})
        .once("connect", () => {
          connected += 1;
        });
    }
    await expect.poll(() => connected, { timeout: 30_000 }).toBe(count);
    await expect.poll(() => serving.server.connections).toBe(kept);

    const start = performance.now();
    expect((await ask(serving.port, "/")).status).toBe(200);

    expect(performance.now() - start).toBeLessThan(1_000);
    // 14 KB for each end were measured.
    expect((process.memoryUsage().rss - before) / (count + kept)).toBeLessThan(40_000);
    for (const socket of sockets) socket.destroy();
    await expect.poll(() => serving.server.connections, { timeout: 30_000 }).toBe(0);
  });
});
