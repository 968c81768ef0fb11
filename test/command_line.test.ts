import { chmodSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { JsonFields } from "../src/daemon/json_fields.ts";
import { GOMODFS } from "./support/gomodfs_mount.ts";
import { runProgram } from "./support/program.ts";
import { Sandbox } from "./support/sandbox.ts";
import { checkRepository, residentModules } from "./support/store_checks.ts";

const COMMANDS = [
  "exec",
  "prefetch",
  "mount",
  "unmount",
  "status",
  "list",
  "verify",
  "import",
  "export",
] as const;

describe("help", () => {
  it("of gomodfs names every command", async () => {
    const { status, stdout, stderr } = await runProgram([GOMODFS, "--help"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    for (const command of [...COMMANDS, "version"]) expect(stdout).toContain(`  ${command}`);
    expect(stdout).toContain("Examples:");
  });

  it.each(COMMANDS)("of %s says how to use it, with an example", async (command) => {
    const { status, stdout, stderr } = await runProgram([GOMODFS, command, "--help"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain(`Usage: gomodfs ${command}`);
    expect(stdout).toMatch(/Examples?:\n {2}gomodfs /);
  });

  it("fits a terminal of 80 columns where it is not an example", async () => {
    const { stdout } = await runProgram([GOMODFS, "--help"]);
    const [text = ""] = stdout.split("Examples:");
    expect(text.split("\n").filter((line) => line.length > 80)).toEqual([]);
  });
});

describe("wrong usage", () => {
  it.each([
    { args: [], says: /Usage: gomodfs/ },
    { args: ["mout"], says: /unknown command 'mout'.*mount/s },
    { args: ["mount"], says: /missing required argument 'directory'/ },
    { args: ["mount", "--stor", "x", "y"], says: /unknown option '--stor'.*--store/s },
    { args: ["mount", "one", "two"], says: /too many arguments/ },
    { args: ["exec"], says: /missing required argument 'command'/ },
    { args: ["unmount"], says: /missing required argument 'directory'/ },
    { args: ["mount", "--log-level", "loud", "x"], says: /loud.*debug, info, warn/s },
    { args: ["mount", "--log-format", "xml", "x"], says: /xml.*text, json/s },
    { args: ["verify", "golang.org/x/net"], says: /golang\.org\/x\/net.*MODULE@VERSION/s },
    { args: ["status", "extra"], says: /too many arguments/ },
  ])("gomodfs $args exits with 2 and says what is wrong", async ({ args, says }) => {
    await using sandbox = await Sandbox.create();
    const { status, stdout, stderr } = await sandbox.gomodfs(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(says);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

describe("version", () => {
  it.each(["version", "--version", "-V"])("%s prints the version of package.json", async (name) => {
    const file = new URL("../package.json", import.meta.url);
    const manifest = JsonFields.parse(await readFile(file, "utf8"), "package.json");
    const { status, stdout } = await runProgram([GOMODFS, name]);
    expect(status).toBe(0);
    expect(stdout.split("\n")[0]).toMatch(new RegExp(`^gomodfs ${manifest.string("version")}\\b`));
  });
});

describe("status and list", () => {
  it("of no store yet are empty, and make none", async () => {
    await using sandbox = await Sandbox.create();
    const { status, stdout } = await sandbox.gomodfs(["status"]);
    expect(status).toBe(0);
    expect(stdout).toContain(sandbox.store);
    expect(await residentModules(sandbox)).toEqual([]);
    expect((await sandbox.gomodfs(["verify"])).status).toBe(0);
    expect(await readdir(sandbox.path("home"))).not.toContain(".cache");
  });

  it("tell what is resident, with a daemon and without", async () => {
    await using sandbox = await Sandbox.create();
    const mount = await sandbox.mount();
    await readdir(join(mount.directory, "rsc.io/quote@v1.5.2"));
    await readFile(join(mount.directory, "cache/download/rsc.io/sampler/@v/v1.3.0.mod"));
    const status = await sandbox.gomodfs(["status", "--json"]);
    const told = JsonFields.parse(status.stdout, "the status");
    const store = told.object("store");
    expect(store.string("directory")).toBe(sandbox.store);
    expect(store.count("zips")).toBe(1);
    expect(store.count("modules")).toBe(2);
    expect(store.count("storedBytes")).toBeGreaterThan(0);
    expect(store.count("servedBytes")).toBeGreaterThan(3615);
    const [daemon, ...others] = told.objects("daemons");
    expect(others).toEqual([]);
    expect(daemon?.count("pid")).toBe(mount.pid);
    expect(daemon?.string("mountPoint")).toBe(mount.directory);
    expect((await sandbox.gomodfs(["status"])).stdout).toContain(mount.directory);

    expect(await residentModules(sandbox)).toEqual(["rsc.io/quote@v1.5.2"]);
    await mount.stop();
    expect(await residentModules(sandbox)).toEqual(["rsc.io/quote@v1.5.2"]);
    const lines = (await sandbox.gomodfs(["list", "--json"])).stdout.trimEnd().split("\n");
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
      { path: "rsc.io/quote", version: "v1.5.2", info: false, mod: false, zip: true },
      { path: "rsc.io/sampler", version: "v1.3.0", info: false, mod: true, zip: false },
    ]);
    const after = JsonFields.parse((await sandbox.gomodfs(["status", "--json"])).stdout, "status");
    expect(after.objects("daemons")).toEqual([]);
    expect(after.object("store").count("zips")).toBe(1);
  });
});

describe("verify", () => {
  it("passes what is whole and finds a byte that changed in a pack", async () => {
    await using sandbox = await Sandbox.create();
    const mount = await sandbox.mount();
    await readdir(join(mount.directory, "rsc.io/quote@v1.5.2"));
    await readdir(join(mount.directory, "github.com/pkg/errors@v0.9.1"));
    await mount.stop();
    expect(await printed(sandbox, ["verify"])).toContain("2 modules verified");
    await flipByteInPacks(join(sandbox.store, "git/objects/pack"));
    const damaged = await sandbox.gomodfs(["verify"]);
    expect(damaged.status).toBe(1);
    expect(damaged.stderr).toMatch(/(rsc\.io\/quote@v1\.5\.2|github\.com\/pkg\/errors@v0\.9\.1): /);
    await expect(checkRepository(sandbox)).rejects.toThrow(/error/);
  });

  it("of one module that is named looks at that one, and fails if it is not resident", async () => {
    await using sandbox = await Sandbox.create();
    const mount = await sandbox.mount();
    await readdir(join(mount.directory, "rsc.io/quote@v1.5.2"));
    expect(await printed(sandbox, ["verify", "rsc.io/quote@v1.5.2"])).toContain("1 module");
    const missing = await sandbox.gomodfs(["verify", "rsc.io/quote@v1.5.1"]);
    expect(missing.status).toBe(1);
    expect(missing.stderr).toContain("rsc.io/quote@v1.5.1");
  });
});

/** What a gomodfs command that must succeed prints. */
async function printed(sandbox: Sandbox, args: readonly string[]): Promise<string> {
  return await sandbox.run([GOMODFS, ...args]);
}

/** Flips bits in the middle of each pack. */
async function flipByteInPacks(directory: string): Promise<void> {
  const packs = (await readdir(directory)).filter((name) => name.endsWith(".pack"));
  expect(packs.length).toBeGreaterThan(0);
  for (const pack of packs) {
    const path = join(directory, pack);
    chmodSync(path, 0o644);
    const bytes = await readFile(path);
    const middle = Math.floor(bytes.length / 2);
    bytes.writeUInt8(bytes.readUInt8(middle) ^ 0xff, middle);
    await writeFile(path, bytes);
  }
}
