import { describe, expect, it } from "vitest";
import type { ModuleFiles } from "../../test/support/made_up_module.ts";
import { addGraphModules, moduleFiles } from "./testdata/made_up_graph.ts";
import { PrefetchSandbox } from "./testdata/prefetch_sandbox.ts";

/** What the go command can do without a go.sum. */
const MODULE_COMMANDS = ["mod download", "mod graph", "mod verify"];
const COMMANDS = [...MODULE_COMMANDS, "list -m -json all", "build ./...", "vet ./..."];
/** In a workspace `./...` matches nothing outside of its modules. */
const WORKSPACE_COMMANDS = COMMANDS.map((command) => command.replace("./...", "./m ./n"));

async function createWithModules(): Promise<PrefetchSandbox> {
  const test = await PrefetchSandbox.create();
  addGraphModules(test.sandbox.proxy);
  return test;
}

/** What go commands, which must succeed, still ask for after a prefetch into an empty GOMODCACHE. */
async function askedAfterwards(
  test: PrefetchSandbox,
  directory: string,
  commands: readonly string[],
  all = false,
): Promise<string[]> {
  await test.clear();
  const fetched = await test.requestsOf(() => test.prefetch([directory], { all }));
  expect(fetched.size).toBeGreaterThan(0);
  return [...(await test.requestsOfGo(directory, commands))];
}

const MAIN = "example.com/app";

const MODULES: readonly (readonly [string, ModuleFiles])[] = [
  [
    "pruned requirements",
    moduleFiles(MAIN, { requires: ["example.com/newer v1.0.0"], imports: ["example.com/newer"] }),
  ],
  [
    "a graph without pruning",
    moduleFiles(MAIN, {
      go: "1.16",
      requires: ["example.com/newer v1.0.0"],
      imports: ["example.com/newer"],
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
    "a module replaced by another",
    moduleFiles(MAIN, {
      requires: ["example.com/old v1.1.0"],
      imports: ["example.com/old"],
      lines: ["replace example.com/old => example.com/fork v1.5.0"],
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
    "requirements that the graph raises",
    moduleFiles(MAIN, {
      requires: ["example.com/testing v1.0.0", "example.com/leaf v1.1.0"],
      imports: ["example.com/testing", "example.com/leaf"],
    }),
  ],
  [
    "a retracted version",
    moduleFiles(MAIN, { requires: ["example.com/leaf v1.0.0"], imports: ["example.com/leaf"] }),
  ],
  [
    "a tool",
    moduleFiles(MAIN, {
      go: "1.24",
      requires: ["example.com/tool v1.0.0"],
      lines: ["tool example.com/tool/cmd"],
    }),
  ],
];

describe("after prefetch() the go command asks for nothing more", () => {
  it.each(MODULES)("with %s", async (_, files) => {
    await using test = await createWithModules();
    const directory = test.write(files);
    expect(await askedAfterwards(test, directory, MODULE_COMMANDS)).toEqual([]);
    await test.go(directory, "mod tidy");
    expect(await askedAfterwards(test, directory, COMMANDS)).toEqual([]);
    expect(
      await askedAfterwards(test, directory, [...COMMANDS, "mod tidy", "test -run=^$ all"], true),
    ).toEqual([]);
  });

  it("with GOPROXY=off", async () => {
    await using test = await createWithModules();
    const requires = ["example.com/untested v1.0.0"];
    const imports = ["example.com/untested"];
    const directory = test.write(moduleFiles(MAIN, { requires, imports }));
    await test.go(directory, "mod tidy");
    await test.clear();
    await test.prefetch([directory], { all: true });
    const offline = { GOPROXY: "off", GOFLAGS: "-mod=readonly" };
    for (const command of COMMANDS) await test.go(directory, command, offline);
    expect(await test.go(directory, "mod tidy -diff", { GOPROXY: "off" })).toBe("");
    const tested = await test.go(directory, "test example.com/untested", offline);
    expect(tested).toMatch(/^ok\s+example.com\/untested/);
  });

  it("in a workspace", async () => {
    await using test = await createWithModules();
    const directory = test.write({
      "go.work":
        "go 1.21\n\nuse (\n\t./m\n\t./n\n)\n\nreplace example.com/old => example.com/fork v1.5.0\n",
      ...moduleFiles(
        "example.com/m",
        {
          requires: ["example.com/newer v1.0.0", "example.com/leaf v1.1.0"],
          imports: ["example.com/newer"],
          lines: ["replace example.com/old => ./nowhere"],
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
    });
    expect(await askedAfterwards(test, directory, MODULE_COMMANDS)).toEqual([]);
    // It has written go.work.sum.
    expect(await askedAfterwards(test, directory, WORKSPACE_COMMANDS)).toEqual([]);
    expect(
      await askedAfterwards(test, test.sandbox.path("project", "m"), COMMANDS.slice(0, 4)),
    ).toEqual([]);
  });
});
