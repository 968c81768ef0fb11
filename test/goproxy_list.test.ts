import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { formatModuleVersion, type ModuleVersion } from "../src/module/module_version.ts";
import { parseModulePath, parseModuleVersion } from "../src/module/path.ts";
import { failureOf, GoUser } from "./support/go_user.ts";
import { type Environment, runSuccessfully } from "./support/program.ts";
import { type ReplayProxy, startReplayProxy } from "./support/replay_proxy.ts";
import { TestServer } from "./support/test_server.ts";

const quote = parseModuleVersion("corp.test/quote", "v1.0.0");

let stack: AsyncDisposableStack;
let user: GoUser;
let proxy: ReplayProxy;
let server: TestServer;
/** `/STATUS/...` of what was asked for, without repetitions. */
let asked: Set<string>;

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  user = stack.use(new GoUser({ GOSUMDB: "off" }));
  proxy = stack.use(await startReplayProxy({ record: false }));
  proxy.addModule("corp.test/quote", "v1.0.0", { "go.mod": "module corp.test/quote\n" });
  asked = new Set();
  server = stack.use(
    await TestServer.start((request, response) => {
      const status = /^\/(\d{3})\//.exec(request.url ?? "")?.[1] ?? "404";
      asked.add(status);
      response.writeHead(Number(status), { "content-type": "text/plain" }).end(`says ${status}`);
    }),
  );
});

afterEach(async () => {
  await stack.disposeAsync();
});

/** `404,410|PROXY` with the numbers as proxies that answer so, and what the others stand for. */
function proxyList(text: string): string {
  return text
    .replace(/\d{3}/g, (status) => server.url(`/${status}`).href)
    .replace("PROXY", proxy.url)
    .replace("DOWN", "http://127.0.0.1:1");
}

/** What go says; "" if it has the module. */
async function goError(id: ModuleVersion, settings: Environment): Promise<string> {
  const said = await user.download(formatModuleVersion(id), settings);
  return "error" in said ? said.error : "";
}

describe("a GOPROXY list", () => {
  // cmd/go/testdata/script/mod_proxy_list.txt and modfetch/proxy.go, `TryProxies`
  it.each([
    ["404", "404", /404/, "NOT_FOUND"],
    ["404,410,PROXY", "404 410", /^$/, ""],
    ["403,PROXY", "403", /403/, "UPSTREAM"],
    ["500,PROXY", "500", /500/, "UPSTREAM"],
    ["403|DOWN|PROXY", "403", /^$/, ""],
    ["500|DOWN|PROXY", "500", /^$/, ""],
    ["404,410", "404 410", /410/, "NOT_FOUND"],
    ["404|403|410", "404 403 410", /403/, "UPSTREAM"],
    ["403|500", "403 500", /500/, "UPSTREAM"],
    ["403|404,off", "403 404", /403/, "UPSTREAM"],
    ["404,off,PROXY", "404", /404|GOPROXY=off/, "NOT_FOUND"],
    ["off,PROXY", "", /GOPROXY=off/, "FORBIDDEN"],
    [" , 404 ,, PROXY |", "404", /^$/, ""],
  ])("%s", async (list, proxies, goSays, code) => {
    const settings = { GOPROXY: proxyList(list) };
    const expected = await goError(quote, settings);
    expect(expected).toMatch(goSays);
    expect([...asked].join(" ")).toBe(proxies);
    asked.clear();
    const { service } = await user.openService(settings);
    const said = await failureOf(service.cache.ensure(quote, "zip"));
    expect(said.split(" ")[0]).toBe(code);
    expect(said).toMatch(goSays);
    expect([...asked].join(" ")).toBe(proxies);
  });

  it("tells what the proxy itself says", async () => {
    // cmd/go/testdata/script/mod_proxy_errors.txt
    const settings = { GOPROXY: proxyList("404") };
    expect(await goError(quote, settings)).toContain("server response: says 404");
    const { service } = await user.openService(settings);
    expect(await failureOf(service.cache.ensure(quote, "mod"))).toContain("404: says 404");
  });

  it("without entries is refused", async () => {
    // cmd/go/testdata/script/mod_gonoproxy.txt
    expect(await goError(quote, { GOPROXY: "," })).toContain("contains no entries");
    await expect(user.openService({ GOPROXY: "," })).rejects.toMatchObject({
      code: "USAGE",
      message: "GOPROXY holds no entries",
    });
  });

  it.each([
    ["off", "FORBIDDEN", "GOPROXY=off"],
    ["404,off", "NOT_FOUND", "404"],
    ["403", "UPSTREAM", "403"],
  ])("%s says what matters, where GONOPROXY is set for others", async (list, code, text) => {
    // cmd/go/testdata/script/mod_gonoproxy.txt: "fetching modules not matched by GONOPROXY fails"
    const settings = { GOPROXY: proxyList(list), GONOPROXY: "*/fortune" };
    expect(await goError(quote, settings)).toMatch(/GOPROXY=off|403/);
    const { service } = await user.openService(settings);
    const said = await failureOf(service.cache.ensure(quote, "zip"));
    expect(said.split(" ")[0]).toBe(code);
    expect(said).toContain(text);
  });
});

