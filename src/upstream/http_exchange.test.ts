import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { getText, HttpFixture } from "../../test/support/http_fixture.ts";
import { rejection } from "../../test/support/rejection.ts";
import type { BodyReceiver } from "./body_receiver.ts";
import { RawServer } from "./http1/testdata/raw_server.ts";

let fixture: HttpFixture;

beforeEach(() => {
  fixture = new HttpFixture();
});

afterEach(async () => {
  await fixture[Symbol.asyncDispose]();
});

/** Writes as slowly as a disk that is busy, and remembers what was asked of it. */
class SlowReceiver implements BodyReceiver<string> {
  readonly calls: string[] = [];
  readonly #delay: number;
  #text = "";

  constructor(delay: number) {
    this.#delay = delay;
  }

  async write(chunk: Buffer): Promise<void> {
    this.calls.push("write");
    await sleep(this.#delay);
    this.#text += chunk.toString("latin1");
    this.calls.push("written");
  }

  finish(): string {
    this.calls.push("finish");
    return this.#text;
  }

  discard(): void {
    this.calls.push("discard");
  }
}

describe("performExchange()", () => {
  it("does not count the time that the receiver takes as the server's", async () => {
    const server = await fixture.serve((_request, response) => response.end("body"));
    const http = fixture.client({ timeouts: { idle: 30 }, retry: { attempts: 1 } });
    const receiver = new SlowReceiver(90);
    const result = await http.get({ url: server.url(), maxBytes: 9, receive: () => receiver });
    expect(result).toEqual({ ok: true, body: "body" });
    expect(receiver.calls).toEqual(["write", "written", "finish"]);
  });

  it("times out on a server that stops after the receiver was done", async () => {
    const server = await fixture.serve((_request, response) => response.write("half"));
    const http = fixture.client({ timeouts: { idle: 30 }, retry: { attempts: 1 } });
    const receiver = new SlowReceiver(60);
    const failure = http.get({ url: server.url(), maxBytes: 9, receive: () => receiver });
    await expect(failure).rejects.toEqual(rejection("TIMEOUT", "got nothing for 30 ms"));
    expect(receiver.calls).toEqual(["write", "written", "discard"]);
  });

  it("discards when the receiver has finished its work, not in the middle", async () => {
    const closed = Promise.withResolvers<void>();
    const server = await fixture.serve((_request, response) => {
      response.on("close", () => closed.resolve());
      response.write("half");
    });
    const abort = new AbortController();
    const receiver = new SlowReceiver(60);
    setTimeout(() => abort.abort(), 20);
    const failure = fixture
      .client()
      .get({ url: server.url(), maxBytes: 9, signal: abort.signal, receive: () => receiver });
    await closed.promise;
    // The connection ends at once.
    expect(receiver.calls).toEqual(["write"]);
    await expect(failure).rejects.toEqual(rejection("CANCELLED", ""));
    expect(receiver.calls).toEqual(["write", "written", "discard"]);
  });

  it("gives the status of an answer whose explanation breaks off", async () => {
    const server = await fixture.serve((_request, response) => {
      response.writeHead(404, { "content-type": "text/plain", "content-length": 99 });
      response.write("no such version");
      setTimeout(() => response.destroy(), 5);
    });
    expect(await getText(fixture.client(), server.url())).toEqual({
      ok: false,
      status: 404,
      reason: "no such version",
    });
  });

  it("says of which request the answer breaks the protocol, and asks once", async () => {
    await using server = await RawServer.start((socket) => socket.write("220 mail.test ready\r\n"));
    const failure = getText(fixture.client(), new URL("x.mod", server.url));
    await expect(failure).rejects.toEqual(
      rejection("UPSTREAM", `GET ${server.url.href}x.mod: the answer is not valid HTTP`),
    );
    expect(server.sockets).toHaveLength(1);
  });

  it("asks on new connections when the server has forgotten all the kept ones", async () => {
    await using server = await RawServer.start((socket, received, connection) => {
      const requests = received.split("\r\n\r\n").length - 1;
      if (requests > 1 && connection < 3) socket.destroy();
      else setTimeout(() => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"), 5);
    });
    const http = fixture.client({ retry: { attempts: 1 } });
    const get = (): Promise<unknown> => getText(http, server.url);
    await Promise.all([get(), get(), get()]);
    expect(await get()).toEqual({ ok: true, body: "x" });
    expect(server.sockets).toHaveLength(4);
  });

  it("loads no more than it needs, and lets the process end while connections are kept", async () => {
    const server = await fixture.serve((_request, response) => response.end("x"));
    const program = `
      import { HttpClient } from ${JSON.stringify(new URL("./http_client.ts", import.meta.url).href)};
      import { MemoryReceiver } from ${JSON.stringify(new URL("./body_receiver.ts", import.meta.url).href)};
      const client = new HttpClient({ userAgent: "gomodfs/test", env: {} });
      const receive = (size) => new MemoryReceiver(size);
      const result = await client.get({ url: new URL(process.argv[1]), maxBytes: 9, receive });
      const isLoaded = (name) => process.moduleLoadList.includes("NativeModule " + name);
      console.log(result.ok, isLoaded("_http_client"), isLoaded("tls"));
    `;
    const start = performance.now();
    const args = ["--input-type=module", "--eval", program, server.url().href];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    // Each of these takes longer to load than a request.
    expect(stdout).toBe("true false false\n");
    // node:http's server closes after 5 s what is idle.
    expect(performance.now() - start).toBeLessThan(4_000);
  });
});
