import { once } from "node:events";
import { createServer, type LookupFunction } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { rejection } from "../../../test/support/rejection.ts";
import { TestServer } from "../../../test/support/test_server.ts";
import { ListedHosts } from "./listed_hosts.ts";
import { UpstreamRequests } from "./upstream_requests.ts";

describe("UpstreamRequests", () => {
  const toLoopback: LookupFunction = (_name, _options, answer) =>
    answer(null, [
      { address: "192.0.2.1", family: 4 },
      { address: "127.0.0.1", family: 4 },
    ]);

  it("does not follow a listed name into the private network", async () => {
    const hosts = ListedHosts.parse(["rebound.test"]);
    const timeouts = { connect: 2_000, idle: 2_000 };
    using upstream = new UpstreamRequests({ hosts, env: {}, timeouts, lookup: toLoopback });
    for (const url of ["http://rebound.test/", "https://rebound.test/"]) {
      const { signal } = new AbortController();
      const sent = upstream.send({ method: "GET", url: new URL(url), fields: [], signal });
      await expect(sent).rejects.toEqual(rejection("FORBIDDEN", "private network"));
    }
  });

  it("does so if its port is listed too", async () => {
    await using server = await TestServer.start((_, response) => response.end("inner"));
    const hosts = ListedHosts.parse([`inner.test:${server.port}`]);
    const lookup: LookupFunction = (_name, _options, answer) =>
      answer(null, [{ address: "127.0.0.1", family: 4 }]);
    const timeouts = { connect: 2_000, idle: 2_000 };
    using upstream = new UpstreamRequests({ hosts, env: {}, timeouts, lookup });
    const { signal } = new AbortController();
    const url = server.url("/", "inner.test");
    const fields = ["Host", url.host];
    const answer = await upstream.send({ method: "GET", url, fields, signal });
    expect(answer.statusCode).toBe(200);
    answer.resume();
  });

  it("sends again what met a connection that was closed meanwhile", async () => {
    let connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      let requests = 0;
      socket.on("error", () => {});
      socket.on("data", () => {
        requests += 1;
        if (requests === 1) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
        else socket.resetAndDestroy();
      });
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    server.listen(0, "127.0.0.1", resolve);
    await promise;
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const hosts = ListedHosts.parse([`127.0.0.1:${port}`]);
    using upstream = new UpstreamRequests({
      hosts,
      env: {},
      timeouts: { connect: 2_000, idle: 2_000 },
    });
    const { signal } = new AbortController();
    for (let time = 0; time < 3; time += 1) {
      const url = new URL(`http://127.0.0.1:${port}/`);
      const sent = { method: "GET", url, fields: ["Host", url.host], signal };
      const answer = await upstream.send(sent);
      answer.resume();
      await once(answer, "close");
      // Node gives the connection back a moment later.
      await sleep(20);
    }
    expect(connections).toBe(3);
    upstream[Symbol.dispose]();
    server.close();
  });
});
