import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createIngestPool, type IngestPool } from "../../store/ingest.ts";
import { MemoryStore } from "../../store/memory/memory_store.ts";
import type { TreeNode } from "../../tree/tree_node.ts";
import { parseVirtualPath } from "../../tree/tree_node.ts";
import { VirtualTree } from "../../tree/virtual_tree.ts";
import { KEY, LONG, SMALL } from "../testdata/served_tree.ts";
import { FileHandles } from "./file_handles.ts";
import { LongNames } from "./long_names.ts";

const LONG_DOWNLOADS = `cache/download/${LONG.path}/@v`;
const PLACES = [
  "",
  "example.com",
  LONG.path,
  "github.com/!azure",
  "cache",
  "cache/download",
  "cache/download/example.com/small",
  "cache/download/example.com/small/@v",
  "cache/download/example.com/small/@v/list",
  ...["info", "mod", "zip", "ziphash"].map(
    (file) => `cache/download/example.com/small/@v/v1.0.0.${file}`,
  ),
  LONG_DOWNLOADS,
  `${LONG_DOWNLOADS}/list`,
  `${LONG_DOWNLOADS}/${LONG.version}.zip`,
  "cache/download/sumdb",
  "cache/download/sumdb/sum.example.com/tile/8/0/x001/234.p/56",
];

const NODES: readonly TreeNode[] = [
  ...PLACES.map(place),
  ...[SMALL, LONG].flatMap((id): TreeNode[] => [
    { kind: "module-directory", id, index: 0 },
    { kind: "module-directory", id, index: 3 },
    { kind: "module-file", id, index: 0 },
    { kind: "module-file", id, index: 2 ** 24 - 1 },
  ]),
];

describe("FileHandles", () => {
  let ingest: IngestPool;
  let tree: VirtualTree;

  beforeAll(async () => {
    ingest = createIngestPool({ workers: 1 });
    const store = new MemoryStore(ingest);
    for (const id of [SMALL, LONG]) await store.putGoMod(id, Buffer.from("module x\n"));
    tree = new VirtualTree(store, { read: () => undefined, list: () => undefined });
  });

  afterAll(async () => {
    await ingest.close();
  });

  it("gives handles of at most 64 bytes that name what they were made of, on every host", () => {
    const one = handles();
    const other = handles();
    for (const node of NODES) {
      const handle = Buffer.from(one.handle(node));
      expect(handle.length).toBeLessThanOrEqual(64);
      expect(one.parse(handle)).toEqual(node);
      expect(other.parse(handle)).toEqual(node);
      expect(Buffer.from(other.handle(node))).toEqual(handle);
    }
  });

  it("gives each node a handle and a number of its own", () => {
    const made = handles();
    const all = NODES.map((node) => made.handle(node).toString("hex"));
    expect(new Set(all).size).toBe(NODES.length);
    const numbers = NODES.map((node) => {
      const { high, low } = made.fileNumber(node);
      expect(high).toBeLessThan(2 ** 31);
      return `${high} ${low}`;
    });
    expect(new Set(numbers).size).toBe(NODES.length);
    expect(NODES.map((node) => handles().fileNumber(node))).toEqual(
      NODES.map((node) => made.fileNumber(node)),
    );
  });

  it("believes none that it did not make", () => {
    const made = handles();
    const forger = handles(Buffer.alloc(32, 8));
    for (const node of NODES) expect(made.parse(Buffer.from(forger.handle(node)))).toBe("bad");
    expect(made.parse(Buffer.alloc(0))).toBe("bad");
    expect(made.parse(Buffer.alloc(64))).toBe("bad");
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(made.parse(Buffer.from(bytes))).toBe("bad");
      }),
    );
  });

  it("lets a changed handle name nothing but another number in the same module", () => {
    const made = handles();
    fc.assert(
      fc.property(
        fc.constantFrom(...NODES),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (node, position, change) => {
          const handle = Buffer.from(made.handle(node));
          const offset = position % handle.length;
          handle[offset] = (handle[offset] ?? 0) ^ change;
          const parsed = made.parse(handle);
          if (parsed === "bad") return;
          if (parsed === "stale" || node.kind === "path" || parsed.kind === "path") {
            throw new Error(`${handle.toString("hex")} names ${JSON.stringify(parsed)}`);
          }
          expect(parsed.id).toEqual(node.id);
          expect(offset).toBeLessThan(4);
        },
      ),
    );
  });

  it("does not know a long name that is not resident after a restart", () => {
    const gone = place("example.com/another/rather/long/name/that/nobody/has/ever/used");
    const handle = Buffer.from(handles().handle(gone));
    expect(handles().parse(handle)).toBe("stale");
  });

  function handles(key: Uint8Array = KEY): FileHandles {
    return new FileHandles(key, new LongNames(tree));
  }
});

function place(text: string): TreeNode {
  const path = parseVirtualPath(text);
  if (path === undefined) throw new Error(`${text} is no place`);
  return { kind: "path", path };
}
