import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConnectProxy } from "../../test/support/connect_proxy.ts";
import { type ReplayProxy, startReplayProxy } from "../../test/support/replay_proxy.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../test/support/temporary_directory.ts";
import { makeTestCertificate } from "../../test/support/test_certificate.ts";
import { TestServer } from "../../test/support/test_server.ts";
import { isGomodfsError } from "../lib/gomodfs_error.ts";
import { silentLogger } from "../lib/logger.ts";
import { parseModuleVersion } from "../module/path.ts";
import { GoCommandSource } from "./go_command_source.ts";
import { findGoInstallation } from "./go_installation.ts";
import { GoProxySource, type GoProxySourceOptions } from "./go_proxy_source.ts";
import { HttpClient } from "./http_client.ts";
import type { Origin } from "./module_source.ts";
import { GitForge } from "./testdata/git_forge.ts";
import { turnTelemetryOff } from "./testdata/go_home.ts";

const database = "sum.test/db";

let stack: AsyncDisposableStack;
let directory: TemporaryDirectory;
let first: ReplayProxy;
let second: ReplayProxy;

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  directory = stack.use(temporaryDirectory());
  turnTelemetryOff(directory.join(".config"));
  first = stack.use(await startReplayProxy({ record: false }));
  second = stack.use(await startReplayProxy({ record: false }));
});

afterEach(async () => {
  await stack.disposeAsync();
});

function source(goproxy: string, options: Partial<GoProxySourceOptions> = {}): GoProxySource {
  const client = stack.use(
    new HttpClient({ userAgent: "gomodfs/test", env: {}, retry: { attempts: 1 } }),
  );
  return new GoProxySource({
    goproxy,
    gonoproxy: "",
    checksumDatabase: { name: database },
    client,
    spoolDirectory: directory.path,
    ...options,
  });
}

/** Typed, unlike what it wraps. */
function containing(text: string): unknown {
  return expect.stringContaining(text);
}

async function outcome(answer: Promise<Uint8Array>): Promise<string> {
  try {
    return Buffer.from(await answer).toString();
  } catch (error) {
    return isGomodfsError(error) ? error.code : String(error);
  }
}

describe("GoProxySource", () => {
  it("takes a module from the first proxy that has it", async () => {
    const id = second.addModule("example.com/a", "v1.0.0", { "go.mod": "module example.com/a\n" });
    expect(await outcome(source(`${first.url},${second.url}`).goMod(id))).toBe(
      "module example.com/a\n",
    );
    expect([...first.requests]).toEqual([["/example.com/a/@v/v1.0.0.mod", 1]]);
  });

  it("goes on after an error where the list says so, and only there", async () => {
    const id = second.addModule("example.com/a", "v1.0.0", {});
    first.addFault({ pattern: /./, status: 500 });
    expect(await outcome(source(`${first.url},${second.url}`).goMod(id))).toBe("UPSTREAM");
    expect(second.requests.size).toBe(0);
    expect(await outcome(source(`${first.url}|${second.url}`).goMod(id))).toContain(
      "example.com/a",
    );
  });

  it("says why version control and off give nothing", async () => {
    const id = parseModuleVersion("corp.test/a", "v1.0.0");
    await expect(source("direct").goMod(id)).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: containing("version control (GOPROXY says direct)"),
      hint: containing("install Go"),
    });
    await expect(source("off").goMod(id)).rejects.toMatchObject({ code: "FORBIDDEN" });
    const withDirect = source(`${first.url},direct`);
    await expect(withDirect.goMod(id)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("asks no proxy for a module that GONOPROXY matches", async () => {
    const priv = parseModuleVersion("corp.test/a", "v1.0.0");
    const open = first.addModule("example.com/a", "v1.0.0", {});
    const modules = source(first.url, { gonoproxy: "corp.test" });
    await expect(modules.info(priv)).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: containing("GONOPROXY matches it"),
    });
    expect(first.requests.size).toBe(0);
    expect(await outcome(modules.info(open))).toContain("v1.0.0");
    expect(await outcome(modules.versions(priv.path))).toBe("UNSUPPORTED");
    expect(await outcome(modules.latest(open.path))).toContain("v1.0.0");
  });

  it("says who answered", async () => {
    const id = second.addModule("example.com/a", "v1.0.0", {});
    const origins: Origin[] = [];
    const options = { onOrigin: (origin: Origin) => origins.push(origin) };
    const modules = source(`${first.url},${second.url}`);
    await modules.info(id, options);
    await modules.goMod(id, options);
    await modules.zip(id, options);
    await modules.versions(id.path, options);
    await modules.latest(id.path, options);
    const origin = { kind: "proxy", name: `${second.url}/` };
    expect(origins).toEqual([origin, origin, origin, origin, origin]);
    const absent = parseModuleVersion("example.com/absent", "v1.0.0");
    await expect(modules.info(absent, options)).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(origins).toHaveLength(5);
  });

  it("passes signals on", async () => {
    const id = first.addModule("example.com/a", "v1.0.0", {});
    const answer = source(`${first.url}|${second.url}`).zip(id, { signal: AbortSignal.abort() });
    await expect(answer).rejects.toMatchObject({ code: "CANCELLED" });
    expect(second.requests.size).toBe(0);
  });

  it("refuses settings that it cannot read", () => {
    expect(() => source("ftp://example.com")).toThrow("scheme");
    expect(() => source(first.url, { checksumDatabase: { name: "sum.test/../x" } })).toThrow(
      "cannot be a checksum database",
    );
  });
});

