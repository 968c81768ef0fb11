import { beforeEach, describe, expect, test } from "vitest";
import { MemoryDatabase, TEST_VERIFIER_KEY } from "../../test/sumdb_oracle/memory_database.ts";
import { MemoryOps } from "../../test/sumdb_oracle/memory_ops.ts";
import { GomodfsError, isGomodfsError } from "../lib/gomodfs_error.ts";
import type { ModulePath, ModuleVersion, Version } from "../module/module_version.ts";
import { SumdbClient, type SumdbClientOptions } from "./client.ts";
import { recordHash, toHash } from "./hash.ts";
import { MisbehaviorError } from "./misbehavior.ts";
import { signNote } from "./note.ts";
import { generateKeyPair, parseSignerKey } from "./signer.ts";
import { formatRecord, formatTree, parseTree } from "./tree_note.ts";
import { parseVerifierKey } from "./verifier.ts";

// Records and the course of the first tests are from golang.org/x/mod/sumdb/client_test.go, BSD-3-Clause.
const NAME = "localhost.localdev/sumdb";
const LATEST = `${NAME}/latest`;
const QUOTE = `rsc.io/quote v1.5.2 h1:w5fcysjrx7yqtD/aO+QwRjYZOKnaM9Uh2b40tElTs3Y=
rsc.io/quote v1.5.2/go.mod h1:LzX7hefJvL54yjefDEDHNONDjII0t9xZLPXsUe+TKr0=
rsc.io/quote v1.5.2 h2:xyzzy
`;
const TEXT_VERSION = "v0.0.0-20170915032832-14c0d48ead0c";
const TEXT = `golang.org/x/text ${TEXT_VERSION} h1:qgOY6WgZOaTkIIMiVjBQcw93ERBE4m30iBm00nkL0i8=
golang.org/x/text ${TEXT_VERSION}/go.mod h1:NqM8EUOU14njkJ3fqMW+pc6Ldnwhi/IjpwHt7yyuwOQ=
`;
const SAMPLER = `rsc.io/sampler v1.3.0 h1:7uVkIFmeBqHfdjD+gZwtXXI+RODJ2Wc4O7MPEh/QiW4=
rsc.io/sampler v1.3.0/go.mod h1:T1hPZKmBbMNahiBKFy5HrXp6adAjACjK9JXDnKaTXpA=
`;

const verifier = parseVerifierKey(TEST_VERIFIER_KEY);
let database: MemoryDatabase;
let ops: MemoryOps;

/** A module version that the test knows to be one. */
function moduleVersion(path: string, version: string): ModuleVersion {
  return { path: path as ModulePath, version: version as Version };
}

const sampler = moduleVersion("rsc.io/sampler", "v1.3.0");
const quote = moduleVersion("rsc.io/quote", "v1.5.2");
const upperQuote = moduleVersion("rsc.io/Quote", "v1.5.2");

function newClient(options: SumdbClientOptions = {}): SumdbClient {
  return new SumdbClient(verifier, ops, { tileHeight: MemoryDatabase.tileHeight, ...options });
}

function lines(text: string): string[] {
  return text.split("\n").slice(0, -1);
}

function rememberedSize(): number {
  const [title, size] = Buffer.from(ops.config.get(LATEST) ?? [])
    .toString()
    .split("\n");
  return title === "go.sum database tree" ? Number(size) : 0;
}

function flipTiles(): void {
  for (const [path, answer] of database.answers) {
    if (path.startsWith("/tile/"))
      database.answers.set(
        path,
        answer.map((byte) => byte ^ 0x80),
      );
  }
}

beforeEach(async () => {
  database = MemoryDatabase.empty();
  ops = new MemoryOps(database.read);
  await database.add("rsc.io/quote@v1.5.2", QUOTE);
  await database.add(`golang.org/x/text@${TEXT_VERSION}`, TEXT);
  await database.add("rsc.io/sampler@v1.3.0", SAMPLER);
  ops.config.set(LATEST, await database.signTree(1));
  await database.add("rsc.io/!quote@v1.5.2", "rsc.io/Quote v1.5.2 h1:uppercase!=\n");
});

