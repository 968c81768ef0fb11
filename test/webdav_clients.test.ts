import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { formatModuleVersion } from "../src/module/module_version.ts";
import { type ServedTree, serveTree } from "../src/webdav/testdata/served_tree.ts";
import { DavfsMount } from "./support/davfs_mount.ts";
import { LitmusBridge } from "./support/litmus_bridge.ts";
import { ODD_MODULES } from "./support/modules.ts";
import { type Environment, runProgram, runSuccessfully } from "./support/program.ts";
import { Sandbox } from "./support/sandbox.ts";
import { type TemporaryDirectory, temporaryDirectory } from "./support/temporary_directory.ts";

/** Real modules whose names are odd; those of few files, since davfs2 asks for each by itself. */
const MODULES = ODD_MODULES.map(({ id }) => id).filter(({ path }) =>
  /bramvdbogaerde|Azure|gobuffalo|jwt-go|errors$|quote|perks|blackfriday/.test(path),
);

let tree: ServedTree;
/** What the go command made of the same modules. */
let plain: TemporaryDirectory;
/** Where clients run. */
let work: string;
let sandbox: Sandbox;
let environment: Environment;

beforeAll(async () => {
  tree = await serveTree({ record: true });
  plain = temporaryDirectory();
  sandbox = await Sandbox.create();
  work = sandbox.makeDirectory("work");
  environment = { ...sandbox.environment, GONOSUMDB: "*" };
  await runSuccessfully(["go", "mod", "download", ...MODULES.map(formatModuleVersion)], {
    directory: work,
    environment: { ...environment, GOMODCACHE: plain.path, GOPROXY: tree.upstream.url },
  });
  await tree.fill(MODULES);
});

afterAll(async () => {
  await tree[Symbol.asyncDispose]();
  plain[Symbol.dispose]();
  await sandbox[Symbol.asyncDispose]();
});

describe("davfs2", () => {
  it("mounts what differs in nothing but zips from a GOMODCACHE of the go command's", async () => {
    await using mount = await DavfsMount.mount(tree.url);
    // A zip is put together anew, with other bytes for the same files; the go command verifies one below.
    const argv = ["diff", "-r", "-x", "*.zip", plain.path, mount.directory] as const;
    const differences = await runProgram(argv);

    // Locks are the go command's own files, and lost+found is davfs2's.
    const meant = differences.stdout
      .split("\n")
      .filter((line) => !/^Only in .*: (lost\+found|lock|.*\.lock)$|^$/.test(line));
    expect([...meant, differences.stderr]).toEqual([""]);
  });

  it("is a GOMODCACHE that builds, and that the go command verifies", async () => {
    await using mount = await DavfsMount.mount(tree.url);
    using project = temporaryDirectory();
    const go = async (...args: string[]): Promise<string> =>
      await runSuccessfully(["go", ...args], {
        directory: project.path,
        environment: { ...environment, GOMODCACHE: mount.directory, GOPROXY: "off" },
      });
    await runSuccessfully(["go", "mod", "init", "example.com/hello"], {
      directory: project.path,
      environment,
    });
    await runSuccessfully(["sh", "-c", "cat > main.go"], {
      directory: project.path,
      input:
        'package main\n\nimport "github.com/pkg/errors"\n\nfunc main() { println(errors.New("x").Error()) }\n',
    });
    await go("mod", "edit", "-require=github.com/pkg/errors@v0.9.1");
    await go("build", "-o", "hello", ".");

    expect(await go("mod", "verify")).toBe("all modules verified\n");
    expect((await runProgram([project.join("hello")])).stderr).toBe("x\n");
  });

  it("cannot write", async () => {
    await using mount = await DavfsMount.mount(tree.url);
    const { stderr } = await runProgram(["touch", join(mount.directory, "new")]);

    expect(stderr).toContain("Read-only file system");
  });
});

describe("cadaver", () => {
  it("walks into a module and gets a file of it, and is refused what writes", async () => {
    const script = [
      "cd rsc.io/quote@v1.5.2",
      "ls",
      "get quote.go",
      "put quote.go new.go",
      "lock quote.go",
      "mkcol new",
      "move quote.go new.go",
      "delete quote.go",
      "quit",
    ];
    const stdout = await runSuccessfully(["cadaver", tree.url], {
      directory: work,
      environment,
      input: `${script.join("\n")}\n`,
    });

    expect(stdout).toMatch(/Coll: {3}buggy.* quote\.go +\d+/s);
    expect(await readFile(join(work, "quote.go"), "utf8")).toBe(
      await readFile(plain.join("rsc.io/quote@v1.5.2/quote.go"), "utf8"),
    );
    expect(stdout.match(/405 Method Not Allowed|403 Forbidden/g)).toEqual([
      "405 Method Not Allowed",
      "405 Method Not Allowed",
      "403 Forbidden",
      "403 Forbidden",
      "405 Method Not Allowed",
    ]);
  });
});

describe("rclone", () => {
  const rclone = async (...args: readonly string[]) =>
    await runProgram(
      ["rclone", "--config", "/dev/null", "--webdav-url", tree.url, "--retries", "1", ...args],
      { environment },
    );

  it("finds every file of a GOMODCACHE with its bytes", async () => {
    const { status, stderr } = await rclone(
      "check",
      "--download",
      "--one-way",
      "--exclude=*.lock",
      "--exclude=lock",
      "--exclude=*.zip",
      plain.path,
      ":webdav:",
    );

    expect(stderr).toContain(" 0 differences found");
    expect(status).toBe(0);
  });

  it("cannot copy into it", async () => {
    const { status, stderr } = await rclone("copy", plain.join("cache"), ":webdav:new");

    expect(stderr).toContain("modules can only be read");
    expect(status).toBe(1);
  });
});

describe("litmus", () => {
  // What it says of what only reads. The rest is refused, as it must be.
  it.each([
    [
      "basic",
      ["options", "put_get", "put_no_parent", "delete", "delete_fragment", "mkcol_no_parent"],
    ],
    ["http", ["expect100"]],
    ["props", ["propfind_invalid", "propfind_invalid2", "propfind_d0", "propwformed"]],
    ["locks", ["options"]],
  ])("passes the reading parts of %s", async (suite, tests) => {
    await using bridge = await LitmusBridge.start({ port: tree.port, upstream: tree.upstream });
    const { stdout } = await runProgram(["litmus", "-k", bridge.url], {
      directory: work,
      environment: { ...environment, TESTS: suite },
    });

    const passed = [...stdout.matchAll(/(\w+)\.{2,} (?:WARNING.*?\.{2,} )?pass/gs)];
    expect(passed.map(([, name]) => name)).toEqual(expect.arrayContaining(tests));
  });
});
