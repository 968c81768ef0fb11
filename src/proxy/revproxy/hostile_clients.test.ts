import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { describe, expect, it } from "vitest";
import { ProxyFixture } from "./testdata/proxy_fixture.ts";

const FRESH = { "cache-control": "max-age=3600" };

/** Asks for a tunnel, and gives the connection with the answer to that. */
async function openTunnel(fixture: ProxyFixture, target: string): Promise<[Socket, string]> {
  const socket = connect(fixture.port, "127.0.0.1");
  socket.on("error", () => {});
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
  const [answer] = (await once(socket, "data")) as [Buffer];
  return [socket, answer.toString("latin1")];
}

async function openSecureTunnel(fixture: ProxyFixture): Promise<TLSSocket> {
  const [socket] = await openTunnel(fixture, fixture.authority);
  const secure = connectTls({
    socket,
    servername: "listed.test",
    ca: readFileSync(fixture.proxy.authority.certificateFile),
  });
  secure.on("error", () => {});
  await once(secure, "secureConnect");
  return secure;
}

/** The first bytes that a TLS client sends. */
async function clientHello(): Promise<Buffer> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const client = connectTls({ host: "127.0.0.1", port, servername: "listed.test" });
  client.on("error", () => {});
  const [socket] = (await once(server, "connection")) as [Socket];
  const [hello] = (await once(socket, "data")) as [Buffer];
  client.destroy();
  server.close();
  return hello;
}

/** Sends bytes in a tunnel, and gives all that comes until the connection ends or a while has passed. */
async function converse(fixture: ProxyFixture, sent: string): Promise<string> {
  const socket = await openSecureTunnel(fixture);
  let received = "";
  socket.on("data", (bytes: Buffer) => {
    received += bytes.toString("latin1");
  });
  socket.write(sent, "latin1");
  await Promise.race([once(socket, "close"), sleep(3_000, undefined, { ref: false })]);
  socket.destroy();
  return received;
}

function statusesOf(received: string): number[] {
  return [...received.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status));
}

