import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { getText, HttpFixture } from "../../test/support/http_fixture.ts";
import { rejection } from "../../test/support/rejection.ts";
import { TestServer } from "../../test/support/test_server.ts";

let fixture: HttpFixture;

beforeEach(() => {
  fixture = new HttpFixture();
});

afterEach(async () => {
  await fixture[Symbol.asyncDispose]();
});

describe("HttpClient.get()", () => {
  it("gets bodies of known and unknown size over kept connections", async () => {
    const sockets = new Set<unknown>();
    const agents = new Set<string | undefined>();
    const server = await fixture.serve((request, response) => {
      sockets.add(request.socket);
      agents.add(request.headers["user-agent"]);
      if (request.url === "/sized") response.setHeader("content-length", 5);
      response.write("he");
      response.end("llo");
    });
    const http = fixture.client();
    for (const path of ["/sized", "/chunked", "/sized"]) {
      expect(await getText(http, server.url(path))).toEqual({ ok: true, body: "hello" });
    }
    expect(sockets.size).toBe(1);
    expect([...agents]).toEqual(["gomodfs/test"]);
  });

  it("gives a status with the server's reason, without control characters", async () => {
    const server = await fixture.serve((request, response) => {
      response.statusCode = 404;
      const type = request.url === "/html" ? "text/html" : "text/plain; charset=UTF-8";
      response.setHeader("content-type", type);
      response.end("not found:\u001b[31m no such\nversion\n\nsecret stack trace");
    });
    expect(await getText(fixture.client(), server.url("/text"))).toEqual({
      ok: false,
      status: 404,
      reason: "not found: [31m no such version",
    });
    expect(await getText(fixture.client(), server.url("/html"))).toMatchObject({ reason: "" });
  });

  it("stops reading an endless error page", async () => {
    const server = await fixture.serve((_request, response) => {
      response.writeHead(410, { "content-type": "text/plain" });
      const line = Buffer.alloc(4096, "x");
      const timer = setInterval(() => response.write(line), 1);
      response.on("close", () => clearInterval(timer));
    });
    const result = await getText(fixture.client(), server.url());
    expect(result).toMatchObject({ ok: false, status: 410, reason: /^x{648}\.\.\.$/ });
  });

  it.each([200, 404])("gives the beginning of an endless body with status %i", async (status) => {
    const server = await fixture.serve((request, response) => {
      response.writeHead(status, request.url === "/sized" ? { "content-length": 1 << 30 } : {});
      const timer = setInterval(() => response.write("0123456789"), 1);
      response.on("close", () => clearInterval(timer));
    });
    for (const path of ["/sized", "/chunked"]) {
      const options = { maxBytes: 25, beginningOnly: true };
      const { body } = await getText(fixture.client(), server.url(path), options);
      expect(Buffer.from(body ?? "").toString()).toBe("0123456789012345678901234");
    }
  });

  it.each([408, 429, 500, 502, 503, 504])("tries again after %i", async (status) => {
    let requests = 0;
    const server = await fixture.serve((_request, response) => {
      requests += 1;
      response.statusCode = requests < 3 ? status : 200;
      response.end("body");
    });
    expect(await getText(fixture.client(), server.url())).toEqual({ ok: true, body: "body" });
    expect(requests).toBe(3);
  });

  it.each([400, 403, 404, 501])("takes %i as said once", async (status) => {
    let requests = 0;
    const server = await fixture.serve((_request, response) => {
      requests += 1;
      response.statusCode = status;
      response.end();
    });
    expect(await getText(fixture.client(), server.url())).toMatchObject({ ok: false, status });
    expect(requests).toBe(1);
  });

  it("waits as long as the server asks, but not longer than its own bound", async () => {
    let requests = 0;
    const server = await fixture.serve((request, response) => {
      requests += 1;
      response.setHeader("retry-after", request.url === "/soon" ? "1" : "3600");
      response.statusCode = requests === 1 || request.url === "/late" ? 429 : 200;
      response.end("body");
    });
    const start = performance.now();
    expect(await getText(fixture.client(), server.url("/soon"))).toMatchObject({ ok: true });
    expect(performance.now() - start).toBeGreaterThan(990);
    requests = 0;
    expect(await getText(fixture.client(), server.url("/late"))).toMatchObject({
      ok: false,
      status: 429,
    });
    expect(requests).toBe(1);
  });

  it("gets a body again that was cut short", async () => {
    let requests = 0;
    const server = await fixture.serve((_request, response) => {
      requests += 1;
      response.setHeader("content-length", 6);
      response.write("abc");
      if (requests < 3) setTimeout(() => response.destroy(), 5);
      else response.end("def");
    });
    expect(await getText(fixture.client(), server.url())).toEqual({ ok: true, body: "abcdef" });
    expect(requests).toBe(3);
  });

  it("gives up on a body that is always cut short", async () => {
    const server = await fixture.serve((_request, response) => {
      response.write("abc");
      setTimeout(() => response.destroy(), 5);
    });
    await expect(getText(fixture.client({ retry: { attempts: 2 } }), server.url())).rejects.toEqual(
      rejection("UPSTREAM", "closed before the answer was complete"),
    );
  });

  it("says that a connection was refused", async () => {
    const gone = await TestServer.start(() => undefined);
    const url = gone.url();
    await gone[Symbol.asyncDispose]();
    await expect(getText(fixture.client({ retry: { attempts: 2 } }), url)).rejects.toEqual(
      rejection("UPSTREAM", "connection refused"),
    );
  });

  it("survives connections that the server closed while they were kept", async () => {
    let requests = 0;
    const server = await fixture.serve((request, response) => {
      requests += 1;
      // The second request on a connection finds it closed: only a new connection helps.
      if (request.socket.listenerCount("gomodfs-used") > 0) return void request.socket.destroy();
      request.socket.on("gomodfs-used", () => undefined);
      response.end("body");
    });
    const http = fixture.client({ retry: { attempts: 1 } });
    expect(await getText(http, server.url())).toMatchObject({ ok: true });
    expect(await getText(http, server.url())).toMatchObject({ ok: true });
    expect(requests).toBe(3);
  });

  it.each([true, false])("refuses a body above its bound (announced: %s)", async (announced) => {
    const server = await fixture.serve((_request, response) => {
      if (announced) response.setHeader("content-length", 5000);
      response.write(Buffer.alloc(2500));
      response.end(Buffer.alloc(2500));
    });
    await expect(getText(fixture.client(), server.url(), { maxBytes: 4999 })).rejects.toEqual(
      rejection("TOO_LARGE", "4999 bytes"),
    );
    expect(await getText(fixture.client(), server.url(), { maxBytes: 5000 })).toMatchObject({
      ok: true,
    });
  });

  it("refuses a body that was packed unasked", async () => {
    const server = await fixture.serve((request, response) => {
      expect(request.headers["accept-encoding"]).toBe("identity");
      response.setHeader("content-encoding", "gzip");
      response.end("x");
    });
    await expect(getText(fixture.client(), server.url())).rejects.toEqual(
      rejection("UPSTREAM", "gzip"),
    );
  });
});

