import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { moduleFiles } from "../src/prefetch/testdata/made_up_graph.ts";
import { listedModules } from "./support/go_list_json.ts";
import type { ModuleFiles } from "./support/made_up_module.ts";
import { ModProject } from "./support/mod_project.ts";
import { ODD_MODULES } from "./support/modules.ts";
import { HELLO } from "./support/prefetch.ts";

const MAIN = "example.com/main";
const hello = (name: string): string => readFileSync(new URL(`${HELLO.href}/${name}`), "utf8");

const PROJECTS: readonly (readonly [name: string, files: ModuleFiles])[] = [
  [
    "the example",
    { "go.mod": hello("go.mod"), "go.sum": hello("go.sum"), "main.go": hello("main.go") },
  ],
  [
    "pruned requirements",
    moduleFiles(MAIN, {
      requires: ["example.com/newer v1.0.0", "example.com/untested v1.0.0"],
      imports: ["example.com/newer", "example.com/untested"],
      testImports: ["example.com/leaf"],
    }),
  ],
  [
    "a graph without pruning",
    moduleFiles(MAIN, {
      go: "1.16",
      requires: ["example.com/newer v1.0.0", "example.com/untested v1.0.0"],
      imports: ["example.com/newer", "example.com/untested"],
    }),
  ],
  [
    "tests of dependencies in all",
    moduleFiles(MAIN, {
      go: "1.15",
      requires: ["example.com/untested v1.0.0"],
      imports: ["example.com/untested"],
    }),
  ],
  [
    "no go line",
    moduleFiles(MAIN, {
      go: "",
      requires: ["example.com/old v1.1.0"],
      imports: ["example.com/old"],
    }),
  ],
  [
    "toolchain and tool lines",
    moduleFiles(MAIN, {
      go: "1.24.0",
      requires: ["example.com/tool v1.0.0", "example.com/old v1.0.0"],
      imports: ["example.com/old"],
      lines: ["toolchain go1.25.1", "tool example.com/tool/cmd"],
    }),
  ],
  [
    "a module replaced by a directory",
    {
      ...moduleFiles(MAIN, {
        requires: ["example.com/new v1.0.0"],
        imports: ["example.com/new"],
        lines: ["replace example.com/new => ./new"],
      }),
      ...moduleFiles(
        "example.com/new",
        { requires: ["example.com/old v1.1.0"], imports: ["example.com/old"] },
        "new/",
      ),
    },
  ],
  [
    "a module replaced by another, and one at a version",
    moduleFiles(MAIN, {
      requires: ["example.com/old v1.1.0", "example.com/leaf v1.1.0"],
      imports: ["example.com/old", "example.com/leaf"],
      lines: [
        "replace example.com/old => example.com/fork v1.5.0",
        "replace example.com/leaf v1.1.0 => example.com/leaf v1.0.0",
      ],
    }),
  ],
  [
    "an excluded version",
    moduleFiles(MAIN, {
      go: "1.16",
      requires: ["example.com/old v1.0.0", "example.com/testing v1.0.0"],
      imports: ["example.com/old", "example.com/testing"],
      lines: ["exclude example.com/leaf v1.2.0"],
    }),
  ],
  [
    "a retracted version",
    moduleFiles(MAIN, { requires: ["example.com/leaf v1.0.0"], imports: ["example.com/leaf"] }),
  ],
  [
    "files that build tags, cgo and names leave out",
    {
      ...moduleFiles(MAIN, {
        go: "1.25",
        requires: ["example.com/leaf v1.1.0", "example.com/old v1.0.0"],
        lines: ["ignore ./ignored"],
      }),
      "ignored/p.go": 'package ignored\n\nimport _ "example.com/newer"\n',
      "a_windows.go": 'package main\n\nimport _ "example.com/leaf"\n',
      "b.go": '//go:build ignore\n\npackage main\n\nimport _ "example.com/tool"\n',
      "c.go": '//go:build !linux && cgo\n\npackage main\n\nimport _ "example.com/old"\n',
      "_d.go": 'package main\n\nimport _ "example.com/new"\n',
      "testdata/e.go": 'package e\n\nimport _ "example.com/new"\n',
      "nested/go.mod": "module example.com/main/nested\n",
      "nested/f.go": 'package nested\n\nimport _ "example.com/new"\n',
    },
  ],
];

