import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { createServer } from "node:http";
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
  it("prints its URL and ends with SIGTERM", async () => {
    const program = new URL("replay_proxy.ts", import.meta.url).pathname;
    const env = { ...process.env, GOPROXY: "http://127.0.0.1:9" };
    const child: ChildProcess = spawn(process.execPath, [program, "--cache", directory.path], {
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const lines: unknown[] = await once(child.stdout ?? child, "data");
    const url = String(lines[0]).trim();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await fetch(`${url}/sumdb/other.test/supported`)).status).toBe(404);
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
  });
});
