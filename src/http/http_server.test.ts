import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, renameSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { createServer, type Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { rejection } from "../../test/support/rejection.ts";
import { temporaryDirectory } from "../../test/support/temporary_directory.ts";
import { makeTestCertificate } from "../../test/support/test_certificate.ts";
import { type ErrorCode, GomodfsError } from "../lib/gomodfs_error.ts";
import type { ExchangeOutcome } from "./exchange_outcome.ts";
import type { HttpExchange, HttpHandler } from "./http_exchange.ts";
import { HttpServer } from "./http_server.ts";
import { ask } from "./testdata/http_ask.ts";
import { RawConnection } from "./testdata/raw_connection.ts";
import { ANYBODY, ECHO, serve } from "./testdata/serving.ts";

const DESCRIPTOR_SERVER = new URL("testdata/descriptor_server.ts", import.meta.url).pathname;

describe("HttpServer", () => {
  it("asks its handlers in turn, and says who answered", async () => {
    const seen: (string | undefined)[] = [];
    const answerOnly = (name: string, wait: number): HttpHandler => ({
      name,
      async handle({ path, response }) {
        await sleep(wait);
        if (path !== `/${name}`) return false;
        response.end(name);
        return true;
      },
    });
    await using serving = await serve([answerOnly("a", 0), answerOnly("b", 1)], {
      observe: (_exchange, { handler }) => seen.push(handler),
    });

    expect((await ask(serving.port, "/b")).body.toString()).toBe("b");
    expect((await ask(serving.port, "/a?x=1")).body.toString()).toBe("a");
    const nowhere = await ask(serving.port, "/c");

    expect(nowhere.status).toBe(404);
    expect(nowhere.body.toString()).toMatch(/^not found: /);
    expect(seen).toEqual(["b", "a", undefined]);
  });

  it("gives each request an id of its own, whoever writes the answer", async () => {
    const ids: string[] = [];
    const writers: HttpHandler["handle"][] = [
      ({ response }) => !!response.writeHead(200, { A: "1" }).end(),
      ({ response }) => !!response.writeHead(200, ["A", "1"]).end(),
      ({ response }) => !!response.writeHead(200, "Fine").end(),
      ({ response }) => !!response.setHeader("A", "1").end(),
    ];
    const handler: HttpHandler = {
      name: "any",
      handle(exchange) {
        ids.push(exchange.id);
        return writers[Number(exchange.path.slice(1))]?.(exchange) ?? false;
      },
    };
    await using serving = await serve([handler]);

    for (let writer = 0; writer < 5; writer += 1) {
      const { headers } = await ask(serving.port, `/${writer}`);
      expect(headers["x-request-id"]).toBe(ids.at(-1));
    }
    expect(new Set(ids).size).toBe(5);
  });

  it.each<[ErrorCode, number, boolean]>([
    ["NOT_FOUND", 404, true],
    ["INVALID", 400, true],
    ["FORBIDDEN", 403, true],
    ["SECURITY", 403, true],
    ["UNVERIFIED", 403, true],
    ["UPSTREAM", 502, true],
    ["TIMEOUT", 504, true],
    ["BUSY", 503, true],
    ["UNSUPPORTED", 501, true],
    ["STORE", 500, false],
  ])("answers %s with %i", async (code, status, isTold) => {
    const outcomes: ExchangeOutcome[] = [];
    const error = new GomodfsError(code, "the reason /srv/store", { hint: "do this" });
    await using serving = await serve([failing(error)], {
      observe: (_exchange, outcome) => outcomes.push(outcome),
    });

    const answer = await ask(serving.port, "/");

    expect(answer.status).toBe(status);
    expect(answer.headers["content-type"]).toBe("text/plain; charset=UTF-8");
    expect(answer.headers["cache-control"]).toBe("no-store");
    expect(answer.body.toString().includes("the reason /srv/store\ndo this\n")).toBe(isTold);
    expect(outcomes[0]).toMatchObject({ status, error, isAborted: false });
  });

  it("answers 410 where upstream said that it is gone", async () => {
    await using serving = await serve([
      failing(new GomodfsError("NOT_FOUND", "it was taken back", { isGone: true })),
    ]);

    const answer = await ask(serving.port, "/");

    expect([answer.status, answer.body.toString()]).toEqual([
      410,
      "not found: it was taken back\n",
    ]);
  });

  it("tells clients nothing of a defect but where the log tells of it", async () => {
    await using serving = await serve([failing(new TypeError("x of undefined"))]);

    const { status, headers, body } = await ask(serving.port, "/");

    expect(status).toBe(500);
    expect(body.toString()).not.toContain("undefined");
    expect(body.toString()).toContain(headers["x-request-id"]);
  });

  it("lets in whom the hook lets in, now or later", async () => {
    const handler: HttpHandler = {
      name: "who",
      handle: ({ client, response }) => !!response.end(client.name),
    };
    await using serving = await serve([handler], {
      authenticate: ({ url }) => {
        const client = { ...ANYBODY, name: "ann" };
        if (url === "/now") return client;
        if (url === "/later") return sleep(1, client);
        if (url === "/broken") throw new Error("no file of credentials");
        return { status: 401, headers: { "WWW-Authenticate": "Basic" }, text: "who are you\n" };
      },
    });

    expect((await ask(serving.port, "/now")).body.toString()).toBe("ann");
    expect((await ask(serving.port, "/later")).body.toString()).toBe("ann");
    expect((await ask(serving.port, "/broken")).status).toBe(500);
    const refused = await ask(serving.port, "/never");
    expect([refused.status, refused.headers["www-authenticate"]]).toEqual([401, "Basic"]);
    expect(refused.body.toString()).toBe("who are you\n");
  });

  it("tells of each exchange when it has ended, also of those that clients leave", async () => {
    const outcomes: ExchangeOutcome[] = [];
    const waiting = Promise.withResolvers<HttpExchange>();
    const never: HttpHandler = {
      name: "never",
      async handle(exchange) {
        waiting.resolve(exchange);
        await once(exchange.signal, "abort");
        return true;
      },
    };
    const large: HttpHandler = {
      name: "large",
      handle: ({ path, response }) => path === "/large" && !!response.end(Buffer.alloc(100_000)),
    };
    await using serving = await serve([large, never], {
      observe: (_exchange, outcome) => outcomes.push(outcome),
    });

    await ask(serving.port, "/large");
    using connection = await RawConnection.open(serving.port);
    connection.send("GET /never HTTP/1.1\r\nHost: a\r\n\r\n");
    const exchange = await waiting.promise;
    expect(serving.server.requests).toBe(1);
    connection.socket.destroy();
    await once(exchange.signal, "abort");
    await expect.poll(() => outcomes.length).toBe(2);

    expect(outcomes[0]).toMatchObject({ handler: "large", status: 200, isAborted: false });
    expect(outcomes[0]?.bytes).toBeGreaterThan(100_000);
    expect(outcomes[0]?.bytes).toBeLessThan(101_000);
    expect(outcomes[1]).toMatchObject({ status: 499, isAborted: true });
    expect(serving.server.requests).toBe(0);
  });

  it("finishes what it answers before it ends", async () => {
    const begun = Promise.withResolvers<void>();
    const slow: HttpHandler = {
      name: "slow",
      async handle({ response }) {
        response.write("first ");
        begun.resolve();
        await sleep(200);
        response.end("last");
        return true;
      },
    };
    await using serving = await serve([slow]);
    using idle = await RawConnection.open(serving.port);
    const answer = ask(serving.port, "/");
    await begun.promise;

    const start = performance.now();
    await serving.server.close({ grace: 10_000 });

    expect((await answer).body.toString()).toBe("first last");
    expect(performance.now() - start).toBeLessThan(5_000);
    expect(await idle.ended()).toBe("");
    await expect(ask(serving.port, "/")).rejects.toThrow(/ECONNREFUSED/);
  });

  it("cuts off what takes longer than the grace", async () => {
    const begun = Promise.withResolvers<void>();
    const endless: HttpHandler = {
      name: "endless",
      handle({ response }) {
        response.write("first ");
        begun.resolve();
        return true;
      },
    };
    await using serving = await serve([endless]);
    using connection = await RawConnection.open(serving.port);
    connection.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await begun.promise;

    await serving.server.close({ grace: 20 });

    expect(await connection.ended()).toContain("first ");
  });

  it("asks to come again when too much is under way", async () => {
    const open = Promise.withResolvers<void>();
    const waits: HttpHandler = {
      name: "waits",
      async handle({ response }) {
        await open.promise;
        return !!response.end("done");
      },
    };
    await using serving = await serve([waits], { limits: { requests: 3 } });
    const first = [1, 2, 3].map(async () => await ask(serving.port, "/"));
    await expect.poll(() => serving.server.requests).toBe(3);

    const refused = await ask(serving.port, "/");
    open.resolve();

    expect([refused.status, refused.headers["retry-after"]]).toEqual([503, "1"]);
    expect((await Promise.all(first)).map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await ask(serving.port, "/")).status).toBe(200);
  });

  it("leaves CONNECT to its hook, and refuses it without one", async () => {
    await using closed = await serve([ECHO]);
    await using open = await serve([ECHO], {
      onConnect: ({ url }, socket, head) => {
        socket.write(`HTTP/1.1 200 Connection Established\r\n\r\n${url ?? ""} ${head.toString()}`);
        socket.pipe(socket);
      },
    });
    using refused = await RawConnection.open(closed.port);
    using tunnel = await RawConnection.open(open.port);

    refused.send("CONNECT a.test:443 HTTP/1.1\r\nHost: a.test\r\n\r\n");
    tunnel.send("CONNECT a.test:443 HTTP/1.1\r\nHost: a.test\r\n\r\nhello");
    await tunnel.receives(/a\.test:443 hello/);
    tunnel.send(" again");

    expect(await refused.ended()).toMatch(/^HTTP\/1\.1 405 /);
    expect(await tunnel.receives(/ again$/)).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe("HttpServer listens", () => {
  it("on a socket in the file system, in place of one that a killed server left", async () => {
    using directory = temporaryDirectory();
    const path = directory.join("http.sock");
    const abandoned = createServer().listen(directory.join("old.sock"));
    await once(abandoned, "listening");
    const server = new HttpServer({ handlers: [ECHO], authenticate: () => ANYBODY });
    const target = { kind: "unix", path } as const;

    // Closing removes the name that it was given; this one stays.
    renameSync(directory.join("old.sock"), path);
    await expect(server.listen({ target })).rejects.toEqual(rejection("BUSY", "something else"));
    abandoned.close();
    await once(abandoned, "close");
    expect(existsSync(path)).toBe(true);
    await server.listen({ target });

    expect(await bodyOf(httpRequest({ socketPath: path, path: "/there" }))).toBe("/there");
    await server.close({ grace: 0 });
    expect(existsSync(path)).toBe(false);
  });

  it("on a descriptor that it inherits", async () => {
    const inherited = createServer();
    inherited.listen(0, "127.0.0.1");
    await once(inherited, "listening");
    const child = spawn(process.execPath, [DESCRIPTOR_SERVER], {
      stdio: ["ignore", "ignore", "inherit", descriptorOf(inherited)],
    });
    await once(child, "spawn");
    const address = inherited.address();
    const port = typeof address === "object" ? address?.port : undefined;
    // The socket goes on listening; the child takes connections when it is up.
    inherited.close();

    expect((await ask(port ?? 0, "/here")).body.toString()).toBe("/here");
    child.kill();
    expect(await once(child, "close")).toEqual([0, null]);
  });

  it("says what is wrong with an address", async () => {
    await using serving = await serve([ECHO]);
    const { server, port } = serving;
    const taken = { kind: "tcp", host: "127.0.0.1", port } as const;

    await expect(server.listen({ target: taken })).rejects.toEqual(
      rejection("BUSY", `cannot listen on 127.0.0.1:${port}: something else does`),
    );
    const nowhere = { kind: "tcp", host: "192.0.2.1", port: 0 } as const;
    await expect(server.listen({ target: nowhere })).rejects.toEqual(
      rejection("USAGE", "cannot listen on 192.0.2.1:0: "),
    );
  });

  it("with TLS, and takes another certificate while it runs", async () => {
    using directory = temporaryDirectory();
    const old = makeTestCertificate(directory, ["127.0.0.1"]);
    const renewed = makeTestCertificate(directory, ["127.0.0.1"]);
    const server = new HttpServer({ handlers: [ECHO], authenticate: () => ANYBODY });
    const target = { kind: "tcp", host: "127.0.0.1", port: 0 } as const;
    const listener = await server.listen({ target, certificate: old });
    const askWithTls = async (): Promise<string> =>
      await fingerprintOf(httpsRequest(tlsOptions(listener.port ?? 0)));

    const before = await askWithTls();
    listener.setCertificate(renewed);
    const after = await askWithTls();
    expect(() => listener.setCertificate({ key: old.key, cert: renewed.cert })).toThrow(/key/i);

    expect(after).not.toBe(before);
    expect(await askWithTls()).toBe(after);
    await server.close({ grace: 0 });
  });
});

/** node:net tells nobody the descriptor of a socket. */
function descriptorOf(server: Server): number {
  const handle: unknown = Reflect.get(server, "_handle");
  const descriptor: unknown = typeof handle === "object" && handle && Reflect.get(handle, "fd");
  if (typeof descriptor !== "number") throw new Error("the server has no descriptor");
  return descriptor;
}

function failing(error: Error): HttpHandler {
  return {
    name: "failing",
    handle() {
      throw error;
    },
  };
}

function tlsOptions(port: number) {
  return { host: "127.0.0.1", port, path: "/", rejectUnauthorized: false, agent: false };
}

async function bodyOf(request: ReturnType<typeof httpRequest>): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  request.once("error", reject).once("response", (response) => {
    let body = "";
    response.setEncoding("utf8").on("data", (chunk: string) => {
      body += chunk;
    });
    response.once("end", () => resolve(body));
  });
  request.end();
  return await promise;
}

async function fingerprintOf(request: ReturnType<typeof httpsRequest>): Promise<string> {
  let fingerprint = "";
  request.once("socket", (socket) =>
    socket.once("secureConnect", () => {
      if ("getPeerCertificate" in socket && typeof socket.getPeerCertificate === "function") {
        const certificate: unknown = Reflect.apply(socket.getPeerCertificate, socket, []);
        fingerprint = JSON.stringify(certificate);
      }
    }),
  );
  expect(await bodyOf(request)).toBe("/");
  return fingerprint;
}
