import type { ModuleFiles } from "../../../test/support/made_up_module.ts";
import type { ReplayProxy } from "../../../test/support/replay_proxy.ts";

/** What a made-up module of one package is like. */
export interface ModuleShape {
  /** The go line; 1.21 unless given, "" for none. */
  readonly go?: string;
  readonly requires?: readonly string[];
  readonly imports?: readonly string[];
  readonly testImports?: readonly string[];
  /** Further lines of go.mod. */
  readonly lines?: readonly string[];
}

/** The files of a module of one package, in `directory` of a project. */
export function moduleFiles(path: string, shape: ModuleShape = {}, directory = ""): ModuleFiles {
  const { go = "1.21", requires = [], imports = [], testImports = [], lines = [] } = shape;
  const name = path.split("/").at(-1) ?? "";
  const requirements = requires.map((requirement) => `require ${requirement}`);
  const goLine = go === "" ? [] : [`go ${go}`];
  return {
    [`${directory}go.mod`]: [`module ${path}`, ...goLine, ...requirements, ...lines, ""].join("\n"),
    [`${directory}p.go`]: goFile(name, imports),
    ...(testImports.length > 0 && { [`${directory}p_test.go`]: goFile(name, testImports) }),
  };
}

/**
 * Adds modules that make graphs: `leaf` at three versions, one retracted, required by `old` and `testing`; `old` from before graph pruning;
 * `new` behind which the graph can be pruned but for `old`; `untested` whose test needs `testing`.
 */
export function addGraphModules(proxy: ReplayProxy): void {
  const add = (name: string, version: string, shape: ModuleShape = {}): void => {
    const path = `example.com/${name}`;
    proxy.addModule(path, version, moduleFiles(path, shape));
  };
  add("leaf", "v1.0.0");
  add("leaf", "v1.1.0");
  add("leaf", "v1.2.0", { lines: ["retract v1.0.0"] });
  add("testing", "v1.0.0", { requires: ["example.com/leaf v1.2.0"] });
  add("old", "v1.0.0", { go: "1.16", requires: ["example.com/leaf v1.0.0"] });
  const requires = ["example.com/leaf v1.1.0", "example.com/testing v1.0.0"];
  add("old", "v1.1.0", { go: "1.16", requires });
  const imports = ["example.com/old"];
  const named = ["example.com/old v1.0.0", "example.com/leaf v1.0.0"];
  add("new", "v1.0.0", { requires: named, imports });
  const behindNew = ["example.com/new v1.0.0", ...named];
  add("newer", "v1.0.0", { requires: behindNew, imports: ["example.com/new"] });
  const testImports = ["example.com/testing"];
  add("untested", "v1.0.0", { requires: ["example.com/testing v1.0.0"], testImports });
  const fork = moduleFiles("example.com/old", { go: "1.16" });
  proxy.addModule("example.com/fork", "v1.5.0", fork);
  proxy.addModule("example.com/tool", "v1.0.0", {
    ...moduleFiles("example.com/tool", { requires: ["example.com/leaf v1.1.0"] }),
    "cmd/main.go": 'package main\n\nimport _ "example.com/leaf"\n\nfunc main() {}\n',
  });
}

function goFile(name: string, imports: readonly string[]): string {
  return `package ${name}\n${imports.map((path) => `\nimport _ "${path}"\n`).join("")}`;
}
