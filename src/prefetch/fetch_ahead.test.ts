import { describe, expect, it } from "vitest";
import type { ModulePart } from "../cache/module_cache.ts";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import type { ModuleVersion } from "../module/module_version.ts";
import { parseModuleVersion } from "../module/path.ts";
import { type AheadCache, fetchAhead } from "./fetch_ahead.ts";
import { ImportGuide, type PackageImports } from "./import_guide.ts";

const [A, B] = ["example.com/a", "example.com/b"].map((path) => parseModuleVersion(path, "v1.0.0"));
if (A === undefined || B === undefined) throw new Error("there are two");
const PLAN = { first: [{ id: A, zip: true }], rest: [{ id: B, zip: true }] };

class RecordingCache implements AheadCache {
  readonly asked: string[] = [];
  onFetched: (id: ModuleVersion, part: ModulePart) => void = () => {};
  readonly #fails: (id: ModuleVersion, part: ModulePart) => unknown;

  constructor(fails: (id: ModuleVersion, part: ModulePart) => unknown = () => undefined) {
    this.#fails = fails;
  }

  async ensure(id: ModuleVersion, part: ModulePart): Promise<void> {
    this.asked.push(`${id.path.slice(-1)}.${part}`);
    const error = this.#fails(id, part);
    if (error instanceof Error) throw error;
    await Promise.resolve();
    this.onFetched(id, part);
  }
}

describe("fetchAhead()", () => {
  it("fetches what comes first, and then the rest", async () => {
    const cache = new RecordingCache();
    const result = await fetchAhead(PLAN, cache, new AbortController().signal);
    expect(result).toEqual({ parts: 6, failed: 0 });
    expect(cache.asked).toEqual(["a.zip", "a.mod", "b.mod", "a.info", "b.zip", "b.info"]);
  });

  it("fetches what imports lead to before what they do not", async () => {
    const [c = A, d = A] = ["example.com/c", "example.com/d"].map((path) =>
      parseModuleVersion(path, "v1.0.0"),
    );
    const listeners = new Set<(id: ModuleVersion, packages: PackageImports) => void>();
    const cache = new RecordingCache();
    cache.onFetched = (id, part) => {
      if (part !== "zip" || id !== c) return;
      for (const listener of listeners) listener(c, new Map([["", ["example.com/a/sub"]]]));
    };
    const modules = [A, c, d];
    const result = await fetchAhead(
      { first: modules.map((id) => ({ id, zip: true })), rest: [] },
      cache,
      new AbortController().signal,
      {
        guide: new ImportGuide(new Map(modules.map((id) => [id.path, id])), ["example.com/main"]),
        imports: () => ["fmt", "example.com/c"],
        onPackages: (listener) => {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
      },
    );
    expect(result).toEqual({ parts: 9, failed: 0 });
    expect(cache.asked.filter((part) => part.endsWith(".zip"))).toEqual([
      "c.zip",
      "a.zip",
      "d.zip",
    ]);
    expect(cache.asked.at(-1)).toBe("d.zip");
    expect(listeners.size).toBe(0);
  });

  it("counts failures, and passes defects on", async () => {
    const gone = new GomodfsError("NOT_FOUND", "gone");
    const failing = new RecordingCache((_, part) => (part === "zip" ? gone : undefined));
    const signal = new AbortController().signal;
    expect(await fetchAhead(PLAN, failing, signal)).toEqual({ parts: 4, failed: 2 });
    const broken = new RecordingCache(() => new TypeError("a defect"));
    await expect(fetchAhead(PLAN, broken, signal)).rejects.toThrow("a defect");
  });

  it("asks for nothing when it is to end", async () => {
    const cache = new RecordingCache();
    expect(await fetchAhead(PLAN, cache, AbortSignal.abort())).toEqual({ parts: 0, failed: 0 });
    expect(cache.asked).toEqual([]);
  });
});
