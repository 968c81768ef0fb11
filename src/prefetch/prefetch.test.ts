import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import type { ModuleFiles } from "../../test/support/made_up_module.ts";
import { rejection } from "../../test/support/rejection.ts";
import { formatModuleVersion } from "../module/module_version.ts";
import { parseModuleVersion } from "../module/path.ts";
import { type Project, readProject } from "../project/project.ts";
import { parseModuleQuery } from "./module_query.ts";
import { type PrefetchOptions, type PrefetchRequest, prefetch } from "./prefetch.ts";
import type { PrefetchEvent, PrefetchSummary } from "./prefetch_event.ts";
import { moduleFiles } from "./testdata/made_up_graph.ts";
import { MemoryCaches } from "./testdata/memory_cache.ts";

const H1 = `h1:${"A".repeat(43)}=`;
const APP = moduleFiles("example.com/app", {
  requires: ["example.com/new v1.0.0", "example.com/old v1.0.0", "example.com/leaf v1.0.0"],
});
const SETTINGS = {
  GOWORK: "off",
  GOROOT: undefined,
  flags: { mod: undefined, modfile: undefined },
};

/** Caches, and a project to fetch for. */
class Scene implements AsyncDisposable {
  readonly caches: MemoryCaches;
  readonly events: PrefetchEvent[] = [];

  private constructor(caches: MemoryCaches) {
    this.caches = caches;
  }

  static async create(): Promise<Scene> {
    return new Scene(await MemoryCaches.create());
  }