describe("lookup()", () => {
  test("gives the lines of a module and its go.mod, and moves forward", async () => {
    const client = newClient();
    expect(await client.lookup(sampler)).toEqual(lines(SAMPLER));
    expect(rememberedSize()).toBe(3);
    expect(await client.lookup(quote)).toEqual(lines(QUOTE));
    expect(rememberedSize()).toBe(3);
    expect(await client.lookup(upperQuote)).toEqual(["rsc.io/Quote v1.5.2 h1:uppercase!="]);
    expect(rememberedSize()).toBe(4);
    expect(client.latest).toEqual(parseTree(Buffer.from(await database.signTree(4)).toString()));
  });

  test("asks the database once for what it has asked before, in this process or another", async () => {
    const client = newClient();
    await client.lookup(sampler);
    const asked = ops.requests.length;
    await client.lookup(sampler);
    await client.flush();
    expect(await newClient().lookup(sampler)).toEqual(lines(SAMPLER));
    expect(ops.requests).toHaveLength(asked);
  });

  test("shares requests between those who ask at the same time", async () => {
    const client = newClient();
    const asked = Array.from({ length: 50 }, (_, i) =>
      client.lookup(i % 2 === 0 ? sampler : quote),
    );
    await Promise.all(asked);
    expect(ops.requests).toHaveLength(new Set(ops.requests).size);
  });

  test("has no lines for a version that the record does not have", async () => {
    database.answers.set(
      "/lookup/rsc.io/other@v1.0.0",
      await database.read("/lookup/rsc.io/quote@v1.5.2"),
    );
    expect(await newClient().lookup(moduleVersion("rsc.io/other", "v1.0.0"))).toEqual([]);
  });

  test("ignores lines that are signed but not in the log", async () => {
    const text = "golang.org/x/good v1.0.0 h1:7uVkIFmeBqHfdjD+gZwtXXI+RODJ2Wc4O7MPEh/QiW4=\n";
    const id = await database.append(text);
    const bad = "golang.org/x/bad v1.0.0 h1:7uVkIFmeBqHfdjD+gZwtXXI+RODJ2Wc4O7MPEh/QiW4=\n";
    const head = await database.signTree(database.size, bad);
    database.answers.set(
      "/lookup/golang.org/x/bad@v1.0.0",
      Buffer.concat([formatRecord(id, Buffer.from(text)), head]),
    );
    expect(await newClient().lookup(moduleVersion("golang.org/x/bad", "v1.0.0"))).toEqual([]);
  });

  test("asks nothing about excluded modules", async () => {
    const client = newClient({ isExcluded: (path) => path.startsWith("rsc.io/") });
    await expect(client.lookup(sampler)).rejects.toMatchObject({
      code: "UNVERIFIED",
      message: "rsc.io/sampler@v1.3.0: skipped (listed in GONOSUMDB)",
    });
    expect(ops.requests).toEqual([]);
  });

  test("says what the database does not know, and asks again the next time", async () => {
    const client = newClient();
    const id = moduleVersion("rsc.io/new", "v1.0.0");
    await expect(client.lookup(id)).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: "rsc.io/new@v1.0.0: /lookup/rsc.io/new@v1.0.0: not found",
    });
    await database.add("rsc.io/new@v1.0.0", "rsc.io/new v1.0.0 h1:new=\n");
    expect(await client.lookup(id)).toEqual(["rsc.io/new v1.0.0 h1:new="]);
  });

  test("refuses versions that cannot be escaped", async () => {
    await expect(newClient().lookup(moduleVersion("rsc.io/a", "../v1"))).rejects.toMatchObject({
      code: "INVALID",
    });
  });

  test("a client cannot have tiles of any height", () => {
    for (const tileHeight of [0, 17, 1.5])
      expect(() => newClient({ tileHeight })).toThrow("tile height");
  });
});