describe("HttpClient time-outs and cancellation", () => {
  it("times out on a server that says nothing, or stops in the middle", async () => {
    let requests = 0;
    const server = await fixture.serve((request, response) => {
      requests += 1;
      if (request.url === "/half") response.write("half");
    });
    const http = fixture.client({ timeouts: { idle: 30 }, retry: { attempts: 2 } });
    for (const path of ["/silent", "/half"]) {
      await expect(getText(http, server.url(path))).rejects.toEqual(rejection("TIMEOUT", "30 ms"));
    }
    expect(requests).toBe(4);
  });

  it("times out when no connection comes about", async () => {
    // TLS with a server that does not speak it.
    const server = await fixture.serve(() => undefined);
    const url = new URL(`https://127.0.0.1:${server.port}/`);
    const http = fixture.client({ timeouts: { connect: 1 }, retry: { attempts: 1 } });
    await expect(getText(http, url)).rejects.toEqual(rejection("TIMEOUT", "no connection in 1 ms"));
  });

  it("times out on a body that only trickles", async () => {
    const server = await fixture.serve((_request, response) => {
      const timer = setInterval(() => response.write("x"), 10);
      response.on("close", () => clearInterval(timer));
    });
    const http = fixture.client({ timeouts: { idle: 1000, total: 120 } });
    const start = performance.now();
    await expect(getText(http, server.url())).rejects.toEqual(rejection("TIMEOUT", "120 ms"));
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it("stops at once when cancelled: before, while it waits and in the body", async () => {
    const closed = Promise.withResolvers<void>();
    const abort = new AbortController();
    const server = await fixture.serve((_request, response) => {
      response.write("x");
      response.on("close", () => closed.resolve());
      setTimeout(() => abort.abort(), 10);
    });
    const http = fixture.client();
    const options = { signal: abort.signal };
    await expect(getText(http, server.url(), options)).rejects.toEqual(rejection("CANCELLED", ""));
    await closed.promise;
    await expect(getText(http, server.url(), options)).rejects.toEqual(rejection("CANCELLED", ""));

    const busy = await fixture.serve((_request, response) => response.writeHead(503).end());
    const waiting = fixture.client({
      retry: { baseDelay: 60_000, maxDelay: 60_000 },
      random: () => 1,
    });
    const later = AbortSignal.timeout(50);
    const start = performance.now();
    await expect(getText(waiting, busy.url(), { signal: later })).rejects.toEqual(
      rejection("CANCELLED", ""),
    );
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});

describe("HttpClient connections", () => {
  it("never has more than its number to one host, and lets demand overtake", async () => {
    const order: string[] = [];
    let running = 0;
    let most = 0;
    const server = await fixture.serve((request, response) => {
      order.push(request.url ?? "");
      running += 1;
      most = Math.max(most, running);
      setTimeout(() => {
        running -= 1;
        response.end("x");
      }, 20);
    });
    const http = fixture.client({ connectionsPerHost: 2 });
    const ahead = Array.from(
      { length: 6 },
      async (_, index) => await getText(http, server.url(`/ahead${index}`), { priority: "ahead" }),
    );
    const demand = getText(http, server.url("/demand"), { priority: "demand" });
    await Promise.all([...ahead, demand]);
    expect(most).toBe(2);
    expect(order.indexOf("/demand")).toBeLessThan(2);
  });
});
