import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { madeUpModule, versionPath } from "../../test/support/made_up_module.ts";
import { rejection } from "../../test/support/rejection.ts";
import { type ReplayProxy, startReplayProxy } from "../../test/support/replay_proxy.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../test/support/temporary_directory.ts";
import { parseModuleVersion } from "../module/path.ts";
import { FileProxyTransport } from "./file_proxy_transport.ts";
import { HttpClient } from "./http_client.ts";
import { HttpProxyTransport } from "./http_proxy_transport.ts";
import { ModuleProxy } from "./module_proxy.ts";
import type { ZipSpool } from "./zip_receiver.ts";

const id = parseModuleVersion("example.com/Upper/case", "v1.2.3-RC1");
const files = { "a.go": "package a\n", "big.bin": new Uint8Array(5000).fill(7) };
const made = madeUpModule(id, files);
const base = versionPath(id);

let stack: AsyncDisposableStack;
let directory: TemporaryDirectory;
let replay: ReplayProxy;
let spool: ZipSpool;

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  directory = stack.use(temporaryDirectory());
  replay = stack.use(await startReplayProxy({ record: false }));
  replay.addModule(id.path, id.version, files);
  spool = { directory: directory.join("spool"), maxMemory: 32 << 20 };
});

afterEach(async () => {
  await stack.disposeAsync();
});

function httpProxy(maxMemory = spool.maxMemory): ModuleProxy {
  const client = stack.use(
    new HttpClient({ userAgent: "gomodfs/test", env: {}, retry: { baseDelay: 1, attempts: 2 } }),
  );
  const url = new URL(replay.url);
  return new ModuleProxy(new HttpProxyTransport(url, client, { ...spool, maxMemory }));
}

describe("ModuleProxy over http", () => {
  it("gets the files of a version by their escaped names", async () => {
    const proxy = httpProxy();
    expect(Buffer.from(await proxy.info(id))).toEqual(made.info);
    expect(Buffer.from(await proxy.goMod(id))).toEqual(made.goMod);
    expect(await proxy.zip(id)).toEqual({ kind: "memory", bytes: new Uint8Array(made.zip) });
    expect(Buffer.from(await proxy.versions(id.path)).toString()).toBe("v1.2.3-RC1\n");
    expect(Buffer.from(await proxy.latest(id.path))).toEqual(made.info);
    expect([...replay.requests.keys()]).toContain("/example.com/!upper/case/@v/v1.2.3-!r!c1.info");
  });

  it("spools a large zip to a file of its own", async () => {
    const zip = await httpProxy(100).zip(id);
    if (zip.kind !== "file") throw new Error("the zip is in memory");
    expect(dirname(zip.path)).toBe(spool.directory);
    expect(zip.size).toBe(made.zip.length);
    expect(readFileSync(zip.path)).toEqual(made.zip);
  });

  it("spools a zip of unknown size when it turns out to be large", async () => {
    replay.set(`${base}.zip`, { headers: { "transfer-encoding": "chunked" }, body: made.zip });
    replay.addFault({ pattern: /zip$/, bytesPerSecond: 200_000 });
    const zip = await httpProxy(1000).zip(id);
    expect(zip).toMatchObject({ kind: "file", size: made.zip.length });
    expect(zip.kind === "file" && readFileSync(zip.path)).toEqual(made.zip);
  });

  it("removes what it spooled when the zip stays incomplete", async () => {
    replay.addFault({ pattern: /zip$/, cutAfter: 3000 });
    await expect(httpProxy(100).zip(id)).rejects.toEqual(rejection("UPSTREAM", "closed"));
    expect(replay.requests.get(`${base}.zip`)).toBe(2);
    expect(existsSync(spool.directory) ? readdirSync(spool.directory) : []).toEqual([]);
  });

  it("says so when the spool cannot be written", async () => {
    writeFileSync(spool.directory, "a file");
    await expect(httpProxy(100).zip(id)).rejects.toEqual(rejection("STORE", spool.directory));
  });

  it.each([
    [404, "NOT_FOUND"],
    [410, "NOT_FOUND"],
    [403, "UPSTREAM"],
    [401, "UPSTREAM"],
    [500, "UPSTREAM"],
  ] as const)("takes %i as %s and passes the server's reason on", async (status, code) => {
    replay.addFault({ pattern: /mod$/, status, reason: "not found: unknown\u0007 revision\n" });
    await expect(httpProxy().goMod(id)).rejects.toEqual(
      rejection(code, `v1.2.3-!r!c1.mod: ${status}: not found: unknown  revision`),
    );
  });

  it.each([
    ["<html>login</html>", "no .info file"],
    ["null", "no .info file"],
    ['{"version":"v1.2.3-RC1"}', "no .info file"],
    ['{"Version":1}', "no .info file"],
    ['{"Version":"v1.2.4"}', 'version "v1.2.4" for example.com/Upper/case@v1.2.3-RC1'],
  ])("refuses the .info %s", async (info, message) => {
    replay.set(`${base}.info`, info);
    await expect(httpProxy().info(id)).rejects.toEqual(rejection("UPSTREAM", message));
  });

  it("refuses files above their bounds before it takes them in", async () => {
    for (const extension of ["info", "mod", "zip"]) {
      const headers = { "content-length": String(2 ** 30) };
      replay.addFault({ pattern: new RegExp(`\\.${extension}$`), headers });
    }
    const proxy = httpProxy();
    await expect(proxy.info(id)).rejects.toEqual(rejection("TOO_LARGE", String(1 << 20)));
    await expect(proxy.goMod(id)).rejects.toEqual(rejection("TOO_LARGE", String(16 << 20)));
    await expect(proxy.zip(id)).rejects.toEqual(rejection("TOO_LARGE", String(500 << 20)));
  });
});

