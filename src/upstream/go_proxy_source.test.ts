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
import { parseModuleVersion } from "../module/path.ts";
import { GoProxySource, type GoProxySourceOptions } from "./go_proxy_source.ts";
import { HttpClient } from "./http_client.ts";

const database = "sum.test/db";

let stack: AsyncDisposableStack;
let directory: TemporaryDirectory;
let first: ReplayProxy;
let second: ReplayProxy;

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  directory = stack.use(temporaryDirectory());
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
      hint: containing("add a proxy"),
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