describe("ReverseProxy with hostile clients", () => {
  it("refuses what two readers would read differently", async () => {
    await using fixture = await ProxyFixture.start((_, response) => {
      response.writeHead(200, FRESH).end("content");
    });
    const host = `Host: ${fixture.authority}\r\n`;
    const shapes = [
      `POST / HTTP/1.1\r\n${host}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n`,
      `POST / HTTP/1.1\r\n${host}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd`,
      `POST / HTTP/1.1\r\n${host}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
      `GET / HTTP/1.1\r\n${host}Bad Name: x\r\n\r\n`,
      `GET / HTTP/1.1\r\n${host}X: a\r\n folded\r\n\r\n`,
      `GET / HTTP/1.1\nHost: ${fixture.authority}\n\n`,
      `GET / HTTP/1.1\r\n\r\n`,
      `GET /a b HTTP/1.1\r\n${host}\r\n`,
      `GET / HTTP/1.1\r\n${host}X: ${"x".repeat(20_000)}\r\n\r\n`,
    ];
    for (const shape of shapes) {
      const statuses = statusesOf(await converse(fixture, shape));
      expect(statuses.every((status) => status >= 400)).toBe(true);
    }
    expect(fixture.asked).toEqual([]);
  });

  it("lets a tunnel lead to its host and nowhere else", async () => {
    await using fixture = await ProxyFixture.start((_, response) => {
      response.writeHead(200, FRESH).end("content");
    });
    const close = "Connection: close\r\n";
    const host = `Host: ${fixture.authority}\r\n${close}`;
    const elsewhere = [
      `GET / HTTP/1.1\r\nHost: other.test\r\n${close}\r\n`,
      `GET / HTTP/1.1\r\nHost: listed.test\r\n${close}\r\n`,
      `GET / HTTP/1.1\r\nHost: x@${fixture.authority}/y\r\n${close}\r\n`,
      `GET https://other.test/ HTTP/1.1\r\n${host}\r\n`,
      `GET http://${fixture.authority}/ HTTP/1.1\r\n${host}\r\n`,
      `GET https://user:pass@${fixture.authority}/ HTTP/1.1\r\n${host}\r\n`,
      `GET / HTTP/1.1\r\n${host}Host: other.test\r\n\r\n`,
    ];
    for (const request of elsewhere) {
      const [status] = statusesOf(await converse(fixture, request));
      expect([400, 421]).toContain(status);
    }
    const options = await converse(fixture, `OPTIONS * HTTP/1.1\r\n${host}\r\n`);
    expect(statusesOf(options)).toEqual([400]);
    expect(
      statusesOf(await converse(fixture, `CONNECT other.test:443 HTTP/1.1\r\n${host}\r\n`)),
    ).toEqual([]);
    expect(fixture.asked).toEqual([]);
    const own = `GET https://${fixture.authority}/own HTTP/1.1\r\n${host}\r\n`;
    expect(statusesOf(await converse(fixture, own))).toEqual([200]);
    expect(fixture.asked).toEqual(["GET /own"]);
  });

  it("answers pipelined requests in their order", async () => {
    await using fixture = await ProxyFixture.start((request, response) => {
      const delay = request.url === "/slow" ? 200 : 0;
      setTimeout(() => response.writeHead(200, FRESH).end(`<${request.url}>`), delay);
    });
    const host = `Host: ${fixture.authority}\r\n`;
    const paths = ["/slow", "/1", "/2", "/1"];
    const sent = paths.map((path) => `GET ${path} HTTP/1.1\r\n${host}\r\n`).join("");
    const last = `GET /last HTTP/1.1\r\n${host}Connection: close\r\n\r\n`;
    const received = await converse(fixture, sent + last);
    const bodies = received.match(/<[^>]*>/g);
    expect(bodies).toEqual(["</slow>", "</1>", "</2>", "</1>", "</last>"]);
  });

  it("does not let header fields be about more than they are", async () => {
    await using fixture = await ProxyFixture.start((request, response) => {
      response.writeHead(200, [
        "Connection",
        "X-Hop",
        "X-Hop",
        "1",
        "X-End",
        "2",
        "Keep-Alive",
        "a",
      ]);
      response.end(JSON.stringify(request.headers));
    });
    const sent = [
      `GET / HTTP/1.1\r\nHost: ${fixture.authority}\r\nConnection: x-named, close\r\nX-Named: 1\r\n`,
      "X-Kept: 2\r\nProxy-Authorization: Basic c2VjcmV0\r\nTE: trailers\r\nUpgrade: h2c\r\n\r\n",
    ].join("");
    const received = await converse(fixture, sent);
    expect(received).toContain('"x-kept":"2"');
    expect(received).not.toMatch(/x-named|proxy-auth|c2VjcmV0|"te"|"upgrade"/i);
    expect(received).toMatch(/^X-End: 2\r$/m);
    expect(received).not.toMatch(/X-Hop|Keep-Alive: a/);
  });

  it("refuses CONNECT to anything but a listed host and port", async () => {
    await using fixture = await ProxyFixture.start((_, response) => response.end());
    const { authority } = fixture;
    const targets = [
      "other.test:443",
      "listed.test:443",
      "listed.test:22",
      `listed.test.:${authority.split(":")[1]}`,
      "127.0.0.1:443",
      "[::1]:443",
      "0x7f.1:443",
      "2130706433:443",
      `x@${authority}`,
      "listed.test",
      `${authority}/`,
      `${authority}:443`,
    ];
    for (const target of targets) {
      const [socket, answer] = await openTunnel(fixture, target);
      expect([target, /^HTTP\/1\.1 40[03] /.test(answer)]).toEqual([target, true]);
      socket.destroy();
    }
    const [socket, answer] = await openTunnel(fixture, authority.toUpperCase());
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    socket.destroy();
  });

  it("ends connections that begin nothing, and heads that never end", async () => {
    await using fixture = await ProxyFixture.start((_, response) => response.end());
    await fixture.restartProxy({ limits: { headTime: 400, idleTime: 400 } });
    const [silent] = await openTunnel(fixture, fixture.authority);
    await once(silent, "close");
    const slow = await openSecureTunnel(fixture);
    const closed = once(slow, "close");
    const drip = setInterval(() => slow.write("X"), 50);
    slow.write(`GET / HTTP/1.1\r\nHost: ${fixture.authority}\r\nX: `);
    slow.resume();
    await closed;
    clearInterval(drip);
    const idle = await openSecureTunnel(fixture);
    idle.resume();
    idle.write(`GET / HTTP/1.1\r\nHost: ${fixture.authority}\r\n\r\n`);
    await once(idle, "close");
    await expect.poll(() => fixture.proxy.statistics().tunnels).toBe(0);
  });

  it("takes what a client sends before the tunnel is there", async () => {
    await using fixture = await ProxyFixture.start((_, response) => response.end());
    const socket = connect(fixture.port, "127.0.0.1");
    const connectRequest = `CONNECT ${fixture.authority} HTTP/1.1\r\nHost: x.test\r\n\r\n`;
    socket.write(Buffer.concat([Buffer.from(connectRequest), await clientHello()]));
    let received = "";
    socket.on("data", (bytes: Buffer) => {
      received += bytes.toString("latin1");
    });
    // Type handshake, TLS 1.2 (RFC 8446 section 5.1), and in it a ServerHello.
    const serverHello = "\x16\x03\x03..\x02";
    await expect
      .poll(() => received)
      .toMatch(new RegExp(`^HTTP/1.1 200 .*\r\n\r\n${serverHello}`, "s"));
    socket.destroy();
  });

  it("bears no more tunnels than it was told to", async () => {
    await using fixture = await ProxyFixture.start((_, response) => response.end());
    await fixture.restartProxy({ maxTunnels: 2 });
    const tunnels = [await openSecureTunnel(fixture), await openSecureTunnel(fixture)];
    const [refused, answer] = await openTunnel(fixture, fixture.authority);
    expect(answer).toMatch(/^HTTP\/1\.1 503 /);
    refused.destroy();
    for (const tunnel of tunnels) tunnel.destroy();
    await expect.poll(() => fixture.proxy.statistics().tunnels).toBe(0);
    expect((await fixture.get("/")).status).toBe(200);
  });

  it("waits for a slow host, and not for ever", async () => {
    await using fixture = await ProxyFixture.start((request, response) => {
      if (request.url === "/slow") setTimeout(() => response.end("late"), 300);
    });
    await fixture.restartProxy({ timeouts: { idle: 600 } });
    expect(await fixture.get("/slow")).toMatchObject({ status: 200, body: "late" });
    const never = await fixture.get("/never");
    expect(never.status).toBe(504);
    expect(never.body).toContain("got nothing for 600 ms");
  });

  it("does not go round in circles", async () => {
    await using fixture = await ProxyFixture.start((_, response) => response.end("content"));
    const via = (await fixture.get("/")).headers.get("via") ?? "";
    expect((await fixture.get("/", "--header", `Via: 1.1 other, ${via}`)).status).toBe(508);
  });

  it("lets answers come to their end when it closes", async () => {
    await using fixture = await ProxyFixture.start((_, response) => {
      response.writeHead(200, FRESH).write("first ");
      setTimeout(() => response.end("last"), 400);
    });
    const answer = fixture.get("/");
    await expect.poll(() => fixture.asked.length).toBe(1);
    const idle = await openSecureTunnel(fixture);
    const start = performance.now();
    await fixture.proxy.close({ grace: 10_000 });
    expect(performance.now() - start).toBeLessThan(5_000);
    expect(await answer).toMatchObject({ status: 200, body: "first last" });
    idle.destroy();
  });
});