describe("GoProxySource with a go command", () => {
  const priv = parseModuleVersion("corp.test/lib", "v1.0.0");
  let forge: GitForge;
  let origins: Origin[];

  beforeEach(async () => {
    forge = stack.use(await GitForge.start());
    await forge.commit("lib", "v1.0.0", { "go.mod": "module corp.test/lib\n" });
    origins = [];
  });

  function withGo(goproxy: string, gonoproxy: string): GoProxySource {
    const { PATH } = process.env;
    const versionControl = stack.use(
      new GoCommandSource({
        command: findGoInstallation(process.env, process.platform).goCommand ?? "go",
        environment: { PATH, HOME: directory.path, ...forge.environment },
        spoolDirectory: directory.join("spool"),
        log: silentLogger,
      }),
    );
    return source(goproxy, { gonoproxy, versionControl });
  }

  const options = { onOrigin: (origin: Origin) => origins.push(origin) };

  it("asks it where the list says direct", async () => {
    const modules = withGo(`${first.url},direct`, "");
    expect(await outcome(modules.goMod(priv, options))).toBe("module corp.test/lib\n");
    expect(await outcome(modules.versions(priv.path, options))).toBe("v1.0.0\n");
    expect(await outcome(modules.latest(priv.path, options))).toContain("v1.0.0");
    expect(origins).toEqual([{ kind: "direct" }, { kind: "direct" }, { kind: "direct" }]);
    expect(first.requests.has("/corp.test/lib/@v/v1.0.0.mod")).toBe(true);
  });

  it.each(["direct", "off"])("asks it alone what GONOPROXY matches, before %s", async (last) => {
    const modules = withGo(`${first.url}|${last}`, "corp.test");
    expect(await outcome(modules.info(priv, options))).toContain("v1.0.0");
    expect(origins).toEqual([{ kind: "direct" }]);
    const missing = parseModuleVersion("corp.test/missing", "v1.0.0");
    await expect(modules.info(missing, options)).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: containing("corp.test/missing"),
    });
    expect(forge.requestsMatching(/missing/)).toBe(1);
    expect(first.requests.size).toBe(0);
  });

  it("prefers its error to those of the proxies, as cmd/go does", async () => {
    first.addFault({ pattern: /./, status: 500 });
    const missing = parseModuleVersion("corp.test/missing", "v1.0.0");
    await expect(withGo(`${first.url}|direct`, "").info(missing)).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: containing("go mod download"),
    });
    await expect(withGo(`${first.url},direct`, "").info(missing)).rejects.toMatchObject({
      code: "UPSTREAM",
      message: containing("500"),
    });
  });
});

