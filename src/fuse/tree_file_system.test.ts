import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeModuleZip } from "../../test/support/hostile_zip.ts";
import { parseModuleVersion } from "../module/path.ts";
import { createIngestPool, type IngestPool } from "../store/ingest.ts";
import { MemoryStore } from "../store/memory/memory_store.ts";
import { VirtualTree } from "../tree/virtual_tree.ts";
import type { Want } from "../tree/want.ts";
import type { NodeAttributes, NodeId } from "./file_system.ts";
import { MountCounters } from "./mount_counters.ts";
import { ROOT_NODE } from "./node_table.ts";
import { TreeFileSystem } from "./tree_file_system.ts";

const ID = parseModuleVersion("example.com/m", "v1.0.0");
const ENOENT = 2;

describe("TreeFileSystem", () => {
  let ingest: IngestPool;
  let store: MemoryStore;
  let tree: VirtualTree;
  let files: TreeFileSystem;
  let wants: Want[];
  let invalidated: NodeId[];

  beforeEach(() => {
    ingest = createIngestPool({ workers: 1 });
    store = new MemoryStore(ingest);
    tree = new VirtualTree(store, { read: () => undefined, list: () => undefined });
    wants = [];
    invalidated = [];
    files = new TreeFileSystem({
      tree,
      counters: new MountCounters(),
      ask: (_ticket, want) => wants.push(want),
      invalidateDirectory: (node) => invalidated.push(node),
    });
  });

  afterEach(async () => {
    await ingest.close();
  });

  async function putModule(): Promise<void> {
    const bytes = writeModuleZip(ID, {
      "go.mod": Buffer.from("module example.com/m\n"),
      "a/b.go": Buffer.from("x"),
    });
    await store.putModule(ID, { kind: "memory", bytes }, () => undefined);
  }

  function walk(path: string): ReturnType<TreeFileSystem["lookup"]> {
    const names = path.split("/");
    const last = names.pop() ?? "";
    let parent: NodeId = ROOT_NODE;
    for (const name of names) parent = found(files.lookup(parent, Buffer.from(name))).node;
    return files.lookup(parent, Buffer.from(last));
  }

  function found(answer: ReturnType<TreeFileSystem["lookup"]>): NodeAttributes {
    if ("node" in answer) return answer;
    throw new Error(`nothing found: ${JSON.stringify(answer)}`);
  }

  function list(node: NodeId): string[] {
    const rows = files.entries(node);
    if ("errno" in rows || "ticket" in rows) throw new Error("no listing");
    return rows.map(({ name }) => Buffer.from(name).toString());
  }

  it("asks for a module only when a name with a version is looked up", () => {
    expect(walk(".git")).toEqual({ errno: ENOENT, lasting: true });
    expect(found(walk("example.com")).kind).toBe("directory");
    expect(wants).toEqual([]);
    expect(walk("example.com/m@v1.0.0")).toEqual({ ticket: 1 });
    expect(walk("cache/download/example.com/m/@v/v1.0.0.ziphash")).toEqual({ ticket: 2 });
    expect(walk("cache/download/example.com/m/@v/v1.0.0.lock")).toEqual({
      errno: ENOENT,
      lasting: true,
    });
    expect(wants).toEqual([
      { kind: "module", id: ID },
      { kind: "module", id: ID },
    ]);
  });

  it("reads files and zips of what is resident, and knows for ever what a module lacks", async () => {
    await putModule();
    const file = found(walk("example.com/m@v1.0.0/a/b.go"));
    expect(files.read(file.node, 0, 100)).toEqual(Buffer.from("x"));
    expect(walk("example.com/m@v1.0.0/none")).toEqual({ errno: ENOENT, lasting: true });
    const zip = found(walk("cache/download/example.com/m/@v/v1.0.0.zip"));
    const bytes = files.read(zip.node, 0, zip.size + 1);
    expect(bytes instanceof Uint8Array && bytes.length).toBe(zip.size);
    expect(wants).toEqual([]);
  });

  it("drops listings that the kernel cached before a new module is seen", async () => {
    const directory = found(walk("example.com")).node;
    expect(list(directory)).toEqual([]);
    expect(walk("example.com/m@v1.0.0")).toEqual({ ticket: 1 });
    await putModule();
    found(walk("example.com/m@v1.0.0"));
    expect(invalidated).toEqual([directory]);
    expect(list(directory)).toEqual(["m@v1.0.0"]);
  });

  it("shows a file that is still on its way into the store", () => {
    expect(walk("cache/download/example.com/m/@v/v1.0.0.mod")).toEqual({ ticket: 1 });
    tree.accept(ID, "mod", Buffer.from("module example.com/m\n"));
    const file = found(walk("cache/download/example.com/m/@v/v1.0.0.mod"));
    expect(file.size).toBe(21);
    expect(list(found(walk("cache/download/example.com/m/@v")).node)).toEqual([
      "list",
      "v1.0.0.mod",
    ]);
  });

  it("gives list another node whenever it has grown", () => {
    tree.accept(ID, "mod", Buffer.from("module example.com/m\n"));
    const before = found(walk("cache/download/example.com/m/@v/list"));
    tree.accept(
      parseModuleVersion("example.com/m", "v1.1.0"),
      "mod",
      Buffer.from("module example.com/m\n"),
    );
    const after = found(walk("cache/download/example.com/m/@v/list"));
    expect([before.changing, after.changing]).toEqual([true, true]);
    expect(after.node).not.toBe(before.node);
    expect(files.read(after.node, 0, 100)).toEqual(Buffer.from("v1.0.0\nv1.1.0\n"));
  });
});
