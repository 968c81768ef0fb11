import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MemoryDatabase, TEST_VERIFIER_KEY } from "../../test/sumdb_oracle/memory_database.ts";
import { runProgram } from "../../test/support/program.ts";
import { temporaryDirectory } from "../../test/support/temporary_directory.ts";
import { parseModuleVersion } from "../module/path.ts";
import { signNote } from "../sumdb/note.ts";
import { generateKeyPair, parseSignerKey } from "../sumdb/signer.ts";
import { formatTree } from "../sumdb/tree_note.ts";
import { ModuleServer, type ModuleServerOptions } from "./testdata/module_server.ts";
import { DATABASE_NAME, PublishedModules } from "./testdata/published_modules.ts";

const BASE = `/sumdb/${DATABASE_NAME}`;
const LOOKUP = `${BASE}/lookup/example.com/m@v1.0.0`;
const TILE = `${BASE}/tile/8/0/000.p/1`;

let modules: PublishedModules;
let stack: AsyncDisposableStack;

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  modules = stack.use(await PublishedModules.start());
  await modules.publish("example.com/m", "v1.0.0");
});

afterEach(() => stack.disposeAsync());

async function serve(options: Partial<ModuleServerOptions> = {}): Promise<ModuleServer> {
  return stack.use(await ModuleServer.start({ goproxy: modules.proxy.url, ...options }));
}

/** The go command with a home of its own, which believes nothing that the database does not confirm. */
class GoClient {
  readonly #home = stack.use(temporaryDirectory());

  async run(server: ModuleServer, args: readonly string[], variables = {}) {
    const directory = this.#home.path;
    return await runProgram(["go", ...args], {
      directory,
      environment: {
        PATH: process.env["PATH"],
        HOME: directory,
        GOPROXY: server.url,
        GOSUMDB: TEST_VERIFIER_KEY,
        GOFLAGS: "-mod=mod -modcacherw",
        GOTOOLCHAIN: "local",
        ...variables,
      },
    });
  }

