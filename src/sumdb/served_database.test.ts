import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { httpRemote, MemoryOps } from "../../test/sumdb_oracle/memory_ops.ts";
import { type ServedDatabase, SumdbOracle } from "../../test/sumdb_oracle/oracle.ts";
import { isGomodfsError } from "../lib/gomodfs_error.ts";
import type { ModulePath, ModuleVersion, Version } from "../module/module_version.ts";
import { encodeBase64 } from "./base64.ts";
import { SumdbClient } from "./client.ts";
import { sha256 } from "./hash.ts";
import { parseVerifierKey } from "./verifier.ts";

/** The client against golang.org/x/mod/sumdb.Server, over HTTP. */
let oracle: SumdbOracle;

beforeAll(async () => {
  oracle = await SumdbOracle.start();
});

afterAll(() => oracle.stop());

const NAME = "example.test/sumdb";

/** Module versions of many shapes; the paths are valid by their making. */
function modules(count: number, prefix: string): ModuleVersion[] {
  return Array.from({ length: count }, (_, i) => {
    const name = i % 3 === 0 ? `Upper${i}` : `lower${i}`;
    const version = [
      "v1.2.3",
      "v0.0.0-20190101000000-0123456789ab",
      "v2.0.0+incompatible",
      "v1.0.0-RC1",
    ][i % 4];
    return { path: `example.com/${prefix}/${name}` as ModulePath, version: version as Version };
  });
}

/** What serve.go makes up for a module. */
function goSum({ path, version }: ModuleVersion): string[] {
  const h1 = (kind: string) =>
    `h1:${encodeBase64(sha256(Buffer.from(`${kind} ${path} ${version}`)))}`;
  return [`${path} ${version} ${h1("zip")}`, `${path} ${version}/go.mod ${h1("mod")}`];
}

function newClient(database: ServedDatabase, ops: MemoryOps): SumdbClient {
  return new SumdbClient(parseVerifierKey(database.verifierKey), ops);
}

describe("a database served by golang.org/x/mod", () => {
  test("is looked up one by one, growing with each module", async () => {
    const database = await oracle.serve(NAME);
    const ops = new MemoryOps(httpRemote(database.url));
    const client = newClient(database, ops);
    for (const [i, id] of modules(300, "serial").entries()) {
      expect(await client.lookup(id)).toEqual(goSum(id));
      expect(client.latest.size).toBe(i + 1);
    }
    expect(Buffer.from(ops.config.get(`${NAME}/latest`) ?? []).toString()).toContain("\n300\n");
    expect(ops.securityErrors).toEqual([]);
  });

  test("is looked up by many at the same time, and by others after it has grown", async () => {
    const database = await oracle.serve(NAME);
    const ops = new MemoryOps(httpRemote(database.url));
    const ids = modules(400, "parallel");
    const client = newClient(database, ops);
    expect(await Promise.all(ids.map((id) => client.lookup(id)))).toEqual(ids.map(goSum));
    await client.flush();
    const other = newClient(database, ops);
    const more = [...modules(200, "later"), ...ids];
    expect(await Promise.all(more.map((id) => other.lookup(id)))).toEqual(more.map(goSum));
    expect(other.latest.size).toBe(600);
    await other.flush();

    const asked = ops.requests.length;
    ops.remote = () => Promise.reject(new Error("there is no network"));
    const offline = newClient(database, ops);
    expect(await Promise.all(more.map((id) => offline.lookup(id)))).toEqual(more.map(goSum));
    expect(ops.requests).toHaveLength(asked);
  });

  test("does not know every module", async () => {
    const database = await oracle.serve(NAME);
    const client = newClient(database, new MemoryOps(httpRemote(database.url)));
    const id = { path: "example.com/missing" as ModulePath, version: "v1.0.0" as Version };
    await expect(client.lookup(id)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("cannot be replaced by another one with the same name", async () => {
    const [database, stranger] = [await oracle.serve(NAME), await oracle.serve(NAME)];
    const ops = new MemoryOps(httpRemote(stranger.url));
    const [id] = modules(1, "replaced");
    await expect(id && newClient(database, ops).lookup(id)).rejects.toMatchObject({
      code: "SECURITY",
    });
  });

  test.each(["/lookup/", "/tile/"])(
    "is not believed when any byte of a %s answer is changed",
    async (kind) => {
      const database = await oracle.serve(NAME);
      const honest = httpRemote(database.url);
      const warm = newClient(database, new MemoryOps(honest));
      const ids = modules(40, "changed");
      for (const id of ids) await warm.lookup(id);
      for (const [i, id] of ids.entries()) {
        const ops = new MemoryOps(async (path) => {
          const answer = await honest(path);
          return path.startsWith(kind)
            ? answer.map((byte, at) => (at === (i * 7) % answer.length ? byte ^ 1 : byte))
            : answer;
        });
        const refused = newClient(database, ops).lookup(id);
        const code = await refused.then(
          () => "believed",
          (error: unknown) => (isGomodfsError(error) ? error.code : String(error)),
        );
        expect(code).toBeOneOf(["SECURITY", "PROTOCOL"]);
        expect([...ops.cache.keys()].filter((file) => file.includes(kind))).toEqual([]);
      }
    },
  );
});