describe("GoProxySource.checksumDatabase()", () => {
  const supported = `/sumdb/${database}/supported`;
  const latest = `/sumdb/${database}/latest`;

  it("asks the first proxy that offers it, from then on that one only", async () => {
    second.set(supported, "");
    second.set(latest, "tree");
    const modules = source(`${first.url},${second.url}`);
    const answers = [modules.checksumDatabase("/latest"), modules.checksumDatabase("/latest")];
    expect(await Promise.all(answers.map(outcome))).toEqual(["tree", "tree"]);
    expect([...first.requests]).toEqual([[supported, 1]]);
    expect(second.requests.get(supported)).toBe(1);
    expect(await outcome(modules.checksumDatabase("/lookup/example.com/!a@v1.0.0"))).toBe(
      "NOT_FOUND",
    );
    expect(second.requests.has(`/sumdb/${database}/lookup/example.com/!a@v1.0.0`)).toBe(true);
  });

  it("asks the database itself where no proxy offers it", async () => {
    const certificate = makeTestCertificate(directory, ["sum.test"]);
    const asked: (string | undefined)[] = [];
    const server = stack.use(
      await TestServer.start((request, response) => {
        asked.push(request.url);
        response.end("tree");
      }, certificate),
    );
    const proxy = stack.use(new ConnectProxy());
    const client = stack.use(
      new HttpClient({
        userAgent: "gomodfs/test",
        env: {
          HTTPS_PROXY: `127.0.0.1:${await proxy.listen()}`,
          SSL_CERT_FILE: certificate.authorityFile,
        },
      }),
    );
    const name = `sum.test:${server.port}/db`;
    for (const goproxy of [`${first.url},direct`, `${first.url},off`, "off", "direct"]) {
      const modules = source(goproxy, { client, checksumDatabase: { name } });
      expect(await outcome(modules.checksumDatabase("/latest"))).toBe("tree");
    }
    expect(asked).toEqual(["/db/latest", "/db/latest", "/db/latest", "/db/latest"]);
    expect(first.requests.get(`/sumdb/${name}/supported`)).toBe(2);
  });

  it("fails where a proxy fails, and looks again the next time", async () => {
    second.set(supported, "");
    second.set(latest, "tree");
    first.addFault({ pattern: /supported/, status: 500, times: 2 });
    const modules = source(`${first.url},${second.url}`);
    expect(await outcome(modules.checksumDatabase("/latest"))).toBe("UPSTREAM");
    const tolerant = source(`${first.url}|${second.url}`);
    expect(await outcome(tolerant.checksumDatabase("/latest"))).toBe("tree");
    expect(await outcome(modules.checksumDatabase("/latest"))).toBe("tree");
  });

  it("asks the URL of GOSUMDB, and no proxy", async () => {
    second.set("/mirror/latest", "tree");
    const url = new URL(`${second.url}/mirror`);
    const modules = source(first.url, { checksumDatabase: { name: database, url } });
    expect(await outcome(modules.checksumDatabase("/latest"))).toBe("tree");
    expect(first.requests.size).toBe(0);
  });

  it("reads a database in a directory", async () => {
    writeFileSync(directory.join("latest"), "tree");
    const url = pathToFileURL(directory.path);
    const modules = source(first.url, {
      checksumDatabase: { name: database, url: new URL(url.href) },
    });
    expect(await outcome(modules.checksumDatabase("/latest"))).toBe("tree");
  });

  it("asks nobody with GOSUMDB=off", async () => {
    const modules = source(first.url, { checksumDatabase: undefined });
    expect(await outcome(modules.checksumDatabase("/latest"))).toBe("FORBIDDEN");
    expect(first.requests.size).toBe(0);
  });
});