describe("tiles", () => {
  test("that are inconsistent are refused, and read again the next time", async () => {
    const client = newClient();
    flipTiles();
    await expect(client.lookup(sampler)).rejects.toMatchObject({
      code: "SECURITY",
      message: "rsc.io/sampler@v1.3.0: downloaded inconsistent tile",
    });
    expect(rememberedSize()).toBe(1);
    flipTiles();
    expect(await client.lookup(sampler)).toEqual(lines(SAMPLER));
  });

  test("that are inconsistent do not move the client forward", async () => {
    const client = newClient();
    await client.lookup(sampler);
    flipTiles();
    await expect(client.lookup(upperQuote)).rejects.toThrow("downloaded inconsistent tile");
    expect(rememberedSize()).toBe(3);
    expect(client.latest.size).toBe(3);
    flipTiles();
    expect(await client.lookup(upperQuote)).toEqual(["rsc.io/Quote v1.5.2 h1:uppercase!="]);
  });

  test("that do not exist are not taken for a module that does not", async () => {
    for (const path of database.answers.keys()) {
      if (path.startsWith("/tile/")) database.answers.delete(path);
    }
    await expect(newClient().lookup(sampler)).rejects.toMatchObject({ code: "UPSTREAM" });
  });

  test("that are partial may have become complete", async () => {
    for (let i = 0; i < 60; i++) await database.append(`record ${i}\n`);
    const partial = [...database.answers.keys()].filter((path) => path.includes(".p/"));
    expect(partial.length).toBeGreaterThan(0);
    for (const path of partial) database.answers.delete(path);
    expect(await newClient().lookup(sampler)).toEqual(lines(SAMPLER));
  });

  test.each([31, 0, 33])("that are %d bytes too short or long are refused", async (more) => {
    for (const [path, answer] of database.answers) {
      if (path.startsWith("/tile/"))
        database.answers.set(
          path,
          Buffer.concat([answer, new Uint8Array(more)]).subarray(more === 0 ? 1 : 0),
        );
    }
    await expect(newClient().lookup(sampler)).rejects.toMatchObject({ code: "PROTOCOL" });
  });

  test("and records in a damaged cache are read again, and healed", async () => {
    const client = newClient();
    await client.lookup(sampler);
    await client.lookup(upperQuote);
    await client.flush();
    const good = new Map(ops.cache);
    const damages = [
      () => new Uint8Array(),
      (content: Uint8Array) => content.subarray(1),
      (content: Uint8Array) => content.map((byte, i) => (i === 5 ? byte ^ 1 : byte)),
    ];
    for (const damage of damages) {
      for (const [file, content] of good) ops.cache.set(file, damage(content));
      const other = newClient();
      expect(await other.lookup(sampler)).toEqual(lines(SAMPLER));
      expect(await other.lookup(upperQuote)).toEqual(["rsc.io/Quote v1.5.2 h1:uppercase!="]);
      await other.flush();
      const asked = ops.requests.length;
      expect(await newClient().lookup(sampler)).toEqual(lines(SAMPLER));
      expect(ops.requests).toHaveLength(asked);
    }
  });
});

