import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { createServer } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { withFileLock } from "./file_lock.ts";
import { RecordedAnswers } from "./recorded_answers.ts";
import { Registry } from "./registry.ts";
import { type ReplayProxy, startReplayProxy } from "./replay_proxy.ts";
import { type TemporaryDirectory, temporaryDirectory } from "./temporary_directory.ts";
import { TestServer } from "./test_server.ts";

const run = promisify(execFile);

let stack: AsyncDisposableStack;
let directory: TemporaryDirectory;

beforeEach(() => {
  stack = new AsyncDisposableStack();
  directory = stack.use(temporaryDirectory());
});

afterEach(async () => {
  await stack.disposeAsync();
});

async function madeUpProxy(): Promise<ReplayProxy> {
  return stack.use(await startReplayProxy({ record: false }));
}

describe("ReplayProxy with made-up modules", () => {
  it("serves go mod download", async () => {
    const proxy = await madeUpProxy();
    proxy.addModule("example.com/Made/up", "v1.0.0", { "a.go": "package a\n", "b/ü.txt": "ü" });
    proxy.addModule("example.com/Made/up", "v1.10.0", { "a.go": "package a\n" });
    proxy.addModule("example.com/Made/up", "v1.9.0", { "a.go": "package a\n" });
    const env = {
      PATH: process.env["PATH"],
      HOME: directory.path,
      GOPROXY: proxy.url,
      GONOSUMDB: "*",
      GOTOOLCHAIN: "local",
      GOFLAGS: "-modcacherw",
    };
    const download = ["mod", "download", "-json", "example.com/Made/up@latest"];
    const { stdout } = await run("go", download, { env, cwd: directory.path });
    expect(JSON.parse(stdout)).toMatchObject({ Version: "v1.10.0" });
    const old = ["mod", "download", "-json", "example.com/Made/up@v1.0.0"];
    await run("go", old, { env, cwd: directory.path });
    const extracted = directory.join("go/pkg/mod/example.com/!made/up@v1.0.0");
    expect(readFileSync(`${extracted}/b/ü.txt`, "utf8")).toBe("ü");
    expect(readFileSync(`${extracted}/go.mod`, "utf8")).toBe("module example.com/Made/up\n");
  });

  it("counts requests and answers what is not made up with 404", async () => {
    const proxy = await madeUpProxy();
    const path = "/example.com/a/@v/list";
    expect((await fetch(proxy.url + path)).status).toBe(404);
    expect((await fetch(proxy.url + path)).status).toBe(404);
    expect(proxy.requests.get(path)).toBe(2);
    expect(proxy.requestsMatching(/list$/)).toBe(2);
  });
});

describe("ReplayProxy faults", () => {
  it("delay, damage, cut, slow down and replace answers, as often as they say", async () => {
    const proxy = await madeUpProxy();
    const body = Buffer.alloc(2000, "x");
    proxy.set("/file", body);
    const get = async (): Promise<Buffer> =>
      Buffer.from(await (await fetch(`${proxy.url}/file`)).arrayBuffer());
    const timed = async (): Promise<number> => {
      const start = performance.now();
      expect(await get()).toEqual(body);
      return performance.now() - start;
    };

    const end = proxy.addFault({ pattern: /file/, delay: 80 });
    expect(await timed()).toBeGreaterThan(79);
    end();
    proxy.addFault({ pattern: /file/, bytesPerSecond: 20_000, times: 1 });
    expect(await timed()).toBeGreaterThan(90);
    proxy.addFault({ pattern: /file/, corruptAt: -1, times: 1 });
    const damaged = await get();
    expect(damaged.subarray(0, 1999)).toEqual(body.subarray(0, 1999));
    expect(damaged[1999]).toBe("x".charCodeAt(0) ^ 0xff);
    proxy.addFault({ pattern: /file/, cutAfter: 1000, times: 1 });
    await expect(get()).rejects.toThrow("terminated");
    proxy.addFault({ pattern: /file/, status: 503, headers: { "retry-after": "1" }, times: 1 });
    const refused = await fetch(`${proxy.url}/file`);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(await get()).toEqual(body);
  });
});