  async project(files: ModuleFiles, name = "project"): Promise<Project> {
    const { directory } = this.caches;
    for (const [file, content] of Object.entries(files)) {
      const path = directory.join(name, file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    }
    return await readProject(directory.join(name), SETTINGS);
  }

  async prefetch(
    request: Partial<PrefetchRequest>,
    options: PrefetchOptions = {},
    parts = this.caches.open(request.projects?.flatMap(({ sums }) => sums)),
  ): Promise<PrefetchSummary> {
    const whole = { projects: [], modules: [], all: false, ...request };
    const onEvent = (event: PrefetchEvent): void => void this.events.push(event);
    return await prefetch(whole, parts, { onEvent, ...options });
  }

  /** What was told of one kind: `leaf@v1.0.0.zip`. */
  told(kind: "started" | "finished" | "failed" | "dropped" | "missing"): string[] {
    return this.events
      .flatMap((event) =>
        "part" in event && event.kind === kind
          ? `${formatModuleVersion(event.id).slice("example.com/".length)}.${event.part}`
          : [],
      )
      .sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.caches[Symbol.asyncDispose]();
  }
}

const NEEDED = ["leaf", "new", "old"].flatMap((name) =>
  ["info", "mod", "zip"].map((part) => `${name}@v1.0.0.${part}`),
);

describe("prefetch()", () => {
  it("fetches each part once for several projects, and nothing when all is there", async () => {
    await using scene = await Scene.create();
    const projects = [await scene.project(APP), await scene.project(APP, "other")];
    const parts = scene.caches.open();
    const first = await scene.prefetch({ projects }, {}, parts);
    expect(first).toMatchObject({ modules: 3, zips: 3, resident: 0, fetched: 9, failures: [] });
    expect(first.bytes).toBeGreaterThan(500);
    expect([...scene.caches.proxy.requests.values()]).toEqual(Array(9).fill(1));
    expect(scene.told("started")).toEqual(NEEDED);
    expect(scene.told("finished")).toEqual(NEEDED);
    const second = await scene.prefetch({ projects }, {}, parts);
    expect(second).toMatchObject({ modules: 3, zips: 3, resident: 3, fetched: 0, bytes: 0 });
    expect(scene.caches.proxy.requestsMatching(/./)).toBe(9);
  });

  it("fetches no more zips at a time than it may", async () => {
    await using scene = await Scene.create();
    await scene.prefetch({ projects: [await scene.project(APP)] }, { concurrency: 1 });
    let underWay = 0;
    for (const event of scene.events) {
      if (!("part" in event) || event.part !== "zip") continue;
      underWay += event.kind === "started" ? 1 : -1;
      expect(underWay).toBeLessThanOrEqual(1);
    }
    expect(scene.told("finished")).toEqual(NEEDED);
  });

  it("ends with the first failure", async () => {
    await using scene = await Scene.create();
    scene.caches.proxy.addFault({ pattern: /new.*zip$/, status: 404, reason: "no such zip" });
    const projects = [await scene.project(APP)];
    await expect(scene.prefetch({ projects })).rejects.toEqual(
      rejection("NOT_FOUND", "no such zip"),
    );
    expect(scene.told("failed")).toEqual(["new@v1.0.0.zip"]);
  });

  it("goes on after failures if it is told to, and lists them", async () => {
    await using scene = await Scene.create();
    scene.caches.proxy.addFault({ pattern: /(new.*zip|old.*mod)$/, status: 404 });
    const projects = [await scene.project(APP)];
    const { failures, fetched } = await scene.prefetch({ projects }, { continueOnError: true });
    expect(failures.map(({ id, part }) => `${id.path}.${part}`).sort()).toEqual([
      "example.com/new.zip",
      "example.com/old.mod",
    ]);
    expect(fetched).toBe(7);
  });

  it("leaves to the go command what only version control could give, and fetches the rest", async () => {
    await using scene = await Scene.create();
    const projects = [await scene.project(APP)];
    const parts = scene.caches.open([], "example.com/new");
    const { failures, fetched } = await scene.prefetch({ projects }, {}, parts);
    expect(failures.map(({ id, part }) => `${id.path}.${part}`).sort()).toEqual([
      "example.com/new.info",
      "example.com/new.mod",
      "example.com/new.zip",
    ]);
    for (const { error } of failures) expect(error).toEqual(rejection("UNSUPPORTED"));
    expect(fetched).toBe(6);
  });

  it("forgives what go.sum names, nobody needs and nobody has", async () => {
    await using scene = await Scene.create();
    const goSum = `example.com/gone v1.0.0/go.mod ${H1}\n`;
    const projects = [await scene.project({ ...APP, "go.sum": goSum })];
    expect(await scene.prefetch({ projects })).toMatchObject({ fetched: 9, failures: [] });
    expect(scene.told("dropped")).toEqual(["gone@v1.0.0.info", "gone@v1.0.0.mod"]);
  });

  it("does not forgive what differs from go.sum, whoever needs it", async () => {
    await using scene = await Scene.create();
    const goSum = `example.com/testing v1.0.0/go.mod ${H1}\n`;
    const projects = [await scene.project({ ...APP, "go.sum": goSum })];
    await expect(scene.prefetch({ projects })).rejects.toEqual(
      rejection("SECURITY", "example.com/testing@v1.0.0/go.mod"),
    );
  });

  it("names a go.mod that cannot be parsed", async () => {
    await using scene = await Scene.create();
    scene.caches.proxy.set("/example.com/new/@v/v1.0.0.mod", "module example.com/new\nrequire (\n");
    const projects = [await scene.project(APP)];
    await expect(scene.prefetch({ projects })).rejects.toEqual(
      rejection("INVALID", "example.com/new@v1.0.0/go.mod"),
    );
  });

  it.each([
    ["a missing replacement", "replace example.com/new => ./gone", /gone\/go\.mod/],
    ["a path that nobody can serve", "require nonsense v1.0.0", /nonsense/],
  ])("names %s, after all else if it is told to go on", async (_, line, message) => {
    await using scene = await Scene.create();
    const files = moduleFiles("example.com/app", {
      requires: ["example.com/new v1.0.0"],
      lines: [line],
    });
    const projects = [await scene.project(files), await scene.project(APP, "other")];
    const run = scene.prefetch({ projects }, { continueOnError: true });
    await expect(run).rejects.toThrow(message);
    expect(scene.told("finished")).toEqual(NEEDED);
    await expect(scene.prefetch({ projects })).rejects.toThrow(message);
  });

  it("ends at once when its signal says so", async () => {
    await using scene = await Scene.create();
    scene.caches.proxy.addFault({ pattern: /zip$/, delay: 60_000 });
    const controller = new AbortController();
    const run = scene.prefetch(
      { projects: [await scene.project(APP)] },
      { signal: controller.signal },
    );
    setTimeout(() => controller.abort(), 100);
    await expect(run).rejects.toEqual(rejection("CANCELLED"));
    const late = scene.prefetch({ projects: [] }, { signal: controller.signal });
    await expect(late).rejects.toEqual(rejection("CANCELLED"));
  });

  it("tells in a dry run what is missing, and asks nobody", async () => {
    await using scene = await Scene.create();
    const projects = [await scene.project(APP)];
    const parts = scene.caches.open();
    await parts.cache.ensure(parseModuleVersion("example.com/old", "v1.0.0"), "zip");
    scene.caches.proxy.requests.clear();
    const summary = await scene.prefetch({ projects }, { dryRun: true }, parts);
    expect(summary).toMatchObject({ modules: 3, zips: 3, fetched: 0, failures: [] });
    expect(scene.told("missing")).toEqual(NEEDED.filter((part) => part !== "old@v1.0.0.zip"));
    expect(scene.caches.proxy.requests.size).toBe(0);
    expect(scene.events).toContainEqual({
      kind: "note",
      message: "3 go.mod files are missing: what only they require is not known yet",
    });
  });

  it("notes vendor directories and local replacements", async () => {
    await using scene = await Scene.create();
    const vendored = await scene.project({ ...APP, "vendor/modules.txt": "" }, "vendored");
    const lines = ["replace example.com/new => ./new"];
    const local = await scene.project(moduleFiles("example.com/app", { lines }));
    expect(await scene.prefetch({ projects: [vendored, local, local] })).toMatchObject({
      modules: 0,
    });
    const [vendor, replacement, ...others] = scene.events.flatMap((event) =>
      event.kind === "note" ? event.message : [],
    );
    expect(vendor).toContain("vendor directory");
    expect(replacement).toContain("/project/new replaces a module");
    expect(others).toEqual([]);
  });

  it("fetches modules by name, and their graphs with all", async () => {
    await using scene = await Scene.create();
    const modules = ["example.com/newer@v1.0.0", "example.com/leaf@latest"].flatMap(
      (text) => parseModuleQuery(text) ?? [],
    );
    await scene.prefetch({ modules });
    expect(scene.told("finished")).toEqual(
      ["leaf@v1.2.0", "newer@v1.0.0"].flatMap((id) => [`${id}.info`, `${id}.mod`, `${id}.zip`]),
    );
    scene.events.length = 0;
    await scene.prefetch({ modules: modules.slice(0, 1), all: true });
    expect(scene.told("finished")).toEqual([
      ...NEEDED.slice(0, 6),
      ...["info", "mod", "zip"].map((part) => `newer@v1.0.0.${part}`),
      ...NEEDED.slice(6),
    ]);
  });

  it("fetches the toolchain that go.mod asks for, unless the local one serves", async () => {
    await using scene = await Scene.create();
    const version = "v0.0.1-go1.99.1.linux-amd64";
    scene.caches.proxy.addModule("golang.org/toolchain", version, { "bin/go": "" });
    const files = moduleFiles("example.com/app", { go: "1.99.1" });
    const projects = [await scene.project(files)];
    const platform = { goos: "linux", goarch: "amd64" };
    const toolchain = { setting: "auto", local: "1.26.8", platform };
    expect(await scene.prefetch({ projects, toolchain })).toMatchObject({ fetched: 3 });
    expect(scene.caches.proxy.requests.has(`/golang.org/toolchain/@v/${version}.zip`)).toBe(true);
    const local = { ...toolchain, local: "1.99.1" };
    expect(await scene.prefetch({ projects, toolchain: local })).toMatchObject({ modules: 0 });
  });
});
