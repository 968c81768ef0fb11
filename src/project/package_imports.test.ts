import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../test/support/temporary_directory.ts";
import { BuildContext } from "../module/build_context.ts";
import { importsOfPackages } from "./package_imports.ts";

const CONTEXT = new BuildContext({
  goos: "linux",
  goarch: "amd64",
  cgoEnabled: false,
  tags: [],
  goMinor: 26,
});

function importing(...imports: readonly string[]): string {
  return `package p\n\nimport (\n${imports.map((path) => `\t"${path}"\n`).join("")})\n`;
}

const FILES: Readonly<Record<string, string>> = {
  "m/go.mod": "module example.com/m\n",
  "m/root.go": importing("fmt", "example.com/m/far/b", "x.org/root"),
  "m/root_test.go": importing("x.org/roottest"),
  "m/root_windows.go": importing("x.org/windows"),
  "m/cmd/tool/main.go": importing("example.com/m/far/a", "x.org/tool"),
  "m/cmd/tool/main_test.go": importing("x.org/tooltest", "example.com/m/far/c"),
  "m/far/a/a.go": importing("example.com/m/far/b", "x.org/a"),
  "m/far/a/a_test.go": importing("x.org/atest"),
  "m/far/b/b.go": importing("x.org/b", "example.com/m/nested/deep/x", "example.com/m/cmd/tool"),
  "m/far/c/c.go": importing("x.org/c"),
  "m/far/testdata/t.go": importing("x.org/testdata"),
  "m/far/_x/x.go": importing("x.org/underscore"),
  "m/far/.x/x.go": importing("x.org/dot"),
  "m/vendor/x.org/v/v.go": importing("x.org/vendor"),
  "m/nested/go.mod": "module example.com/m/nested\n",
  "m/nested/deep/x/x.go": importing("x.org/nested"),
  "n/n.go": importing("example.com/m/far/c", "x.org/n", "example.com/n/../../etc"),
};

function write(files = FILES): TemporaryDirectory {
  const directory = temporaryDirectory();
  for (const [name, text] of Object.entries(files)) {
    const path = directory.join(name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  return directory;
}

interface Options {
  readonly tests?: boolean;
  readonly modules?: readonly string[];
  readonly replacements?: readonly string[];
}

/** What packages of module m import, without what is before the first slash of "x.org". */
function imports(
  directory: TemporaryDirectory,
  patterns: readonly string[],
  { tests = false, modules = ["m"], replacements = [] }: Options = {},
): string[] {
  const local = (name: string): { path: string; directory: string } => ({
    path: `example.com/${name}`,
    directory: directory.join(name),
  });
  const found = importsOfPackages({
    mainModules: modules.map(local),
    replacements: replacements.map(local),
    patterns: { directory: directory.join("m"), patterns },
    context: CONTEXT,
    tests,
  });
  return Array.from(found, (path) => path.replace(/^x\.org\//, ""));
}

describe("importsOfPackages()", () => {
  it("follows imports within the module, the nearest first", () => {
    using directory = write();
    const nested = "example.com/m/nested/deep/x";
    expect(imports(directory, ["./cmd/tool"])).toEqual(["tool", "a", "b", nested]);
    expect(imports(directory, ["."])).toEqual(["fmt", "root", "b", nested, "tool", "a"]);
  });

  it("takes tests of the packages that patterns name, and of no others", () => {
    using directory = write();
    expect(imports(directory, ["./cmd/tool"], { tests: true })).toEqual([
      "tool",
      "tooltest",
      "a",
      "c",
      "b",
      "example.com/m/nested/deep/x",
    ]);
  });

  it.each([[[]], [["./..."]], [["all"]], [["example.com/m/..."]]])(
    "takes all packages but those that Go ignores for %j",
    (patterns) => {
      using directory = write();
      expect(imports(directory, patterns).sort()).toEqual(
        ["a", "b", "c", "example.com/m/nested/deep/x", "fmt", "root", "tool"].sort(),
      );
    },
  );

  it("knows packages by their import paths, and others than its own as such", () => {
    using directory = write();
    expect(imports(directory, ["example.com/m/far/c", "x.org/other/cmd"])).toEqual([
      "other/cmd",
      "c",
    ]);
    expect(imports(directory, ["./far/..."]).sort()).toEqual(
      ["a", "b", "c", "example.com/m/nested/deep/x", "tool"].sort(),
    );
  });

  it("follows imports between the modules of a workspace, and into replaced ones", () => {
    using directory = write();
    const patterns = [directory.join("n")];
    const outside = ["n", "example.com/n/../../etc"];
    expect(imports(directory, patterns, { modules: ["m", "n"] })).toEqual([...outside, "c"]);
    expect(imports(directory, patterns, { modules: ["n"], replacements: ["m"] })).toEqual([
      ...outside,
      "c",
    ]);
    expect(imports(directory, ["all"], { modules: ["n"] })).toEqual([
      "example.com/m/far/c",
      ...outside,
    ]);
    const nested = { modules: ["m"], replacements: ["m/nested"] };
    expect(imports(directory, ["./far/b"], nested)).toContain("nested");
  });

  it("reads long headers, and passes over what cannot be read", () => {
    const long = (length: number): string => `/*${"x".repeat(length)}*/\n`;
    using directory = write({
      "m/long.go": long(20_000) + importing("x.org/long"),
      "m/longer.go": long(300_000) + importing("x.org/longer"),
      "m/cut.go": `package p\n\n${long(16_350)}${importing("x").slice("package p\n\n".length)}`,
      "m/gap.go": `package p\n${"\n".repeat(20_000)}import "x.org/gap"\n`,
      "m/broken.go": "package p\nimport (",
      "m/directory.go/x.go": importing("x.org/below"),
      "m/last.go": importing("x.org/last"),
    });
    execFileSync("mkfifo", [directory.join("m", "fifo.go")]);
    symlinkSync("last.go", directory.join("m", "link.go"));
    symlinkSync("nowhere", directory.join("m", "dangling.go"));
    symlinkSync("fifo.go", directory.join("m", "fifolink.go"));
    symlinkSync(".", directory.join("m", "loop"));
    expect(imports(directory, ["."])).toEqual(["x", "gap", "last", "long"]);
    expect(imports(directory, ["./..."]).sort()).toEqual(["below", "gap", "last", "long", "x"]);
    expect(imports(directory, ["./nowhere", "../../.."])).toEqual([]);
  });
});