describe("answers", () => {
  const path = "/lookup/rsc.io/sampler@v1.3.0";

  /** Why a new client refuses the answer, which it must not keep: code and message. */
  async function refusal(answer: Uint8Array): Promise<string> {
    database.answers.set(path, answer);
    const reason = await newClient()
      .lookup(sampler)
      .then(String, (error: unknown) =>
        isGomodfsError(error) ? `${error.code} ${error.message}` : String(error),
      );
    return ops.cache.has(NAME + path) ? "kept in the cache" : reason;
  }

  test("with a changed record are refused", async () => {
    const answer = Buffer.from(await database.read(path))
      .toString()
      .replace("7uVk", "7uVl");
    expect(await refusal(Buffer.from(answer))).toContain(
      "SECURITY rsc.io/sampler@v1.3.0: cannot authenticate record data in server response",
    );
  });

  test("with another record's number are refused", async () => {
    const answer = Buffer.from(await database.read(path)).toString();
    expect(await refusal(Buffer.from(answer.replace(/^2\n/, "1\n")))).toContain(
      "SECURITY rsc.io/sampler@v1.3.0: cannot authenticate record data",
    );
    expect(await refusal(Buffer.from(answer.replace(/^2\n/, "3\n")))).toContain(
      "SECURITY rsc.io/sampler@v1.3.0: cannot validate record 3 in tree of size 3",
    );
    expect(await refusal(Buffer.from(answer.replace(/^2\n/, "-1\n")))).toContain(
      "SECURITY rsc.io/sampler@v1.3.0: cannot validate record -1",
    );
  });

  test("that are truncated are refused wherever they end", async () => {
    const answer = await database.read(path);
    for (let length = 1; length < answer.length; length++) {
      database.answers.set(path, answer.subarray(0, length));
      await expect(newClient().lookup(sampler)).rejects.toBeInstanceOf(GomodfsError);
    }
  });

  test("without a signed tree can only be about what is remembered", async () => {
    const text = Buffer.from(await database.read(path)).toString();
    expect(
      await refusal(Buffer.from(text.slice(0, text.indexOf("go.sum database tree")))),
    ).toContain("SECURITY rsc.io/sampler@v1.3.0: cannot validate record 2 in tree of size 1");
  });

  test("signed by another key, or with a wrong signature, are refused", async () => {
    const record = formatRecord(2, Buffer.from(SAMPLER));
    const text = formatTree(parseTree(Buffer.from(await database.signTree(3)).toString()));
    const stranger = parseSignerKey(generateKeyPair(NAME).signerKey);
    expect(await refusal(Buffer.concat([record, signNote({ text }, stranger)]))).toContain(
      "SECURITY rsc.io/sampler@v1.3.0: note has no verifiable signatures",
    );
    const otherSignature = Buffer.from(await database.signTree(2))
      .toString()
      .split("\n\n")[1];
    const wrong = `${text}\n${otherSignature}`;
    expect(await refusal(Buffer.concat([record, Buffer.from(wrong)]))).toContain(
      "SECURITY rsc.io/sampler@v1.3.0: invalid signature for key",
    );
  });

  test("that are too large are refused", async () => {
    expect(await refusal(new Uint8Array(1_000_001))).toContain(
      "TOO_LARGE rsc.io/sampler@v1.3.0: a record of 1000001 bytes",
    );
  });

  test("with too many lines are refused", async () => {
    await database.add("rsc.io/sampler@v1.3.0", "line\n".repeat(1001));
    expect(await refusal(await database.read(path))).toContain(
      "TOO_LARGE rsc.io/sampler@v1.3.0: a record has 1001 lines",
    );
  });
});

