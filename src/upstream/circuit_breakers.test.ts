import { createServer } from "node:http";
import { expect, it } from "vitest";
import { getText, HttpFixture } from "../../test/support/http_fixture.ts";
import { rejection } from "../../test/support/rejection.ts";
import { TestServer } from "../../test/support/test_server.ts";

/** A port on which nothing listens, until a test starts something there. */
async function unusedPort(): Promise<number> {
  await using server = await TestServer.start((_, response) => response.end());
  return server.port;
}

async function listen(port: number): Promise<AsyncDisposable & { readonly requests: number }> {
  let requests = 0;
  const server = createServer((_, response) => {
    requests += 1;
    response.end("back");
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(port, "127.0.0.1", resolve);
  await promise;
  return {
    get requests() {
      return requests;
    },
    async [Symbol.asyncDispose]() {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      await closed.promise;
    },
  };
}

it("a server that died fails at once after the first failure, and is asked again when it is back", async () => {
  await using fixture = new HttpFixture();
  const port = await unusedPort();
  const url = new URL(`http://127.0.0.1:${port}/list`);
  let now = Date.now();
  const client = fixture.client({ clock: () => now });

  await expect(getText(client, url)).rejects.toEqual(rejection("UPSTREAM", "connection refused"));
  expect(client.circuits()).toMatchObject([{ origin: url.origin, state: "open", failures: 4 }]);
  const start = performance.now();
  const refusals = Array.from({ length: 1_000 }, () => getText(client, url));
  const settled = await Promise.allSettled(refusals);
  expect(performance.now() - start).toBeLessThan(2_000);
  expect(settled.map(({ status }) => status)).toEqual(Array(1_000).fill("rejected"));
  await expect(getText(client, url)).rejects.toEqual(rejection("UPSTREAM", "not answering since"));

  await using server = await listen(port);
  await expect(getText(client, url)).rejects.toEqual(rejection("UPSTREAM", "asked again in 1 s"));
  expect(server.requests).toBe(0);
  now += 1_000;
  expect(await getText(client, url)).toEqual({ ok: true, body: "back" });
  expect(client.circuits()).toMatchObject([{ state: "closed", failures: 0 }]);
});

it("what a server answers about one thing shuts nobody out", async () => {
  await using fixture = new HttpFixture();
  const server = await fixture.serve((request, response) => {
    if (request.url?.startsWith("/evil")) response.statusCode = 500;
    response.end("answer");
  });
  const client = fixture.client();
  for (let i = 0; i < 8; i++) {
    const evil = await getText(client, server.url(`/evil/${i}`), { subject: "evil" });
    expect(evil).toMatchObject({ ok: false, status: 500 });
  }
  expect(client.circuits()).toMatchObject([{ state: "closed", failures: 32 }]);
  expect(await getText(client, server.url("/good"))).toEqual({ ok: true, body: "answer" });
});

it("a server that answers everything with 503 is left alone, until it answers again", async () => {
  await using fixture = new HttpFixture();
  let status = 503;
  let requests = 0;
  const server = await fixture.serve((_, response) => {
    requests += 1;
    response.writeHead(status).end("text");
  });
  let now = Date.now();
  const client = fixture.client({ clock: () => now });
  for (let i = 0; i < 5; i++) await getText(client, server.url(`/${i}`));
  expect(requests).toBe(20);
  await expect(getText(client, server.url("/5"))).rejects.toEqual(rejection("UPSTREAM", "503"));
  expect(requests).toBe(20);
  now += 1_000;
  status = 404;
  expect(await getText(client, server.url("/6"))).toMatchObject({ ok: false, status: 404 });
  expect(client.circuits()).toMatchObject([{ state: "closed" }]);
});

it("answers of 403, 404 and 410 say that a server is well", async () => {
  await using fixture = new HttpFixture();
  const server = await fixture.serve((request, response) => {
    response.writeHead(Number(request.url?.slice(1, 4))).end();
  });
  const client = fixture.client();
  for (let i = 0; i < 10; i++) {
    for (const status of [403, 404, 410]) await getText(client, server.url(`/${status}/${i}`));
  }
  expect(client.circuits()).toMatchObject([{ state: "closed", failures: 0, since: undefined }]);
});

it("the circuit of the host that a redirect leads to is another one", async () => {
  await using fixture = new HttpFixture();
  const port = await unusedPort();
  const server = await fixture.serve((request, response) => {
    if (request.url === "/fine") response.end("fine");
    else response.writeHead(302, { location: `http://127.0.0.1:${port}/` }).end();
  });
  const client = fixture.client();
  await expect(getText(client, server.url("/zip"))).rejects.toEqual(rejection("UPSTREAM"));
  const states = client.circuits().map(({ origin, state }) => [origin, state]);
  expect(new Map(states.map(([origin, state]) => [origin, state]))).toEqual(
    new Map([
      [`http://127.0.0.1:${port}`, "open"],
      [server.url().origin, "closed"],
    ]),
  );
  expect(await getText(client, server.url("/fine"))).toEqual({ ok: true, body: "fine" });
});