describe("a GOPROXY in a directory", () => {
  function write(name: string, text: string): void {
    const file = user.home.join("proxy", name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  // cmd/go/testdata/script/mod_list_update_nolatest.txt
  it("may have no list and no latest version", async () => {
    for (const name of ["noversion", "nolatest"]) {
      write(`corp.test/${name}/@v/v0.0.0.info`, '{"Version":"v0.0.0"}');
      write(`corp.test/${name}/@v/v0.0.0.mod`, `module corp.test/${name}\n`);
    }
    write("corp.test/nolatest/@v/list", "");
    const GOPROXY = pathToFileURL(user.home.join("proxy")).href;
    const { source, cache } = (await user.openService({ GOPROXY })).service;
    const noversion = parseModulePath("corp.test/noversion");
    const nolatest = parseModulePath("corp.test/nolatest");
    expect(await failureOf(source.versions(noversion))).toMatch(/^NOT_FOUND /);
    expect(Buffer.from(await source.versions(nolatest)).toString()).toBe("");
    expect(await failureOf(source.latest(nolatest))).toMatch(/^NOT_FOUND /);
    const info = await cache.read(parseModuleVersion("corp.test/nolatest", "v0.0.0"), "info");
    expect(Buffer.from(info).toString()).toBe('{"Version":"v0.0.0","Time":"0001-01-01T00:00:00Z"}');
  });

  // cmd/go/testdata/script/mod_file_proxy.txt
  it("may be what a go command has downloaded, or be missing", async () => {
    const GOMODCACHE = user.home.join("gomodcache");
    await runSuccessfully(["go", "mod", "download", formatModuleVersion(quote)], {
      directory: user.home.path,
      environment: user.environment({ GOPROXY: proxy.url, GOMODCACHE, GOFLAGS: "-modcacherw" }),
    });
    const GOPROXY = pathToFileURL(`${GOMODCACHE}/cache/download`).href;
    const { service } = await user.openService({ GOPROXY });
    await service.cache.ensure(quote, "zip");
    expect(Buffer.from(await service.source.versions(quote.path)).toString()).toBe("v1.0.0\n");
    const missing = { GOPROXY: pathToFileURL(user.home.join("nonexist")).href };
    expect(await goError(quote, missing)).toContain("no such file");
    await service.close();
    const { service: empty } = await user.openService(missing);
    const absent = parseModuleVersion("corp.test/absent", "v1.0.0");
    expect(await failureOf(empty.cache.ensure(absent, "mod"))).toMatch(/^NOT_FOUND /);
  });

  it("that answers with something else than an .info file is not believed", async () => {
    write("corp.test/bad/@latest", "invalid");
    write("corp.test/bad/@v/v1.0.0.info", '{"Version":"v1.0.1"}');
    const GOPROXY = pathToFileURL(user.home.join("proxy")).href;
    const { source } = (await user.openService({ GOPROXY })).service;
    const bad = parseModuleVersion("corp.test/bad", "v1.0.0");
    expect(await failureOf(source.latest(bad.path))).toMatch(/^UPSTREAM .*no \.info file/);
    expect(await goError(bad, { GOPROXY })).toContain("returned info for version v1.0.1");
    expect(await failureOf(source.info(bad))).toContain('returned the .info of version "v1.0.1"');
  });
});