const WORKSPACE: ModuleFiles = {
  "go.work":
    "go 1.21\n\nuse (\n\t./m\n\t./n\n)\n\nreplace example.com/old => example.com/fork v1.5.0\n",
  ...moduleFiles(
    "example.com/m",
    {
      requires: ["example.com/newer v1.0.0", "example.com/leaf v1.1.0"],
      imports: ["example.com/newer"],
      lines: ["replace example.com/testing => ../testing"],
    },
    "m/",
  ),
  ...moduleFiles(
    "example.com/n",
    {
      requires: ["example.com/untested v1.0.0", "example.com/testing v1.0.0"],
      imports: ["example.com/untested"],
    },
    "n/",
  ),
  ...moduleFiles("example.com/testing", { requires: ["example.com/leaf v1.2.0"] }, "testing/"),
};

/** Made-up modules and packages, needed or not, and some that are nowhere. */
const ASKED = [
  "example.com/newer",
  "example.com/new",
  "example.com/old",
  "example.com/leaf",
  "example.com/testing",
  "example.com/tool/cmd",
  "example.com/main",
  "example.com/nowhere",
  "golang.org/x/text/language",
  "rsc.io/quote",
  "fmt",
  "internal/abi",
] as const;

/** The output of two programs, command for command. */
interface Outputs {
  readonly gomodfs: unknown[];
  readonly go: unknown[];
}

/** What both print of graph, why and verify. */
async function outputsOf(project: ModProject): Promise<Outputs> {
  const commands = [
    ["graph"],
    ["why", ...ASKED],
    ["why", "-vendor", ...ASKED],
    ["why", "-m", "all"],
    ["why", "-m", "example.com/leaf", "example.com/nowhere"],
    ["verify"],
  ];
  const outputs: Outputs = { gomodfs: [], go: [] };
  for (const command of commands) {
    outputs.gomodfs.push(await project.print(command));
    outputs.go.push(await project.go(["mod", ...command]));
  }
  return outputs;
}

/** How both list modules. */
async function listsOf(project: ModProject): Promise<Outputs> {
  const leaf = "example.com/leaf";
  const outputs: Outputs = { gomodfs: [], go: [] };
  for (const names of [["all"], ["-u", "example.com/..."], ["-versions", leaf], ["-u", leaf]]) {
    // Where nothing requires the made-up module, both fail.
    const go = await project.tryGo(["list", "-m", ...names]);
    const ours = await project.mod(["list", ...names]);
    outputs.go.push({ status: go.status, stdout: go.stdout });
    outputs.gomodfs.push({ status: ours.status, stdout: ours.stdout });
  }
  const ours = await project.print(["list", "--json"]);
  const modules = listedModules(ours);
  outputs.gomodfs.push(modules, ours);
  outputs.go.push(
    listedModules(await project.go(["list", "-m", "-json", "all"])),
    // What is printed has no paths in a GOMODCACHE, and is laid out as the go command lays it out.
    modules.map((module) => `${JSON.stringify(module, undefined, "\t")}\n`).join(""),
  );
  return outputs;
}