describe("the latest tree", () => {
  test("never goes backwards", async () => {
    const client = newClient();
    await client.lookup(upperQuote);
    await client.lookup(quote);
    expect(rememberedSize()).toBe(4);
    expect(client.latest.size).toBe(4);
    const other = newClient();
    await other.lookup(quote);
    expect(other.latest.size).toBe(4);
  });

  test("that another process has moved forward is taken up", async () => {
    const client = newClient();
    await client.lookup(quote);
    ops.config.set(LATEST, await database.signTree(2));
    ops.writeConfig = async (file, old, content) => {
      // Between our reading and writing comes another.
      ops.writeConfig = MemoryOps.prototype.writeConfig.bind(ops);
      ops.config.set(LATEST, await database.signTree(4));
      return ops.writeConfig(file, old, content);
    };
    await client.lookup(sampler);
    expect(client.latest.size).toBe(4);
    expect(rememberedSize()).toBe(4);
  });

  test("that cannot be written down fails the look-up", async () => {
    ops.writeConfig = async () => {
      throw new GomodfsError("STORE", "disk full");
    };
    await expect(newClient().lookup(sampler)).rejects.toMatchObject({ code: "STORE" });
  });

  test("that others change all the time is given up", async () => {
    ops.writeConfig = async () => "conflict";
    await expect(newClient().lookup(sampler)).rejects.toMatchObject({ code: "BUSY" });
  });

  test("that was remembered and is damaged is an error, until it is repaired", async () => {
    const good = await database.signTree(1);
    ops.config.set(LATEST, good.subarray(0, -1));
    const client = newClient();
    await expect(client.lookup(sampler)).rejects.toThrow(
      "reading the latest tree of localhost.localdev/sumdb: malformed",
    );
    ops.config.set(LATEST, good);
    expect(await client.lookup(sampler)).toEqual(lines(SAMPLER));
  });

  test("starts with nothing", async () => {
    ops.config.clear();
    expect(await newClient().lookup(sampler)).toEqual(lines(SAMPLER));
    expect(rememberedSize()).toBe(3);
  });

  test("takes in many heads at once with few tiles", async () => {
    const ids = Array.from({ length: 60 }, (_, i) => moduleVersion(`rsc.io/many${i}`, "v1.0.0"));
    for (const id of ids) await database.add(`${id.path}@v1.0.0`, `${id.path} v1.0.0 h1:many=\n`);
    const client = newClient();
    const answers = await Promise.all(ids.map((id) => client.lookup(id)));
    expect(answers.flat()).toEqual(ids.map((id) => `${id.path} v1.0.0 h1:many=`));
    expect(client.latest.size).toBe(64);
    const tiles = ops.requests.filter((path) => path.startsWith("/tile/"));
    // A tree of 64 records has 16 + 4 + 1 complete tiles; few heads beside the newest have needed tiles of their own.
    expect(tiles.length).toBeLessThan(35);
  });
});

