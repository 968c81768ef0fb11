import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FILE_TIME } from "../tree/file_time.ts";
import { LOCK_PROGRAM, LOCK_V4, LockProcedure } from "./locks/lock_program.ts";
import { MOUNT_PROGRAM, MOUNT_V3, MountProcedure } from "./mount/mount_program.ts";
import {
  type Attributes,
  NfsClient,
  type Row,
  readOptionalAttributes,
} from "./testdata/nfs_client.ts";
import {
  COLD,
  KEY,
  LARGE_SIZE,
  LONG,
  NOWHERE,
  ServedTree,
  SMALL,
  UNREACHABLE,
} from "./testdata/served_tree.ts";
import { Procedure, Status } from "./v3/nfs_constants.ts";

const NAMES_OF_SMALL = [".", "..", "go.mod", "large.bin", "many", "ä"];
const SMALL_PATH = "example.com/small@v1.0.0";

describe("NfsServer", () => {
  let served: ServedTree;
  let client: NfsClient;
  let root: Buffer;

  beforeAll(async () => {
    served = await ServedTree.create();
    client = await NfsClient.connect((await served.serve()).port);
    root = await client.directory("/");
  });

  afterAll(async () => {
    client[Symbol.dispose]();
    await served[Symbol.asyncDispose]();
  });

  async function attributesOf(handle: Uint8Array): Promise<Attributes> {
    const attributes = await client.attributes(handle);
    if (typeof attributes === "number") throw new Error(`no attributes: ${attributes}`);
    return attributes;
  }

  describe("MOUNT", () => {
    it("gives the root by both of its names, and directories below it their own handles", async () => {
      expect(await client.mount("/gomodcache")).toEqual(root);
      expect(await client.mount("//gomodcache/")).toEqual(Status.NOENT);
      const module = await client.walk(SMALL_PATH);
      expect(await client.mount(`/${SMALL_PATH}`)).toEqual(module);
      expect(await client.mount(`/gomodcache/${SMALL_PATH}/`)).toEqual(module);
    });

    it.each([
      ["/example.com/small@v1.0.0/none", Status.NOENT],
      ["/.git", Status.NOENT],
      ["relative", Status.NOENT],
      ["/example.com/small@v1.0.0/go.mod", Status.NOTDIR],
      ["/example.com/small@v1.0.0/go.mod/x", Status.NOTDIR],
      ["/example.com/nowhere@v1.0.0", Status.NOENT],
      ["/example.com/unreachable@v1.0.0", Status.IO],
    ])("refuses %s with %i", async (path, status) => {
      expect(await client.mount(path)).toBe(status);
    });

    it("lists its exports, each with the flag before its row", async () => {
      const results = await mountCall(MountProcedure.EXPORT);
      const names: string[] = [];
      while (results.bool()) {
        names.push(results.opaque(100).toString());
        expect(results.bool()).toBe(false);
      }
      expect(names).toEqual(["/", "/gomodcache"]);
      expect(results.remaining).toBe(0);
    });

    it("tells a client of its own mounts until it unmounts them", async () => {
      await client.mount("/cache");
      expect(await mounts()).toContain("/cache");
      await mountCall(MountProcedure.UMNT, "/cache");
      expect(await mounts()).not.toContain("/cache");
      await mountCall(MountProcedure.UMNTALL);
      expect(await mounts()).toEqual([]);
    });

    async function mounts(): Promise<string[]> {
      const results = await mountCall(MountProcedure.DUMP);
      const paths: string[] = [];
      while (results.bool()) {
        expect(results.opaque(100).toString()).toBe("127.0.0.1");
        paths.push(results.opaque(1024).toString());
      }
      return paths;
    }

    async function mountCall(
      procedure: number,
      path?: string,
    ): ReturnType<NfsClient["rpc"]["call"]> {
      const target = { program: MOUNT_PROGRAM, version: MOUNT_V3, procedure };
      return await client.rpc.call(target, (writer) => {
        if (path !== undefined) writer.string(path);
      });
    }
  });

  it("shows attributes as FUSE does: modes, sizes and times that never change", async () => {
    const file = await attributesOf(await client.walk(`${SMALL_PATH}/ä/b.go`));
    expect(file).toMatchObject({ type: 1, mode: 0o444, links: 1, size: 10 });
    expect(file.modified).toEqual([FILE_TIME, 0]);
    expect(file.changed).toEqual([FILE_TIME, 0]);
    const directory = await attributesOf(await client.walk(SMALL_PATH));
    expect(directory).toMatchObject({ type: 2, mode: 0o555, links: 1, size: 0 });
    expect(directory.modified).toEqual([FILE_TIME, 0]);
  });

  it("finds names, also . and .., in directories only", async () => {
    const module = await client.walk(SMALL_PATH);
    const inner = await client.walk(`${SMALL_PATH}/ä/c`);
    expect(await client.lookup(module, ".")).toEqual(module);
    expect(await client.lookup(inner, "..")).toEqual(await client.walk(`${SMALL_PATH}/ä`));
    expect(await client.lookup(module, "..")).toEqual(await client.walk("example.com"));
    expect(await client.lookup(root, "..")).toEqual(root);
    expect(await client.lookup(module, "none")).toBe(Status.NOENT);
    expect(await client.lookup(module, "")).toBe(Status.INVAL);
    expect(await client.lookup(module, "x".repeat(256))).toBe(Status.NAMETOOLONG);
    expect(await client.lookup(module, Buffer.of(0xff, 0xfe))).toBe(Status.NOENT);
    const file = await client.walk(`${SMALL_PATH}/go.mod`);
    expect(await client.lookup(file, "x")).toBe(Status.NOTDIR);
    expect(await client.lookup(file, "..")).toBe(Status.NOTDIR);
  });

  it("causes no fetch for names that no GOMODCACHE has", async () => {
    const before = served.wants.length;
    for (const name of [".git", ".DS_Store", "vendor@", "lock", "example.com@latest"]) {
      expect(await client.lookup(root, name)).toBe(Status.NOENT);
    }
    expect(served.wants.length).toBe(before);
  });

  it("allows of what is asked for only what can be done", async () => {
    const all = 0x3f;
    expect(await access(await client.walk(SMALL_PATH), all)).toBe(0x23);
    expect(await access(await client.walk(SMALL_PATH), 0x02)).toBe(0x02);
    expect(await access(await client.walk(`${SMALL_PATH}/go.mod`), all)).toBe(0x01);
    expect(await access(await client.walk(`${SMALL_PATH}/go.mod`), 0x3e)).toBe(0);
  });

  async function access(handle: Buffer, asked: number): Promise<number> {
    const { status, results } = await client.call(Procedure.ACCESS, (writer) => {
      writer.opaque(handle);
      writer.u32(asked);
    });
    expect(status).toBe(Status.OK);
    readOptionalAttributes(results);
    return results.u32();
  }

  it("reads whole mebibytes, parts, and nothing behind the end", async () => {
    const handle = await client.walk(`${SMALL_PATH}/large.bin`);
    const expected = Buffer.from(
      Uint8Array.from({ length: LARGE_SIZE }, (_, index) => index % 251),
    );
    const mebibyte = 2 ** 20;
    const parts: Buffer[] = [];
    for (let offset = 0; offset < LARGE_SIZE; offset += mebibyte) {
      const answer = await client.read(handle, offset, 2 * mebibyte);
      if (typeof answer === "number") throw new Error(`cannot read: ${answer}`);
      expect(answer.bytes.length).toBe(Math.min(mebibyte, LARGE_SIZE - offset));
      expect(answer.isEnd).toBe(offset + mebibyte >= LARGE_SIZE);
      parts.push(answer.bytes);
    }
    expect(Buffer.concat(parts).equals(expected)).toBe(true);
    expect(await client.read(handle, 7, 5)).toEqual({
      bytes: expected.subarray(7, 12),
      isEnd: false,
    });
    const nothing = { bytes: Buffer.alloc(0), isEnd: true };
    expect(await client.read(handle, LARGE_SIZE, 5)).toEqual(nothing);
    expect(await client.read(handle, Number.MAX_SAFE_INTEGER, 5)).toEqual(nothing);
    expect(await client.read(handle, 0, 0)).toEqual({ ...nothing, isEnd: false });
    expect(await client.read(await client.walk(SMALL_PATH), 0, 5)).toBe(Status.ISDIR);
  });

  it("lists a directory with what a look-up says of each row", async () => {
    const module = await client.walk(SMALL_PATH);
    const rows = await client.list(module);
    expect(rows.map(({ name }) => name)).toEqual(NAMES_OF_SMALL);
    for (const row of rows.slice(2)) {
      expect(row.handle).toEqual(await client.lookup(module, row.name));
      expect(row.attributes).toEqual(await attributesOf(row.handle ?? root));
      expect(row.fileNumber).toBe(row.attributes?.fileNumber);
    }
    expect(rows[0]?.handle).toEqual(module);
    const plain = await client.page(module, false);
    expect(plain.rows.map(({ name }) => name)).toEqual(NAMES_OF_SMALL);
    expect(plain.isLast).toBe(true);
    const file = await client.walk(`${SMALL_PATH}/go.mod`);
    expect((await client.page(file, true)).status).toBe(Status.NOTDIR);
  });

  it.each([{ maximum: 1000 }, { maximum: 4096 }, { maximum: 32_768, nameBytes: 300 }])(
    "gives the same listing in pages of %o",
    async (request) => {
      const many = await client.walk(`${SMALL_PATH}/many`);
      const rows = await client.list(many, request);
      expect(rows).toEqual(await client.list(many, { maximum: 200_000 }));
      expect(new Set(rows.map(({ name }) => name)).size).toBe(302);
    },
  );

  it("refuses a page without room for a row, and a cookie of another verifier", async () => {
    const many = await client.walk(`${SMALL_PATH}/many`);
    expect((await client.page(many, true, { maximum: 150 })).status).toBe(Status.TOOSMALL);
    expect((await client.page(many, true, { maximum: 0 })).status).toBe(Status.TOOSMALL);
    expect((await client.page(many, true, { cookie: 5 })).status).toBe(Status.BAD_COOKIE);
    const { verifier } = await client.page(many, true);
    const beyond = await client.page(many, true, { cookie: Number.MAX_SAFE_INTEGER, verifier });
    expect(beyond).toMatchObject({ status: Status.OK, rows: [], isLast: true });
  });

  it("goes on with a listing behind its cookie when names have come meanwhile", async () => {
    await using growing = await ServedTree.create();
    const { port } = await growing.serve();
    using reader = await NfsClient.connect(port);
    const directory = await reader.directory("/example.com");
    const before = await reader.attributes(directory);
    const [first] = (await reader.page(directory, true, { maximum: 400 })).rows.slice(-1);
    const { verifier } = await reader.page(directory, true);
    growing.release();
    await reader.lookup(directory, "cold@v1.0.0");
    const rest = await reader.page(directory, true, { cookie: first?.cookie ?? 0, verifier });
    const rows = await reader.list(directory);
    const behind = rows.filter(({ cookie }) => cookie > (first?.cookie ?? 0));
    expect(rest.rows.every(({ name }) => behind.some((row) => row.name === name))).toBe(true);
    expect(rows.map(({ name }) => name)).toContain("cold@v1.0.0");
    // Clients drop a listing that they keep when the change time changes.
    const after = await reader.attributes(directory);
    expect(timeOf(after)).not.toEqual(timeOf(before));
  });

  function timeOf(attributes: Attributes | number): unknown {
    return typeof attributes === "number" ? attributes : attributes.changed;
  }

  it("says what it can do", async () => {
    const information = await client.call(Procedure.FSINFO, (writer) => writer.opaque(root));
    expect(information.status).toBe(Status.OK);
    readOptionalAttributes(information.results);
    const [readMaximum] = [information.results.u32()];
    expect(readMaximum).toBeGreaterThanOrEqual(2 ** 20);
    const status = await client.call(Procedure.FSSTAT, (writer) => writer.opaque(root));
    readOptionalAttributes(status.results);
    expect(status.results.remaining).toBe(52);
    const configuration = await client.call(Procedure.PATHCONF, (writer) => writer.opaque(root));
    readOptionalAttributes(configuration.results);
    const { results } = configuration;
    expect([results.u32(), results.u32(), results.bool(), results.bool()]).toEqual([
      1,
      255,
      true,
      true,
    ]);
    expect([results.bool(), results.bool(), results.remaining]).toEqual([false, true, 0]);
    const link = await client.call(Procedure.READLINK, (writer) => writer.opaque(root));
    expect([link.status, link.results.remaining]).toEqual([Status.INVAL, 4]);
    const nothing = await client.rpc.call({ program: 100_003, version: 3, procedure: 0 });
    expect(nothing.remaining).toBe(0);
  });

  it.each([
    ["SETATTR", 1, 0],
    ["WRITE", 1, 0],
    ["CREATE", 1, 0],
    ["MKDIR", 1, 0],
    ["SYMLINK", 1, 0],
    ["MKNOD", 1, 0],
    ["REMOVE", 1, 0],
    ["RMDIR", 1, 0],
    ["COMMIT", 1, 0],
    ["RENAME", 2, 0],
    ["LINK", 1, 1],
  ] as const)("refuses %s as a read-only file system does", async (name, changes, attributes) => {
    const procedure = Procedure[name];
    const module = await client.walk(SMALL_PATH);
    const refused = await client.call(procedure, (writer) => {
      writer.opaque(module);
      if (name !== "LINK") writer.string("go.mod");
      writer.opaque(root);
      writer.string("other");
    });
    expect(refused.status).toBe(Status.ROFS);
    const shown: (number | undefined)[] = [];
    for (let index = 0; index < attributes; index++) {
      shown.push(readOptionalAttributes(refused.results)?.type);
    }
    for (let index = 0; index < changes; index++) {
      expect(refused.results.bool()).toBe(false);
      shown.push(readOptionalAttributes(refused.results)?.type);
    }
    expect(shown).toEqual(Array.from({ length: changes + attributes }, () => 2));
    expect(refused.results.remaining).toBe(0);
    const forged = await client.call(procedure, (writer) => {
      writer.opaque(Buffer.alloc(32));
      writer.string("");
      writer.opaque(Buffer.alloc(32));
    });
    expect(forged.status).toBe(Status.BADHANDLE);
    expect(forged.results.remaining).toBe(changes * 8 + attributes * 4);
  });

  describe("what is not resident", () => {
    it("is waited for, while other calls of the same connection are answered", async () => {
      await using cold = await ServedTree.create();
      const { port, server } = await cold.serve();
      using guest = await NfsClient.connect(port);
      const directory = await guest.directory("/example.com");
      const late = guest.lookup(directory, "cold@v1.0.0");
      expect(await guest.lookup(directory, "small@v1.0.0")).toBeInstanceOf(Buffer);
      expect(server.statistics().rpc.waiting).toBe(1);
      cold.release();
      const module = await late;
      if (typeof module === "number") throw new Error(`not found: ${module}`);
      expect(await guest.lookup(module, "go.mod")).toBeInstanceOf(Buffer);
      expect(cold.wants).toEqual([{ kind: "module", id: COLD }]);
      expect(server.statistics().nfs.deferrals).toBe(1);
    });

    it("is asked for again by whoever waited too long, or has no room to wait", async () => {
      await using cold = await ServedTree.create();
      const { port } = await cold.serve({ limits: { waitTime: 50, waitingOfConnection: 1 } });
      using guest = await NfsClient.connect(port);
      const directory = await guest.directory("/example.com");
      const answers = [1, 2].map(async () => await guest.lookup(directory, "cold@v1.0.0"));
      expect(await Promise.all(answers)).toEqual([Status.JUKEBOX, Status.JUKEBOX]);
      cold.release();
      let answer = await guest.lookup(directory, "cold@v1.0.0");
      while (answer === Status.JUKEBOX) answer = await guest.lookup(directory, "cold@v1.0.0");
      expect(answer).toBeInstanceOf(Buffer);
    });

    it("does not exist if no source has it, and cannot be read if none can be asked", async () => {
      const directory = await client.directory("/example.com");
      expect(await client.lookup(directory, `nowhere@${NOWHERE.version}`)).toBe(Status.NOENT);
      expect(await client.lookup(directory, `unreachable@${UNREACHABLE.version}`)).toBe(Status.IO);
    });

    it("is fetched again by its handle, though the store never had it", async () => {
      await using first = await ServedTree.create();
      first.release();
      using guest = await NfsClient.connect((await first.serve()).port);
      const handle = await guest.walk("example.com/cold@v1.0.0/ä/b.go");
      await using other = await ServedTree.create();
      other.release();
      using again = await NfsClient.connect((await other.serve()).port);
      expect(await again.read(handle, 0, 100)).toEqual({
        bytes: Buffer.from("package b\n"),
        isEnd: true,
      });
    });
  });

  it("gives the same handles, numbers and cookies after a restart and on another host", async () => {
    await using other = await ServedTree.create();
    using guest = await NfsClient.connect((await other.serve()).port);
    for (const path of ["/example.com", `/${SMALL_PATH}/many`, `/cache/download/${LONG.path}/@v`]) {
      const here = await client.directory(path);
      const there = await guest.directory(path);
      expect(there).toEqual(here);
      expect(shared(await guest.list(there))).toEqual(shared(await client.list(here)));
    }
    const long = await client.walk(`${LONG.path}@${LONG.version}/go.mod`);
    expect(await guest.attributes(long)).toEqual(await client.attributes(long));
  });

  /** Rows of what both servers have. */
  function shared(rows: readonly Row[]): unknown[] {
    return rows
      .filter(({ name }) => !name.startsWith("cold@"))
      .map(({ name, cookie, fileNumber, handle }) => ({ name, cookie, fileNumber, handle }));
  }

  it("believes no handle that it did not make, and none of a file that is not there", async () => {
    await using other = await ServedTree.create();
    using guest = await NfsClient.connect((await other.serve({ key: KEY.map((x) => x ^ 1) })).port);
    const file = await client.walk(`${SMALL_PATH}/go.mod`);
    expect(await guest.attributes(file)).toBe(Status.BADHANDLE);
    expect(await guest.lookup(root, "example.com")).toBe(Status.BADHANDLE);
    expect(await guest.read(file, 0, 10)).toBe(Status.BADHANDLE);
    const beyond = Buffer.from(file);
    beyond.writeUIntBE(2 ** 24 - 1, 1, 3);
    expect(await client.attributes(beyond)).toBe(Status.STALE);
    expect(await client.read(beyond, 0, 10)).toBe(Status.STALE);
    expect(await client.lookup(beyond, "x")).toBe(Status.STALE);
    const directory = Buffer.from(await client.walk(SMALL_PATH));
    directory.writeUIntBE(2 ** 24 - 1, 1, 3);
    expect(await client.lookup(directory, "x")).toBe(Status.STALE);
    expect((await client.page(directory, true)).status).toBe(Status.STALE);
  });

  it("shows nothing of modules that are not exported, not even to who has their handles", async () => {
    const isExported = (path: string): boolean => path !== SMALL.path;
    const { port } = await served.serve({ isExported });
    using guest = await NfsClient.connect(port);
    const before = await client.walk(`${SMALL_PATH}/go.mod`);
    const names = (await guest.list(await guest.directory("/example.com"))).map((row) => row.name);
    expect(names.some((name) => name.startsWith("small"))).toBe(false);
    expect(await guest.mount(`/${SMALL_PATH}`)).toBe(Status.NOENT);
    expect(await guest.read(before, 0, 10)).toBe(Status.NOENT);
    expect(
      (await guest.list(await guest.directory("/cache/download/example.com/small"))).length,
    ).toBe(2);
  });

  describe("NLM", () => {
    it.each([
      ["a shared lock", LockProcedure.LOCK, false, 0],
      ["an exclusive lock", LockProcedure.LOCK, true, 7],
      ["an unlock", LockProcedure.UNLOCK, false, 0],
    ])("answers %s", async (_what, procedure, exclusive, status) => {
      const target = { program: LOCK_PROGRAM, version: LOCK_V4, procedure };
      const results = await client.rpc.call(target, (writer) => {
        writer.opaque(Buffer.from("cookie"));
        writer.bool(false);
        writer.bool(exclusive);
      });
      expect(results.opaque(100).toString()).toBe("cookie");
      expect(results.u32()).toBe(status);
      expect(results.remaining).toBe(0);
    });
  });

  it("refuses NFSACL, and other versions of NFS, on the same connection", async () => {
    await expect(client.rpc.call({ program: 100_227, version: 3, procedure: 0 })).rejects.toThrow(
      "RPC refuses: 0 0 0 1",
    );
    await expect(client.rpc.call({ program: 100_003, version: 4, procedure: 0 })).rejects.toThrow(
      "RPC refuses: 0 0 0 2",
    );
  });
});
