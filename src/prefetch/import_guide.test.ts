import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatModuleVersion, type ModuleVersion } from "../module/module_version.ts";
import { parseModuleVersion } from "../module/path.ts";
import { ImportGuide } from "./import_guide.ts";

function moduleOf(name: string): ModuleVersion {
  return parseModuleVersion(`example.com/${name}`, "v1.0.0");
}

/** A guide over modules below example.com. */
function guideOf(...names: readonly string[]): ImportGuide {
  const ids = names.map(moduleOf);
  return new ImportGuide(new Map(ids.map((id) => [id.path, id])), ["example.com/main"]);
}

function namesOf(ids: readonly ModuleVersion[]): string[] {
  return ids.map(({ path }) => path.slice("example.com/".length));
}

function importsOf(...names: readonly string[]): string[] {
  return names.map((name) => `example.com/${name}`);
}

describe("ImportGuide", () => {
  it("tells each needed module once, the nearest first", () => {
    const guide = guideOf("a", "b", "c", "d", "unused");
    expect(namesOf(guide.start(["fmt", ...importsOf("b/x", "a", "b")]))).toEqual(["b", "a"]);
    expect(namesOf(guide.start(importsOf("a", "b/x", "c")))).toEqual(["c"]);
    const added = guide.add(
      moduleOf("a"),
      new Map([
        ["", importsOf("a/internal", "b", "main/x")],
        ["internal", importsOf("d")],
        ["other", importsOf("unused")],
      ]),
    );
    expect(namesOf(added)).toEqual(["d"]);
  });

  it("follows imports through all modules that have arrived", () => {
    const guide = guideOf("a", "b", "c", "d");
    expect(guide.add(moduleOf("b"), new Map([["x", importsOf("c")]]))).toEqual([]);
    expect(guide.add(moduleOf("c"), new Map([["", importsOf("a", "d/y")]]))).toEqual([]);
    expect(namesOf(guide.start(importsOf("b/x")))).toEqual(["b", "c", "a", "d"]);
    expect(guide.add(moduleOf("a"), new Map([["", importsOf("b/x")]]))).toEqual([]);
  });

  it("does not go round in circles", () => {
    const guide = guideOf("a", "b");
    guide.start(importsOf("a"));
    expect(namesOf(guide.add(moduleOf("a"), new Map([["", importsOf("b")]])))).toEqual(["b"]);
    expect(guide.add(moduleOf("b"), new Map([["", importsOf("a", "b")]]))).toEqual([]);
    expect(guide.add(moduleOf("b"), new Map([["", importsOf("a")]]))).toEqual([]);
  });

  it("needs every module that may have a package, and follows the longest path that has it", () => {
    const guide = guideOf("a", "a/b", "c", "d", "e");
    expect(namesOf(guide.start(importsOf("a/b/x", "a/b/y")))).toEqual(["a/b", "a"]);
    const outer = new Map([
      ["b/x", importsOf("c")],
      ["b/y", importsOf("d")],
    ]);
    expect(guide.add(moduleOf("a"), outer)).toEqual([]);
    expect(namesOf(guide.add(moduleOf("a/b"), new Map([["y", importsOf("e")]])))).toEqual([
      "c",
      "e",
    ]);
  });

  it("waits for the longest path before a shorter one", () => {
    const guide = guideOf("a", "a/b", "c");
    guide.start(importsOf("a/b/x"));
    expect(guide.add(moduleOf("a/b"), new Map())).toEqual([]);
    expect(namesOf(guide.add(moduleOf("a"), new Map([["b/x", importsOf("c")]])))).toEqual(["c"]);
  });

  it("passes over what no required module has", () => {
    const guide = guideOf("a", "main/nested");
    const imports = ["fmt", "C", "", "example.com", "example.com/ab", "example.com/main/x"];
    expect(guide.start([...imports, "golang.org/x/mod"])).toEqual([]);
    expect(guide.add(moduleOf("b"), new Map([["", importsOf("a")]]))).toEqual([]);
    expect(namesOf(guide.start(importsOf("main/nested/x")))).toEqual(["main/nested"]);
  });

  it("knows replaced modules by the paths that they are imported by", () => {
    const fork = moduleOf("fork");
    const guide = new ImportGuide(
      new Map([
        ["dotless", fork],
        ["example.com/a", fork],
        ["example.com/b", moduleOf("b")],
      ]),
      [],
    );
    expect(namesOf(guide.start(["example.com/a/x", "dotless/y", "example.com/fork"]))).toEqual([
      "fork",
    ]);
    const packages = new Map([
      ["x", importsOf("a/z")],
      ["z", importsOf("b")],
    ]);
    expect(namesOf(guide.add(fork, packages))).toEqual(["b"]);
  });

  it("tells the same modules in whatever order they arrive", () => {
    const names = ["a", "a/b", "b", "c", "c/d", "e"];
    const directories = fc.constantFrom("", "b", "d", "x");
    const imports = fc.array(
      fc.tuple(fc.constantFrom(...names), directories).map(([name, directory]) => {
        return `example.com/${name}${directory === "" ? "" : `/${directory}`}`;
      }),
      { maxLength: 3 },
    );
    const packages = fc
      .array(fc.tuple(directories, imports), { maxLength: 4 })
      .map((entries) => new Map(entries));
    const modules = fc.tuple(...names.map((name) => fc.tuple(fc.constant(name), packages)));
    fc.assert(
      fc.property(
        imports,
        modules,
        fc.shuffledSubarray(names, { minLength: 6 }),
        (start, all, order) => {
          const contents = new Map(all);
          const run = (arrivals: readonly string[]): string[] => {
            const guide = guideOf(...names);
            const told = guide.start(start);
            for (const name of arrivals) {
              told.push(...guide.add(moduleOf(name), contents.get(name) ?? new Map()));
            }
            return told.map(formatModuleVersion);
          };
          const told = run(order);
          expect(new Set(told).size).toBe(told.length);
          expect(told.toSorted()).toEqual(run(names).toSorted());
        },
      ),
    );
  });

  it("takes time in proportion to the imports", () => {
    const names = Array.from({ length: 500 }, (_, index) => `group${index % 20}/module${index}`);
    const guide = guideOf(...names);
    const packagesOf = (module: number): Map<string, string[]> =>
      new Map(
        Array.from({ length: 20 }, (_, index) => [
          `pkg/p${index}`,
          Array.from(
            { length: 10 },
            (__, other) =>
              `example.com/${names[(module * 7 + other * 31) % 500]}/pkg/p${other + index}`,
          ),
        ]),
      );
    const contents = names.map((name, module) => [moduleOf(name), packagesOf(module)] as const);
    const begin = process.cpuUsage();
    const told = guide.start(names.map((name) => `example.com/${name}/pkg/p0`));
    for (const [id, packages] of contents) told.push(...guide.add(id, packages));
    const { user, system } = process.cpuUsage(begin);
    expect(told).toHaveLength(500);
    // 100,000 imports take 50 ms; were it quadratic, minutes.
    expect((user + system) / 1000).toBeLessThan(1000);
  });
});