describe("a fork", () => {
  /** Two databases that were one for four records and are not any more. */
  async function fork(): Promise<MemoryDatabase> {
    const other = database.fork();
    await database.add("rsc.io/pkg1@v1.5.2", "rsc.io/pkg1 v1.5.2 h1:hash!=\n");
    await database.add("rsc.io/pkg1@v1.5.4", "rsc.io/pkg1 v1.5.4 h1:hash!=\n");
    await other.add("rsc.io/pkg1@v1.5.3", "rsc.io/pkg1 v1.5.3 h1:hash!=\n");
    await other.add("rsc.io/pkg1@v1.5.4", "rsc.io/pkg1 v1.5.4 h1:hash!=\n");
    return other;
  }

  test("is proven", async () => {
    const other = await fork();
    ops.remote = other.read;
    const client = newClient();
    await client.lookup(moduleVersion("rsc.io/pkg1", "v1.5.4"));
    const key = "/lookup/rsc.io/pkg1@v1.5.2";
    other.answers.set(key, await database.read(key));
    const refused = client.lookup(moduleVersion("rsc.io/pkg1", "v1.5.2"));
    await expect(refused).rejects.toBeInstanceOf(MisbehaviorError);
    await expect(refused).rejects.toMatchObject({
      code: "SECURITY",
      evidence: ops.securityErrors[0],
    });
    expect(ops.securityErrors).toEqual([
      `SECURITY ERROR
go.sum database server misbehavior detected!

old database:
	go.sum database tree
	5
	nWzN20+pwMt62p7jbv1/NlN95ePTlHijabv5zO/s36w=
	
	— localhost.localdev/sumdb AAAMZ5/2FVAdMH58kmnz/0h299pwyskEbzDzoa2/YaPdhvLya4YWDFQQxu2TQb5GpwAH4NdWnTwuhILafisyf3CNbgg=
	
new database:
	go.sum database tree
	6
	wc4SkQt52o5W2nQ8To2ARs+mWuUJjss+sdleoiqxMmM=
	
	— localhost.localdev/sumdb AAAMZ6oRNswlEZ6ZZhxrCvgl1MBy+nusq4JU+TG6Fe2NihWLqOzb+y2c2kzRLoCr4tvw9o36ucQEnhc20e4nA4Qc/wc=
	
proof of misbehavior:
	T7i+H/8ER4nXOiw4Bj0koZOkGjkxoNvlI34GpvhHhQg=
	Nsuejv72de9hYNM5bqFv8rv3gm3zJQwv/DT/WNbLDLA=
	mOmqqZ1aI/lzS94oq/JSbj7pD8Rv9S+xDyi12BtVSHo=
	/7Aw5jVSMM9sFjQhaMg+iiDYPMk6decH7QLOGrL9Lx0=`,
    ]);
  });

  test("to a longer log is proven, and what was remembered stays", async () => {
    const other = await fork();
    await newClient().lookup(moduleVersion("rsc.io/pkg1", "v1.5.2"));
    expect(rememberedSize()).toBe(5);
    const remembered = ops.config.get(LATEST);
    ops.remote = other.read;
    ops.cache.clear();
    const client = newClient();
    await expect(client.lookup(moduleVersion("rsc.io/pkg1", "v1.5.4"))).rejects.toBeInstanceOf(
      MisbehaviorError,
    );
    expect(ops.config.get(LATEST)).toBe(remembered);
    expect(ops.cache.has(`${NAME}/lookup/rsc.io/pkg1@v1.5.4`)).toBe(false);
  });

  test("of the same size is proven", async () => {
    const other = await fork();
    const client = newClient();
    await client.lookup(moduleVersion("rsc.io/pkg1", "v1.5.2"));
    ops.remote = other.read;
    await expect(client.lookup(moduleVersion("rsc.io/pkg1", "v1.5.3"))).rejects.toBeInstanceOf(
      MisbehaviorError,
    );
    expect(ops.securityErrors).toHaveLength(1);
  });

  test("in the cache is evidence too", async () => {
    const other = await fork();
    await newClient().lookup(moduleVersion("rsc.io/pkg1", "v1.5.4"));
    ops.cache.set(
      `${NAME}/lookup/rsc.io/pkg1@v1.5.3`,
      await other.read("/lookup/rsc.io/pkg1@v1.5.3"),
    );
    await expect(newClient().lookup(moduleVersion("rsc.io/pkg1", "v1.5.3"))).rejects.toBeInstanceOf(
      MisbehaviorError,
    );
  });

  test("that was looked at does not spoil the true log", async () => {
    const other = await fork();
    // Both logs grow to eight records: their complete tiles have the same paths.
    for (const log of [database, other]) {
      await log.append("record 6\n");
      await log.add("rsc.io/pkg1@v1.5.9", "rsc.io/pkg1 v1.5.9 h1:hash!=\n");
    }
    const client = newClient();
    await client.lookup(moduleVersion("rsc.io/pkg1", "v1.5.2"));
    ops.remote = other.read;
    const forked = moduleVersion("rsc.io/pkg1", "v1.5.9");
    await expect(client.lookup(forked)).rejects.toBeInstanceOf(MisbehaviorError);
    ops.remote = database.read;
    expect(await client.lookup(forked)).toEqual(["rsc.io/pkg1 v1.5.9 h1:hash!="]);
    await client.flush();
    const tile = "tile/2/0/001";
    expect(await database.read(`/${tile}`)).not.toEqual(await other.read(`/${tile}`));
    expect(ops.cache.get(`${NAME}/${tile}`)).toEqual(await database.read(`/${tile}`));
  });
});

test("a tree that no tiles support is signed, and yet of no use", async () => {
  ops.config.set(
    LATEST,
    database.sign(formatTree({ size: 1, hash: recordHash(toHash(new Uint8Array(32))) })),
  );
  await expect(newClient().lookup(sampler)).rejects.toBeInstanceOf(MisbehaviorError);
});