describe("ModuleProxy over a file URL", () => {
  let root: string;

  beforeEach(() => {
    root = directory.join("proxy");
    for (const [extension, bytes] of [
      ["info", made.info],
      ["mod", made.goMod],
      ["zip", made.zip],
    ] as const) {
      mkdirSync(dirname(`${root}${base}`), { recursive: true });
      writeFileSync(`${root}${base}.${extension}`, bytes);
    }
  });

  function fileProxy(maxMemory = spool.maxMemory): ModuleProxy {
    return new ModuleProxy(
      new FileProxyTransport(new URL(pathToFileURL(root)), { ...spool, maxMemory }),
    );
  }

  it("reads the files of a version", async () => {
    const proxy = fileProxy();
    expect(Buffer.from(await proxy.info(id))).toEqual(made.info);
    expect(Buffer.from(await proxy.goMod(id))).toEqual(made.goMod);
    expect(await proxy.zip(id)).toEqual({ kind: "memory", bytes: new Uint8Array(made.zip) });
  });

  it("copies a large zip, since its file will be removed", async () => {
    const zip = await fileProxy(100).zip(id);
    if (zip.kind !== "file") throw new Error("the zip is in memory");
    expect(dirname(zip.path)).toBe(spool.directory);
    expect(readFileSync(zip.path)).toEqual(made.zip);
  });

  it("says what is not there, and what is no file", async () => {
    const proxy = fileProxy();
    await expect(proxy.versions(id.path)).rejects.toEqual(rejection("NOT_FOUND", "@v/list"));
    mkdirSync(`${root}/example.com/!upper/case/@latest`);
    await expect(proxy.latest(id.path)).rejects.toEqual(rejection("UPSTREAM", "is not a file"));
    root = directory.join("missing");
    await expect(fileProxy().info(id)).rejects.toEqual(rejection("NOT_FOUND", "does not exist"));
  });

  it("never leaves its directory", async () => {
    writeFileSync(directory.join("secret"), "secret");
    symlinkSync(directory.join("secret"), `${root}/example.com/!upper/case/@v/list`);
    await expect(fileProxy().versions(id.path)).rejects.toEqual(rejection("UPSTREAM", "link out"));
  });
});
