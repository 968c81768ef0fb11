import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, openSync, readFileSync, renameSync } from "node:fs";
import { connect } from "node:net";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { rejection } from "../../../test/support/rejection.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../../test/support/temporary_directory.ts";
import { GomodfsError } from "../../lib/gomodfs_error.ts";
import type { ExchangeOutcome } from "../exchange_outcome.ts";
import type { HttpExchange, HttpHandler } from "../http_exchange.ts";
import { ServedHandlers } from "../testdata/served_handlers.ts";
import { AccessLog } from "./access_log.ts";

let directory: TemporaryDirectory;
beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(() => directory[Symbol.dispose]());

const answering: HttpHandler = {
  name: "modules",
  handle: ({ path, response }) => {
    if (path === "/fails") throw new GomodfsError("UPSTREAM", "GET https://proxy.test/: it is ill");
    response.end("content");
    return true;
  },
};

function linesOf(file: string): Record<string, unknown>[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Sends bytes as they are and waits for the connection's end. */
async function sendRaw(port: number, head: string): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  socket.end(Buffer.from(head, "latin1"));
  socket.resume();
  await once(socket, "close");
}

describe("AccessLog", () => {
  it("has a line for each request", async () => {
    const file = directory.join("logs/access.log");
    {
      await using log = await AccessLog.open({ target: file });
      await using served = await ServedHandlers.start([answering], log.observe);
      const headers = { "user-agent": "Go-http-client/1.1" };
      const answer = await fetch(served.url("/m/@v/v1.0.0.mod?go-get=1"), { headers });
      await answer.text();
      await (await fetch(served.url("/fails?token=SECRET"))).text();
      const [first, second] = await expect
        .poll(() => readFileSync(file, "utf8").split("\n").length, { timeout: 5_000 })
        .toBe(3)
        .then(() => linesOf(file));
      expect(first).toMatchObject({
        id: answer.headers.get("x-request-id"),
        client: "somebody",
        address: "127.0.0.1",
        method: "GET",
        path: "/m/@v/v1.0.0.mod?go-get=1",
        status: 200,
        handler: "modules",
        userAgent: "Go-http-client/1.1",
      });
      expect(first?.["bytes"]).toBeGreaterThan(7);
      expect(first?.["ms"]).toBeGreaterThanOrEqual(0);
      expect(first?.["time"]).toMatch(/^\d{4}-\d\d-\d\dT/);
      expect(second).toMatchObject({ status: 502, path: "/fails?xxxxx" });
      expect(second?.["error"]).toContain("UPSTREAM: GET https://proxy.test/");
    }
    expect(linesOf(file)).toHaveLength(2);
  });

  it("writes what waits when it ends, and a new file when it is told to", async () => {
    const file = directory.join("access.log");
    await using served = await ServedHandlers.start([answering], (...seen) => log.observe(...seen));
    const log = await AccessLog.open({ target: file });
    await (await fetch(served.url("/1"))).text();
    await expect.poll(() => linesOf(file), { timeout: 5_000 }).toHaveLength(1);
    renameSync(file, `${file}.1`);
    log.reopen();
    await (await fetch(served.url("/2"))).text();
    await log[Symbol.asyncDispose]();
    expect(linesOf(`${file}.1`)).toHaveLength(1);
    expect(linesOf(file)).toHaveLength(1);
  });

  it("can take a sample, of which failures are always part", async () => {
    const file = directory.join("access.log");
    {
      let number = 0;
      const random = (): number => (number = (number + 0.25) % 1);
      await using log = await AccessLog.open({ target: file, sample: 0.5, random });
      await using served = await ServedHandlers.start([answering], log.observe);
      for (let time = 0; time < 8; time += 1) await (await fetch(served.url("/ok"))).text();
      for (let time = 0; time < 3; time += 1) await (await fetch(served.url("/fails"))).text();
    }
    const statuses = linesOf(file).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(4);
    expect(statuses.filter((status) => status === 502)).toHaveLength(3);
  });

  it("drops lines that nobody takes, instead of keeping them", async () => {
    const fifo = directory.join("fifo");
    execFileSync("mkfifo", [fifo]);
    const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
    const writer = openSync(fifo, constants.O_WRONLY);
    try {
      const log = await AccessLog.open({ target: writer });
      const { promise, resolve } = Promise.withResolvers<[HttpExchange, ExchangeOutcome]>();
      await using served = await ServedHandlers.start([answering], (...seen) => resolve(seen));
      await (await fetch(served.url(`/${"x".repeat(400)}`))).text();
      const [exchange, outcome] = await promise;
      for (let time = 0; time < 20_000; time += 1) log.observe(exchange, outcome);
      expect(log.dropped).toBeGreaterThan(15_000);
      // The write that waits in the kernel ends when somebody reads.
      const drain = spawn("cat", [fifo], { stdio: ["ignore", "ignore", "ignore"] });
      await log[Symbol.asyncDispose]();
      drain.kill();
    } finally {
      closeSync(reader);
    }
  });

  it("says so if its file cannot be opened", async () => {
    const target = directory.path;
    await expect(AccessLog.open({ target })).rejects.toEqual(rejection("USAGE", "access log"));
  });

  it("never has a secret that came in a place for secrets", async () => {
    const file = directory.join("access.log");
    const secrets: string[] = [];
    {
      await using log = await AccessLog.open({ target: file });
      await using served = await ServedHandlers.start([answering], log.observe);
      const token = fc.stringMatching(/^[A-Za-z0-9_-]{12,40}$/).map((text) => `s3cret${text}`);
      const place = fc.constantFrom<(secret: string) => string>(
        (secret) => `GET /ok HTTP/1.1\r\nAuthorization: Bearer ${secret}\r\n`,
        (secret) => `GET /ok HTTP/1.1\r\nProxy-Authorization: Basic ${secret}\r\n`,
        (secret) => `GET /ok HTTP/1.1\r\nCookie: session=${secret}\r\n`,
        (secret) => `GET /ok HTTP/1.1\r\nX-Token: ${secret}\r\n`,
        (secret) => `GET /ok?token=${secret} HTTP/1.1\r\n`,
        (secret) => `GET /ok?${secret} HTTP/1.1\r\n`,
        (secret) => `GET /ok?go-get=1&a=${secret} HTTP/1.1\r\n`,
        (secret) => `GET /fails?go-get=1?${secret} HTTP/1.1\r\n`,
        (secret) => `GET http://user:${secret}@host.test/ok HTTP/1.1\r\n`,
        (secret) => `GET http://${secret}@host.test/fails?a HTTP/1.1\r\n`,
        (secret) => `GET /https://me:${secret}@host.test/ok HTTP/1.1\r\n`,
        (secret) => `GET //${secret}@host.test/ok HTTP/1.1\r\n`,
        (secret) => `GET /ok HTTP/1.1\r\nUser-Agent: go (http://u:${secret}@host.test)\r\n`,
        (secret) => `GET /ok HTTP/1.1\r\nReferer: https://host.test/?${secret}\r\n`,
      );
      await fc.assert(
        fc.asyncProperty(token, place, async (secret, head) => {
          secrets.push(secret);
          await sendRaw(served.port, `${head(secret)}Host: a.test\r\nConnection: close\r\n\r\n`);
        }),
        { numRuns: 150 },
      );
    }
    const written = readFileSync(file, "utf8");
    expect(linesOf(file)).toHaveLength(secrets.length);
    expect(secrets.filter((secret) => written.includes(secret))).toEqual([]);
  });
});