describe("gomodfs mod prints what the go command prints", () => {
  it.each(PROJECTS)("of %s", { timeout: 200_000 }, async (_, files) => {
    await using project = await ModProject.create(files);
    const untidy = await outputsOf(project);
    expect(untidy.gomodfs).toEqual(untidy.go);
    await project.go(["mod", "tidy"]);
    const tidy = await outputsOf(project);
    expect(tidy.gomodfs).toEqual(tidy.go);
    const lists = await listsOf(project);
    expect(lists.gomodfs).toEqual(lists.go);
  });

  it("of a workspace, and of its modules by themselves", { timeout: 200_000 }, async () => {
    await using project = await ModProject.create(WORKSPACE);
    const outputs = await outputsOf(project);
    expect(outputs.gomodfs).toEqual(outputs.go);
    const lists = await listsOf(project);
    expect(lists.gomodfs).toEqual(lists.go);
    for (const name of ["m", "n"]) {
      const off = { GOWORK: "off" };
      const graph = await project.go(["-C", name, "mod", "graph"], off);
      expect(await project.print(["graph", "-C", name], off)).toBe(graph);
    }
  });

  it("of requirements that the graph raises", { timeout: 200_000 }, async () => {
    for (const go of ["1.16", "1.21"]) {
      const requires = ["example.com/testing v1.0.0", "example.com/leaf v1.1.0"];
      const imports = ["example.com/testing"];
      await using project = await ModProject.create(moduleFiles(MAIN, { go, requires, imports }));
      const outputs = await outputsOf(project);
      expect(outputs.gomodfs).toEqual(outputs.go);
      const { status, stderr } = await project.mod(["list"]);
      expect(status).toBe(1);
      expect(stderr).toMatch(/updates to go.mod needed|missing go.sum entry/);
      expect((await project.tryGo(["list", "-m", "all"])).status).toBe(1);
    }
  });

  it("of requirements that are there twice, or of packages that nothing requires", async () => {
    const requires = ["example.com/leaf v1.0.0", "example.com/leaf v1.1.0"];
    await using twice = await ModProject.create(moduleFiles(MAIN, { requires }));
    const ofTwice = await outputsOf(twice);
    expect(ofTwice.gomodfs).toEqual(ofTwice.go);
    const shape = { requires: ["example.com/newer v1.0.0"], imports: ["example.com/testing"] };
    await using missing = await ModProject.create(moduleFiles(MAIN, shape));
    const ofMissing = await outputsOf(missing);
    expect(ofMissing.gomodfs).toEqual(ofMissing.go);
  });

  it("of odd modules", { timeout: 280_000 }, async () => {
    const requires = ODD_MODULES.map(({ id }) => `${id.path} ${id.version}`);
    await using project = await ModProject.create(moduleFiles(MAIN, { requires }));
    expect(await project.print(["graph"])).toBe(await project.go(["mod", "graph"]));
    const mode = { GOFLAGS: "-mod=mod" };
    // First gomodfs: the go command changes go.mod and go.sum.
    const ours = await project.print(["list"], mode);
    const details = await project.print(["list", "--json"], mode);
    const listed = await project.go(["list", "-m", "-json", "all"], mode);
    expect(listedModules(details)).toEqual(listedModules(listed));
    expect(ours).toBe(await project.go(["list", "-m", "all"], mode));
  });

  it("for queries", { timeout: 200_000 }, async () => {
    await using project = await ModProject.create(
      moduleFiles(MAIN, { requires: ["example.com/leaf v1.1.0"], imports: ["example.com/leaf"] }),
    );
    await project.go(["mod", "tidy"]);
    const queries = [
      "latest",
      "v1.0.0",
      "v1",
      "v1.1",
      "<v1.2.0",
      "<=v1.1.0",
      ">v1.0.0",
      ">=v1.0.0",
    ];
    const names = [...queries, "upgrade", "patch"].map((query) => `example.com/leaf@${query}`);
    const listed = await project.go(["list", "-m", "-json", ...names]);
    expect(listedModules(await project.print(["list", "--json", ...names]))).toEqual(
      listedModules(listed),
    );
    expect(await project.print(["list", ...names])).toBe(
      await project.go(["list", "-m", ...names]),
    );
    for (const wrong of [
      "example.com/leaf@v9",
      "example.com/leaf@<v1",
      "example.com/nowhere",
      "./p",
    ]) {
      const { stdout, stderr, status } = await project.mod(["list", wrong]);
      expect(stdout).toBe("");
      expect(status).not.toBe(0);
      expect(stderr).not.toBe("");
      expect((await project.tryGo(["list", "-m", wrong])).status).toBe(1);
    }
  });

  it("as another Go version loads the graph", async () => {
    const requires = ["example.com/newer v1.0.0", "example.com/old v1.0.0"];
    await using project = await ModProject.create(moduleFiles(MAIN, { go: "1.17", requires }));
    for (const version of ["1.16", "1.17", "1.20"]) {
      const graph = await project.go(["mod", "graph", `-go=${version}`]);
      expect(await project.print(["graph", `-go=${version}`])).toBe(graph);
    }
    expect((await project.mod(["graph", "--go=new"])).status).toBe(2);
  });
});
