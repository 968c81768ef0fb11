import { createHash } from "node:crypto";
import {
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { refusal } from "../../http/refusal.ts";
import { ProxyFixture } from "./testdata/proxy_fixture.ts";

const FRESH = { "cache-control": "max-age=3600" };

describe("ReverseProxy", () => {
  it("asks a listed host once, and then answers itself, offline too", async () => {
    await using fixture = await ProxyFixture.start((_, response) => {
      response.writeHead(200, { ...FRESH, "content-type": "text/x-test", etag: '"1"' });
      response.end("content");
    });
    const first = await fixture.get("/a?b=c");
    expect(first).toMatchObject({ exitCode: 0, status: 200, body: "content" });
    expect(first.headers.get("cache-status")).toBe("gomodfs; fwd=miss; stored");
    await fixture.stopOrigin();
    const second = await fixture.get("/a?b=c");
    expect(second).toMatchObject({ exitCode: 0, status: 200, body: "content" });
    expect(second.headers.get("content-type")).toBe("text/x-test");
    expect(second.headers.get("cache-status")).toBe("gomodfs; hit");
    expect(second.headers.get("age")).toMatch(/^\d$/);
    expect(second.headers.get("via")).toMatch(/^1\.1 gomodfs-/);
    const head = await fixture.get("/a?b=c", "--head");
    expect(head.status).toBe(200);
    expect(head.headers.get("content-length")).toBe("7");
    const conditional = await fixture.get("/a?b=c", "--header", 'If-None-Match: "1"');
    expect(conditional.status).toBe(304);
    const other = await fixture.get("/a?b=d");
    expect(other.status).toBe(502);
    expect(fixture.asked).toEqual(["GET /a?b=c"]);
    await fixture.restartProxy();
    expect(await fixture.get("/a?b=c")).toMatchObject({ status: 200, body: "content" });
  });

  it("refuses hosts that are not listed, other ports, addresses and other ways to ask", async () => {
    await using fixture = await ProxyFixture.start((_, response) => response.end(), {});
    const refused = async (url: string): Promise<string> => {
      const answer = await fixture.curl(url, "--write-out", "%{http_connect}");
      expect(answer.exitCode === 56 || answer.status === 403).toBe(true);
      return answer.body;
    };
    expect(await refused("https://other.test/")).toContain("403");
    expect(await refused("https://listed.test/")).toContain("403");
    expect(await refused("https://listed.test.other.test/")).toContain("403");
    expect(await refused("https://127.0.0.1/")).toContain("403");
    expect(await refused("https://169.254.169.254/")).toContain("403");
    expect(await refused("https://[::1]/")).toContain("403");
    expect(await refused("http://other.test/")).toContain("not listed");
    expect(await refused("http://169.254.169.254/latest/")).toContain("not listed");
    expect(fixture.asked).toEqual([]);
  });

  it("refuses private addresses even if they are listed, unless their port is too", async () => {
    const answer = (_: unknown, response: { end(text: string): void }): void => response.end("x");
    await using fixture = await ProxyFixture.start(answer, { hosts: ["127.0.0.1", "localhost"] });
    const connect = await fixture.curl("https://127.0.0.1/", "--write-out", "%{http_connect}");
    expect(connect.body).toBe("403");
    const plain = await fixture.curl("http://localhost/");
    expect(plain.status).toBe(403);
    expect(plain.body).toContain("private network");
  });

  it("forwards plain http for listed hosts", async () => {
    await using origin = await startPlainOrigin();
    await using fixture = await ProxyFixture.start((_, response) => response.end(), {
      hosts: [`127.0.0.1:${origin.port}`],
    });
    const url = `http://127.0.0.1:${origin.port}/plain`;
    expect(await fixture.curl(url)).toMatchObject({ status: 200, body: "plain /plain" });
    expect((await fixture.curl(url)).headers.get("cache-status")).toBe("gomodfs; hit");
  });

  it("fetches once for clients that come together, and streams to all of them", async () => {
    const size = 3_000_000;
    await using fixture = await ProxyFixture.start((_, response) => {
      response.writeHead(200, { ...FRESH, "content-length": size });
      response.write(Buffer.alloc(size / 2, 1));
      setTimeout(() => response.end(Buffer.alloc(size / 2, 2)), 800);
    });
    const answers = await Promise.all(
      Array.from({ length: 12 }, async () => await fixture.get("/large")),
    );
    const expected = Buffer.concat([Buffer.alloc(size / 2, 1), Buffer.alloc(size / 2, 2)]);
    for (const { status, body } of answers) {
      expect(status).toBe(200);
      expect(sha256(body)).toBe(sha256(expected.toString()));
    }
    expect(fixture.asked).toHaveLength(1);
  });

  it("goes on for those who stay when the first client leaves", async () => {
    await using fixture = await ProxyFixture.start((_, response) => {
      response.writeHead(200, { ...FRESH, "content-length": 20 }).write("0123456789");
      setTimeout(() => response.end("0123456789"), 1_500);
    });
    const first = fixture.get("/x", "--max-time", "0.7");
    await sleep(300);
    const second = fixture.get("/x");
    expect((await first).exitCode).toBe(28);
    expect(await second).toMatchObject({ status: 200, body: "01234567890123456789" });
    expect(fixture.asked).toHaveLength(1);
  });

  it("gives up when nobody is left, and asks anew for the next", async () => {
    let ended = 0;
    await using fixture = await ProxyFixture.start((request, response) => {
      response.writeHead(200, { ...FRESH, "content-length": 20 }).write("0123456789");
      const isFirst = fixture.asked.length === 1;
      request.socket.once("close", () => (ended += isFirst ? 1 : 0));
      if (!isFirst) response.end("0123456789");
    });
    expect((await fixture.get("/x", "--max-time", "0.5")).exitCode).toBe(28);
    await expect.poll(() => ended).toBe(1);
    expect(await fixture.get("/x")).toMatchObject({ status: 200, body: "01234567890123456789" });
  });

  it("never keeps content that was cut off", async () => {
    await using fixture = await ProxyFixture.start((request, response) => {
      if (fixture.asked.length > 3) response.writeHead(200, FRESH).end("whole content");
      else if (request.url === "/length") {
        response.writeHead(200, { ...FRESH, "content-length": 13 }).write("whole");
      } else response.writeHead(200, FRESH).write("whole");
      if (fixture.asked.length <= 3) setTimeout(() => response.destroy(), 50);
    });
    for (const path of ["/length", "/chunked", "/length"]) {
      expect((await fixture.get(path)).exitCode).not.toBe(0);
    }
    expect(await fixture.get("/length")).toMatchObject({ exitCode: 0, body: "whole content" });
    expect(await fixture.get("/chunked")).toMatchObject({ exitCode: 0, body: "whole content" });
    expect(fixture.asked).toHaveLength(5);
    expect(readdirSync(fixture.directory.join("revproxy/answers/tmp"))).toEqual([]);
  });

  it("keeps nothing that is somebody's own, and no secrets", async () => {
    await using fixture = await ProxyFixture.start((request, response) => {
      const own = request.url === "/private" ? { "cache-control": "private, max-age=9" } : FRESH;
      const cookie = request.url === "/cookie" ? { "set-cookie": "session=SECRET" } : {};
      response.writeHead(request.url === "/status" ? 203 : 200, { ...own, ...cookie });
      response.end(`${request.headers.authorization} ${request.headers.cookie}`);
    });
    const twice = async (path: string, ...args: readonly string[]): Promise<string[]> => {
      const before = fixture.asked.length;
      const answers = [await fixture.get(path, ...args), await fixture.get(path, ...args)];
      expect(fixture.asked.length - before).toBe(2);
      return answers.map(({ body }) => body);
    };
    expect(await twice("/a?token=SECRET", "--user", "me:SECRET")).toEqual(
      Array.from({ length: 2 }, () => "Basic bWU6U0VDUkVU undefined"),
    );
    await twice("/a", "--header", "Cookie: session=SECRET");
    await twice("/a", "--range", "0-1");
    await twice("/cookie");
    await twice("/private");
    await twice("/status");
    await twice("/a", "--request", "POST", "--data", "SECRET");
    await fixture.get("/signed?token=SECRET", "--header", "X-Vary: SECRET");
    expect(allFiles(fixture.directory.join("revproxy/answers"))).not.toContain("SECRET");
  });

  it("asks whether what it has still holds, and gives it if it does", async () => {
    let version = 1;
    await using fixture = await ProxyFixture.start((request, response) => {
      const etag = `"${version}"`;
      const isSame = request.headers["if-none-match"] === etag;
      response.writeHead(isSame ? 304 : 200, { etag, "cache-control": "no-cache" });
      response.end(isSame ? undefined : `version ${version}`);
    });
    expect((await fixture.get("/v")).body).toBe("version 1");
    const same = await fixture.get("/v");
    expect(same).toMatchObject({ status: 200, body: "version 1" });
    expect(same.headers.get("cache-status")).toBe("gomodfs; fwd=stale; fwd-status=304");
    version = 2;
    expect((await fixture.get("/v")).body).toBe("version 2");
    expect((await fixture.get("/v")).body).toBe("version 2");
    await fixture.stopOrigin();
    expect((await fixture.get("/v")).status).toBe(502);
  });

  it("gives what is stale if the host cannot be reached or is ill", async () => {
    await using fixture = await ProxyFixture.start((request, response) => {
      const isIll = request.headers["if-none-match"] !== undefined;
      response.writeHead(isIll ? 503 : 200, { etag: '"1"' }).end(isIll ? "ill" : "content");
    });
    await fixture.get("/a");
    expect(await fixture.get("/a")).toMatchObject({ status: 200, body: "content" });
    await fixture.stopOrigin();
    const stale = await fixture.get("/a");
    expect(stale).toMatchObject({ status: 200, body: "content" });
    expect(stale.headers.get("cache-status")).toBe("gomodfs; hit; detail=stale");
    expect((await fixture.get("/a", "--header", "Cache-Control: no-cache")).status).toBe(502);
  });

  it("tells apart what varies", async () => {
    await using fixture = await ProxyFixture.start((request, response) => {
      const { "accept-language": language = "none" } = request.headers;
      response.writeHead(200, { ...FRESH, vary: "Accept-Language" }).end(language);
    });
    const ask = async (language: string): Promise<string> =>
      (await fixture.get("/a", "--header", `Accept-Language: ${language}`)).body;
    expect([await ask("de"), await ask("en"), await ask("de"), await ask("en")]).toEqual([
      "de",
      "en",
      "de",
      "en",
    ]);
    expect(fixture.asked).toHaveLength(2);
  });

  it("keeps all that an immutable host answers, by its URL", async () => {
    await using fixture = await ProxyFixture.start((request, response) => {
      response.writeHead(200, request.url === "/no" ? { "cache-control": "no-store" } : {});
      response.end("x");
    });
    await fixture.restartProxy({ hosts: [`${fixture.authority},immutable`] });
    for (let time = 0; time < 2; time += 1) {
      await fixture.get("/yes");
      await fixture.get("/no");
    }
    expect(fixture.asked).toEqual(["GET /yes", "GET /no", "GET /no"]);
  });

  it("forgets what was used longest ago", async () => {
    await using fixture = await ProxyFixture.start((_, response) => {
      response.writeHead(200, FRESH).end(Buffer.alloc(100_000));
    });
    await fixture.restartProxy({ cacheBytes: 350_000, maxStoredBytes: 200_000 });
    for (const path of ["/1", "/2", "/3", "/1", "/4", "/1", "/2"]) await fixture.get(path);
    expect(fixture.asked).toEqual(["GET /1", "GET /2", "GET /3", "GET /4", "GET /2"]);
    expect(fixture.proxy.statistics().storedBytes).toBeLessThanOrEqual(350_000);
    // All have the same content, which is there once.
    expect(allFiles(fixture.directory.join("revproxy/answers/bodies"))).toHaveLength(100_000);
  });

  it("passes on what is too large to be kept, of known and of unknown size", async () => {
    const size = 400_000;
    await using fixture = await ProxyFixture.start((request, response) => {
      const length = request.url === "/known" ? { "content-length": size } : {};
      response.writeHead(200, { ...FRESH, ...length }).write(Buffer.alloc(size / 2, "a"));
      setTimeout(() => response.end(Buffer.alloc(size / 2, "b")), 100);
    });
    await fixture.restartProxy({ cacheBytes: 1_000_000, maxStoredBytes: 300_000 });
    expect((await fixture.get("/known")).body).toHaveLength(size);
    // That it is too large shows only when some of it has been given; the next time that is known.
    expect((await fixture.get("/unknown")).exitCode).not.toBe(0);
    expect((await fixture.get("/unknown")).body).toHaveLength(size);
    expect(fixture.proxy.statistics().storedAnswers).toBe(0);
  });

  it("finds damage before a client does", async () => {
    await using fixture = await ProxyFixture.start((request, response) => {
      response
        .writeHead(200, FRESH)
        .end(request.url === "/large" ? Buffer.alloc(1e6, "l") : "small");
    });
    const bodies = fixture.directory.join("revproxy/answers/bodies");
    const small = await fixture.get("/small");
    damageFiles(bodies);
    expect((await fixture.get("/small")).body).toBe(small.body);
    for (const file of filesOf(bodies)) truncateSync(file, 2);
    expect((await fixture.get("/small")).body).toBe(small.body);
    await fixture.get("/large");
    damageFiles(bodies);
    expect((await fixture.get("/large")).exitCode).not.toBe(0);
    expect((await fixture.get("/large")).body).toBe("l".repeat(1e6));
    expect(fixture.proxy.statistics().damaged).toBe(3);
  });

  it("leaves nothing open of clients that go away", async () => {
    await using fixture = await ProxyFixture.start((_, response) => {
      response.writeHead(200, FRESH).end(Buffer.alloc(5_000_000));
    });
    await fixture.get("/large");
    const leave = ["--limit-rate", "100k", "--max-time", "0.5"];
    const answers = await Promise.all(
      Array.from({ length: 8 }, async () => await fixture.get("/large", ...leave)),
    );
    expect(answers.every(({ exitCode }) => exitCode === 28)).toBe(true);
    await expect.poll(() => openFilesBelow(fixture.directory.path), { timeout: 5_000 }).toEqual([]);
  });

  it("passes other methods on with their content, up to a bound", async () => {
    await using fixture = await ProxyFixture.start((request, response) => {
      const hash = createHash("sha256");
      request.on("data", (bytes: Buffer) => hash.update(bytes));
      request.on("end", () => {
        const { "content-length": length, "transfer-encoding": coding } = request.headers;
        response.end(`${request.method} ${length ?? coding} ${hash.digest("hex")}`);
      });
    });
    await fixture.restartProxy({ maxRequestBytes: 100_000 });
    const content = "c".repeat(90_000);
    const file = fixture.directory.join("content");
    writeFileSync(file, content);
    const send = ["--data-binary", `@${file}`, "--request"];
    for (const method of ["POST", "DELETE", "GET", "PATCH"]) {
      const sized = await fixture.get("/", ...send, method);
      expect(sized.body).toBe(`${method} 90000 ${sha256(content)}`);
      const chunked = await fixture.get(
        "/",
        ...send,
        method,
        "--header",
        "Transfer-Encoding: chunked",
      );
      expect(chunked.body).toBe(`${method} chunked ${sha256(content)}`);
    }
    writeFileSync(file, "c".repeat(200_000));
    expect((await fixture.get("/", ...send, "POST", "--header", "Expect:")).status).toBe(413);
    expect((await fixture.get("/", "--request", "TRACE")).status).toBe(405);
  });

  it("lets in whom the access hook admits", async () => {
    await using fixture = await ProxyFixture.start((request, response) => {
      response.end(String(request.headers["proxy-authorization"]));
    });
    await fixture.restartProxy({
      authorize: async ({ headers }) =>
        headers["proxy-authorization"] === `Basic ${Buffer.from("me:pass").toString("base64")}`
          ? { name: "me", mayRead: () => true }
          : refusal(407, "who are you?", { "Proxy-Authenticate": 'Basic realm="gomodfs"' }),
    });
    const anybody = await fixture.get("/", "--write-out", "%{http_connect}");
    expect(anybody).toMatchObject({ exitCode: 56, body: "407" });
    const wrong = await fixture.get("/", "--proxy-user", "me:no", "--write-out", "%{http_connect}");
    expect(wrong.body).toBe("407");
    const me = await fixture.get("/", "--proxy-user", "me:pass");
    expect(me).toMatchObject({ status: 200, body: "undefined" });
    expect(fixture.observed.map(({ exchange }) => exchange.client.name)).toEqual(["me"]);
    expect((await fixture.curl("http://other.test/")).status).toBe(407);
  });

  it("tells of what came through tunnels", async () => {
    await using fixture = await ProxyFixture.start((_, response) => response.end("content"));
    await fixture.get("/seen?q=1");
    await expect.poll(() => fixture.observed.length).toBe(1);
    const [seen] = fixture.observed;
    expect(seen?.exchange.path).toBe("/seen");
    expect(seen?.outcome).toMatchObject({ status: 200, handler: "revproxy", isAborted: false });
    expect(seen?.outcome.bytes).toBeGreaterThan(7);
  });
});

async function startPlainOrigin(): Promise<{ port: number } & AsyncDisposable> {
  const { TestServer } = await import("../../../test/support/test_server.ts");
  return await TestServer.start((request, response) => {
    response.writeHead(200, FRESH).end(`plain ${request.url}`);
  });
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function filesOf(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isFile());
}

function allFiles(directory: string): string {
  return filesOf(directory)
    .map((path) => readFileSync(path, "latin1"))
    .join("");
}

function openFilesBelow(directory: string): string[] {
  return readdirSync("/proc/self/fd")
    .map((descriptor) => readlinkIfOpen(`/proc/self/fd/${descriptor}`))
    .filter((path) => path.startsWith(directory));
}

/** The descriptor with which the directory itself is read is gone by then. */
function readlinkIfOpen(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

/** Flips the bits of a byte in each. */
function damageFiles(directory: string): void {
  for (const path of filesOf(directory)) {
    const content = readFileSync(path);
    content[0] = (content[0] ?? 0) ^ 0xff;
    writeFileSync(path, content);
  }
}