  /** Forgets all but the modules that it requires. */
  forget(): void {
    rmSync(this.#home.join("go"), { recursive: true, force: true });
    rmSync(this.#home.join("go.sum"), { force: true });
  }
}

describe("a go command", () => {
  it("verifies modules through it, and all of them again while upstream is away", async () => {
    let now = Date.now();
    const server = await serve({ clock: () => now });
    await modules.publish("example.com/Other", "v1.2.0");
    const go = new GoClient();
    await go.run(server, ["mod", "init", "client.test"]);
    const wanted = ["example.com/m@latest", "example.com/Other@v1.2.0"];
    expect(await go.run(server, ["get", ...wanted])).toMatchObject({ status: 0 });
    for (let i = 0; i < 5; i++) await modules.publish("example.com/later", `v1.0.${i}`);
    expect(await go.run(server, ["get", "example.com/later"])).toMatchObject({ status: 0 });

    await server.get("/example.com/m/@latest");
    await modules.proxy.close();
    now += 3_600_000;
    go.forget();
    expect(await go.run(server, ["get", ...wanted, "example.com/later"])).toMatchObject({
      status: 0,
    });
    const upstream = modules.requests(/lookup/);
    expect(upstream).toBe(3);
    expect((await server.get("/example.com/m/@v/list")).headers.get("age")).toBe("3600");
    expect((await server.get("/example.com/m/@latest")).headers.get("age")).toBe("3600");
    for (const path of [LOOKUP, TILE, `${BASE}/latest`]) {
      const { status, headers } = await server.get(path);
      expect([path, status]).toEqual([path, 200]);
      expect(Math.round(Number(headers.get("age")) / 60)).toBe(60);
    }
  });

  it("is told why a private module is not looked up, and the database never hears of it", async () => {
    modules.proxy.addModule("private.test/m", "v1.0.0", { "p.go": "package p\n" });
    const server = await serve({ gonosumdb: "private.test" });
    const go = new GoClient();
    await go.run(server, ["mod", "init", "client.test"]);
    const refused = await go.run(server, ["get", "private.test/m@v1.0.0"]);
    expect(refused).toMatchObject({ status: 1 });
    expect(refused.stderr).toContain("let GOPRIVATE or GONOSUMDB of the client match it too");
    const exempt = { GONOSUMDB: "private.test" };
    const allowed = await go.run(server, ["get", "private.test/m@v1.0.0"], exempt);
    expect(allowed).toMatchObject({ status: 0 });
    expect(modules.requests(/private/)).toBe(0);
  });

  it("goes on to the database itself where it is not served", async () => {
    const server = await serve();
    const { status } = await server.get("/sumdb/sum.example.test/supported");
    expect(status).toBe(404);
  });

  it("gets nothing past a record that is not what was published", async () => {
    modules.proxy.addModule("example.com/m", "v1.0.0", { "p.go": "package evil\n" });
    const server = await serve();
    const go = new GoClient();
    await go.run(server, ["mod", "init", "client.test"]);
    const refused = await go.run(server, ["get", "example.com/m@v1.0.0"]);
    expect(refused).toMatchObject({ status: 1 });
    expect(refused.stderr).toMatch(/checksum mismatch/);
  });
});

describe("what is served", () => {
  it("is there after a start without upstream", async () => {
    const first = await serve({ directory: stack.use(temporaryDirectory()) });
    const { directory } = first;
    const paths = [LOOKUP, TILE, `${BASE}/latest`];
    const texts = async (server: ModuleServer) =>
      await Promise.all(
        paths.map(async (path) => (await server.get(path)).body.toString("latin1")),
      );
    const before = await texts(first);
    await first.databases.close();
    await modules.proxy.close();
    const second = await serve({ directory });
    expect(await texts(second)).toEqual(before);
    const unknown = await second.get(`${BASE}/lookup/example.com/unknown@v1.0.0`);
    expect(unknown.status).toBe(502);
  });

  it("is the protocol, at the root and below /mod", async () => {
    const server = await serve();
    for (const prefix of ["", "/mod"]) {
      for (const path of ["/supported", "/latest"]) {
        expect((await server.get(`${prefix}${BASE}${path}`)).status).toBe(200);
      }
      const lookup = await server.get(`${prefix}${LOOKUP}`);
      expect(lookup.body.toString()).toContain("example.com/m v1.0.0/go.mod h1:");
      expect(lookup.headers.get("content-type")).toBe("text/plain; charset=UTF-8");
      const tile = await server.get(`${prefix}${TILE}`);
      expect([tile.body.length, tile.headers.get("cache-control")]).toEqual([
        32,
        "max-age=31536000, immutable",
      ]);
    }
  });

  it("is nothing but canonical paths", async () => {
    const server = await serve();
    const paths = [
      "/tile/8/0/00",
      "/tile/8/0/000.p/256",
      "/tile/8/0/000.p/0",
      "/tile/8/0/%2e%2e/000",
      "/tile/8/0/x000/000",
      "/tile/99/0/000",
      "/lookup/example.com/m",
      "/lookup/example.com/m@v1",
      "/lookup/example.com/M@v1.0.0",
      "/lookup/example.com%2Fm@v1.0.0",
      "/lookup/..%2f..%2fetc@v1.0.0",
      "/lookup/example.com/m@v1.0.0/x",
      "/lookup/%ff@v1.0.0",
      "/supported/",
      "/latest/x",
      "",
    ];
    for (const path of paths) {
      const { status } = await server.get(`${BASE}${path}`);
      expect([path, status]).toEqual([path, 404]);
    }
    expect(modules.requests(/lookup|tile/)).toBe(0);
  });

  it("is asked upstream once, however many ask", async () => {
    const server = await serve();
    modules.proxy.addFault({ pattern: /lookup/, delay: 100 });
    const asked = Array.from({ length: 200 }, async () => (await server.get(LOOKUP)).status);
    expect(new Set(await Promise.all(asked))).toEqual(new Set([200]));
    expect(modules.requests(/lookup/)).toBe(1);
  });

  it("is not found where the database says so, and found seconds after it was published", async () => {
    let now = Date.now();
    const server = await serve({ clock: () => now });
    const path = `${BASE}/lookup/example.com/new@v1.0.0`;
    const missing = await server.get(path);
    expect([missing.status, missing.body.toString()]).toEqual([
      404,
      expect.stringContaining("not found"),
    ]);
    await modules.publish("example.com/new", "v1.0.0");
    now += 5_000;
    expect((await server.get(path)).status).toBe(200);
  });

  it("is what a client is allowed to read", async () => {
    await modules.publish("secret.test/m", "v1.0.0");
    const server = await serve();
    const { status } = await server.get(`${BASE}/lookup/secret.test/m@v1.0.0`);
    expect(status).toBe(403);
    expect(modules.requests(/secret/)).toBe(0);
  });

  it("has partial tiles cut from those that have grown, and the records of data tiles", async () => {
    for (let i = 1; i < 300; i++) await modules.database.append(`example.com/a v1.0.${i} h1:x=\n`);
    await modules.publish("example.com/last", "v1.0.0");
    const texts = [...Array(256).keys()].map((i) => `example.com/a v1.0.${i} h1:x=\n\n`);
    const server = await serve();
    await server.get(`${BASE}/lookup/example.com/last@v1.0.0`);
    const full = (await server.get(`${BASE}/tile/8/0/000`)).body;
    expect(full).toHaveLength(8192);
    const partial = (await server.get(`${BASE}/tile/8/0/000.p/7`)).body;
    expect(partial).toEqual(full.subarray(0, 224));

    const first = modules.database.answers.get("/lookup/example.com/m@v1.0.0") ?? new Uint8Array();
    const record = Buffer.from(first).toString().split("\n").slice(1, 3).join("\n");
    const data = Buffer.from([`${record}\n\n`, ...texts.slice(1, 4)].join(""));
    modules.set("/tile/8/data/000.p/4", data);
    expect((await server.get(`${BASE}/tile/8/data/000.p/4`)).body).toEqual(data);
    modules.set("/tile/8/data/000.p/3", data);
    const lie = await server.get(`${BASE}/tile/8/data/000.p/3`);
    expect([lie.status, lie.body.toString()]).toEqual([
      403,
      expect.stringContaining("is not part of its signed tree"),
    ]);
  });

  it("is passed on but not kept where the tree that has it is not known", async () => {
    const server = await serve();
    await server.get(LOOKUP);
    const beyond = Buffer.alloc(64, 1);
    modules.set("/tile/8/0/005.p/2", beyond);
    for (const age of ["0", "0"]) {
      const { body, headers } = await server.get(`${BASE}/tile/8/0/005.p/2`);
      expect(body).toEqual(beyond);
      expect([headers.get("cache-control"), headers.get("age")]).toEqual(["no-store", age]);
    }
    expect(modules.requests(/005/)).toBe(2);
    await server.databases.close();
    expect(readdirSync(server.directory.join("sumdb", DATABASE_NAME, "tile/8/0"))).toEqual([
      "000.p",
    ]);
  });

  it("includes further databases, each under its name", async () => {
    const key = generateKeyPair("second.test");
    const signer = parseSignerKey(key.signerKey);
    const head = signNote({ text: formatTree(await emptyTree()) }, signer);
    modules.proxy.set("/sumdb/second.test/supported", "");
    modules.proxy.set("/sumdb/second.test/latest", head);
    const server = await serve({ further: [key.verifierKey, TEST_VERIFIER_KEY] });
    expect((await server.get("/sumdb/second.test/supported")).status).toBe(200);
    expect((await server.get(LOOKUP)).status).toBe(200);
    expect(server.databases.mirrors.map(({ name }) => name)).toEqual([
      DATABASE_NAME,
      "second.test",
    ]);
    const other = generateKeyPair(DATABASE_NAME).verifierKey;
    await expect(serve({ further: [other] })).rejects.toThrow("two keys for the checksum database");
  });
});

describe("a database that misbehaves", () => {
  function evidenceIn(server: ModuleServer): string[] {
    const directory = server.directory.join("evidence");
    return readdirSync(directory).map((name) => {
      const path = `${directory}/${name}`;
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(name).toMatch(/^localhost\.localdev%2Fsumdb-\d{4}-\d\d-\d\dT[\d.]+Z\.txt$/);
      return readFileSync(path, "utf8");
    });
  }

  it("is caught at a fork, with both heads and the proof on disk; what was proven stays", async () => {
    const honest = modules.database;
    const forked = honest.fork();
    const server = await serve();
    modules.database = honest;
    await modules.publish("example.com/second", "v1.0.0");
    const second = `${BASE}/lookup/example.com/second@v1.0.0`;
    expect((await server.get(second)).status).toBe(200);

    modules.database = forked;
    await modules.publish("example.com/evil", "v1.0.0");
    await modules.publish("example.com/evil", "v1.0.1");
    for (let i = 0; i < 3; i++) {
      const evil = await server.get(`${BASE}/lookup/example.com/evil@v1.0.1`);
      expect([evil.status, evil.body.toString()]).toEqual([
        403,
        expect.stringContaining("is misbehaving"),
      ]);
    }
    const latest = await server.get(`${BASE}/latest`);
    expect(latest.body.toString()).toContain("go.sum database tree\n2\n");
    for (const path of [LOOKUP, second, TILE]) {
      expect([path, (await server.get(path)).status]).toEqual([path, 200]);
    }
    modules.set("/tile/8/0/005.p/2", Buffer.alloc(64));
    expect((await server.get(`${BASE}/tile/8/0/005.p/2`)).status).toBe(403);

    await server.databases.close();
    const [evidence = "", ...more] = evidenceIn(server);
    expect(more.every((text) => text.includes("security: fork"))).toBe(true);
    expect(evidence).toContain("proof of misbehavior");
    expect(evidence).toContain("old database:");
    const events = server.databases.securityEvents;
    expect(events[0]).toMatchObject({ database: DATABASE_NAME, kind: "fork" });
    const later = await serve({ directory: server.directory });
    expect(later.databases.securityEvents).toEqual(events);
  });

  it("is caught when it goes back to a tree older than one known for an hour", async () => {
    let now = Date.now();
    const server = await serve({ clock: () => now });
    const older = await modules.database.signTree(1);
    await modules.publish("example.com/second", "v1.0.0");
    const current = (await server.get(`${BASE}/latest`)).body;
    modules.set("/latest", older);
    now += 60_000;
    expect((await server.get(`${BASE}/latest`)).body).toEqual(current);
    expect(server.databases.securityEvents).toEqual([]);
    now += 3_600_000;
    const { body, headers } = await server.get(`${BASE}/latest`);
    expect(body).toEqual(current);
    expect(Math.round(Number(headers.get("age")) / 60)).toBe(61);
    await server.databases.close();
    expect(server.databases.securityEvents).toMatchObject([
      { kind: "rollback", summary: "went back from a tree of 2 records to one of 1" },
    ]);
    const [evidence = ""] = evidenceIn(server);
    expect(evidence).toContain(current.toString());
    expect(evidence).toContain(Buffer.from(older).toString());
  });

  it("is caught at an answer that it has not signed, and at a record that is not in its log", async () => {
    const server = await serve();
    const answer = modules.database.answers.get("/lookup/example.com/m@v1.0.0") ?? Buffer.alloc(0);
    const text = Buffer.from(answer).toString();
    const lies = {
      "example.com/wrong@v1.0.0": text.replace(/h1:..../, "h1:AAAA"),
      "example.com/unsigned@v1.0.0": text.replace(/sumdb .{8}/, "sumdb AAAAAAAA"),
    };
    for (const [key, lie] of Object.entries(lies)) {
      modules.set(`/lookup/${key}`, Buffer.from(lie));
      for (let i = 0; i < 2; i++) {
        expect([key, (await server.get(`${BASE}/lookup/${key}`)).status]).toEqual([key, 403]);
      }
    }
    expect((await server.get(LOOKUP)).status).toBe(200);
    await server.databases.close();
    const evidence = evidenceIn(server);
    expect(evidence).toHaveLength(2);
    for (const lie of Object.values(lies)) {
      expect(evidence.some((kept) => kept.includes(lie))).toBe(true);
    }
    expect(server.databases.securityEvents.map(({ kind }) => kind)).toEqual([
      "unproven",
      "unproven",
    ]);
  });
});

async function emptyTree() {
  const id = parseModuleVersion("example.com/m", "v1.0.0");
  const database = MemoryDatabase.empty(8);
  await database.append(`${id.path} ${id.version} h1:x=\n`);
  const [hash] = await database.readHashes([0]);
  if (hash === undefined) throw new Error("a database without its first hash");
  return { size: 1, hash };
}