describe("ReplayProxy with a shape", () => {
  /** Sends requests for /file down one connection, all at once, and gives the milliseconds until all are answered. */
  async function timePipelined(proxy: ReplayProxy, requests: number): Promise<number> {
    const socket = connect(proxy.port, "127.0.0.1");
    const start = performance.now();
    const last = "GET /file HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    socket.write("GET /file HTTP/1.1\r\nHost: a\r\n\r\n".repeat(requests - 1) + last);
    const answers = (await text(socket)).split("HTTP/1.1 200 OK").length - 1;
    expect(answers).toBe(requests);
    return performance.now() - start;
  }

  it("delays the first byte of each answer, of pipelined ones side by side", async () => {
    const proxy = stack.use(await startReplayProxy({ record: false, shape: { latency: 100 } }));
    proxy.set("/file", "x");
    const elapsed = await timePipelined(proxy, 5);
    expect(elapsed).toBeGreaterThan(98);
    expect(elapsed).toBeLessThan(400);
  });

  it("carries so many bytes a second on each connection, whatever comes down it", async () => {
    const shape = { bytesPerSecond: 1 << 20 };
    const proxy = stack.use(await startReplayProxy({ record: false, shape }));
    proxy.set("/file", Buffer.alloc(128 << 10, "x"));
    const [one, other] = await Promise.all([timePipelined(proxy, 2), timePipelined(proxy, 2)]);
    // 256 KiB a connection, of which 64 KiB pass at once.
    for (const elapsed of [one, other]) {
      expect(elapsed).toBeGreaterThan(180);
      expect(elapsed).toBeLessThan(360);
    }
  });

  it("carries the bytes of a recorded file", async () => {
    const body = randomBytes(300_000);
    mkdirSync(directory.join("answers"), { recursive: true });
    writeFileSync(directory.join("answers/file"), body);
    const shape = { latency: 1, bytesPerSecond: 10 << 20 };
    const proxy = stack.use(await startReplayProxy({ cacheDirectory: directory.path, shape }));
    const answer = await fetch(`${proxy.url}/file`);
    expect(Buffer.from(await answer.arrayBuffer()).equals(body)).toBe(true);
  });
});

describe("recording from a registry", () => {
  async function registryOf(listener: Parameters<typeof createServer>[1]): Promise<Registry> {
    const server = stack.use(await TestServer.start(listener ?? (() => undefined)));
    const env = { GOPROXY: `${server.url("/base/").href},direct`, GOSUMDB: "sum.test+hash+key" };
    const registry = new Registry(env);
    stack.defer(async () => await registry.close());
    return registry;
  }

  it("asks once for each path, in one flight, and keeps absence too", async () => {
    const asked: (string | undefined)[] = [];
    const registry = await registryOf((request, response) => {
      asked.push(request.url);
      response.statusCode = request.url?.includes("gone") === true ? 410 : 200;
      response.setHeader("content-type", "text/plain");
      response.end(`body of ${request.url}`);
    });
    const answersIn = (name: string): RecordedAnswers =>
      new RecordedAnswers(
        directory.join(name),
        async (path, spool) => await registry.ask(path, spool),
      );
    const path = "/example.com/!a/@v/list";
    const answers = answersIn("recorded");
    const both = await Promise.all([answers.get(path), answersIn("recorded").get(path)]);
    const texts = both.map((answer) =>
      answer.kind === "file" ? readFileSync(answer.file, "utf8") : answer.reason,
    );
    expect(texts).toEqual([`body of /base${path}`, `body of /base${path}`]);
    expect(await answers.get("/gone/@v/list")).toMatchObject({ kind: "absent", status: 410 });
    expect(await answersIn("recorded").get("/gone/@v/list")).toEqual({
      kind: "absent",
      status: 410,
      reason: "body of /base/gone/@v/list",
    });
    expect(await answers.get("/sumdb/sum.test/supported")).toMatchObject({ kind: "file" });
    expect(await answers.get("/sumdb/other.test/supported")).toMatchObject({ status: 404 });
    expect(asked).toEqual([
      `/base${path}`,
      "/base/gone/@v/list",
      "/base/sumdb/sum.test/supported",
      "/base/sumdb/sum.test/supported",
    ]);
    expect(readdirSync(directory.join("recorded/incoming"))).toEqual([]);
  });

  it("does not keep a refusal, and says clearly that it was one", async () => {
    const registry = await registryOf((_request, response) => {
      response.writeHead(403, { "content-type": "text/plain" }).end("blocked by policy");
    });
    const answers = new RecordedAnswers(
      directory.path,
      async (path, spool) => await registry.ask(path, spool),
    );
    await expect(answers.get("/a/@v/list")).rejects.toThrow("registry answers 403");
    await expect(answers.get("/a/@v/list")).rejects.toThrow("blocked by policy");
  });
});

describe("withFileLock()", () => {
  it("excludes others, and takes over from a process that is gone", async () => {
    const path = directory.join("lock");
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setTimeout(resolve, 5));
      inside -= 1;
    };
    await Promise.all([1, 2, 3].map(async () => await withFileLock(path, work)));
    expect(most).toBe(1);
    const dead = spawn("true");
    await once(dead, "exit");
    writeFileSync(path, String(dead.pid));
    await withFileLock(path, work);
    expect(readdirSync(directory.path)).toEqual([]);
  });
});

describe("replay_proxy.ts as a program", () => {
  it("takes a shape, prints its URL and ends with SIGTERM", async () => {
    const program = new URL("replay_proxy.ts", import.meta.url).pathname;
    const env = { ...process.env, GOPROXY: "http://127.0.0.1:9" };
    const shape = ["--latency", "100", "--bytes-per-second", "1000000"];
    const argv = [program, "--cache", directory.path, ...shape];
    const child: ChildProcess = spawn(process.execPath, argv, {
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const lines: unknown[] = await once(child.stdout ?? child, "data");
    const url = String(lines[0]).trim();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const start = performance.now();
    expect((await fetch(`${url}/sumdb/other.test/supported`)).status).toBe(404);
    expect(performance.now() - start).toBeGreaterThan(98);
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
  });
});
