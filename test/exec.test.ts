import { spawn } from "node:child_process";
import { chmodSync, cpSync } from "node:fs";
import { access, readdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { expect, it } from "vitest";
import { JsonFields } from "../src/daemon/json_fields.ts";
import { GOMODFS } from "./support/gomodfs_mount.ts";
import { TOOLCHAIN_VERSION } from "./support/modules.ts";
import { Sandbox } from "./support/sandbox.ts";
import { checkRepository } from "./support/store_checks.ts";

const HELLO = new URL("../examples/hello", import.meta.url).pathname;

it("runs the example of the README", async () => {
  await using sandbox = await Sandbox.create();
  const result = await sandbox.gomodfs(["exec", "-C", HELLO, "--", "go", "run", "."], {
    timeout: 110_000,
    environment: { GOFLAGS: "" },
  });
  expect(result.status).toBe(0);
  expect(result.stdout).toContain("Hello From Modules");
  expect(result.stdout).toContain("rsc.io/quote v1.5.2");
  await expect(access(sandbox.path("home/go/pkg/mod/rsc.io"))).rejects.toThrow("ENOENT");
  await checkRepository(sandbox);
});

it.each([
  { name: "0", command: ["true"], status: 0, says: /^$/ },
  { name: "1", command: ["false"], status: 1, says: /^$/ },
  { name: "7", command: ["sh", "-c", "exit 7"], status: 7, says: /^$/ },
  { name: "126, no program", command: ["/etc/passwd"], status: 126, says: /\/etc\/passwd/ },
  { name: "127, no file", command: ["no-such-program"], status: 127, says: /no-such-program/ },
  { name: "by SIGTERM", command: ["sh", "-c", "kill -TERM $$"], status: "SIGTERM", says: /^$/ },
])("exits as the command does: $name", async ({ command, status, says }) => {
  await using sandbox = await Sandbox.create();
  const result = await sandbox.gomodfs(["exec", "--", ...command]);
  expect(result.status).toBe(status);
  expect(result.stderr).toMatch(says);
});

it("hands on standard input, output and error, the arguments and the environment", async () => {
  await using sandbox = await Sandbox.create();
  const script = 'cat; echo "$1|$2|$VARIABLE" >&2';
  const result = await sandbox.gomodfs(["exec", "sh", "-c", script, "sh", "a b", "--help"], {
    input: "to be read\n",
    environment: { VARIABLE: "set" },
  });
  expect(result).toEqual({ status: 0, stdout: "to be read\n", stderr: "a b|--help|set\n" });
});

it("-C changes the directory first, and says so if there is none", async () => {
  await using sandbox = await Sandbox.create();
  const directory = sandbox.makeDirectory("elsewhere");
  expect(await sandbox.gomodfs(["exec", "-C", directory, "--", "pwd"])).toMatchObject({
    status: 0,
    stdout: `${directory}\n`,
  });
  const missing = await sandbox.gomodfs(["exec", "-C", sandbox.path("missing"), "--", "pwd"]);
  expect(missing.status).not.toBe(0);
  expect(missing.stderr).toContain(sandbox.path("missing"));
});

it("hands on SIGTERM and leaves nothing behind", async () => {
  await using sandbox = await Sandbox.create();
  const ready = sandbox.path("ready");
  const script = `trap 'echo ended; exit 5' TERM; touch ${ready}; while :; do sleep 0.1; done`;
  const child = spawn(GOMODFS, ["exec", "--", "sh", "-c", script], {
    env: { ...sandbox.environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exit = Promise.withResolvers<number | null>();
  child.once("close", (code) => exit.resolve(code));
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
  });
  await expect.poll(async () => await exists(ready), { timeout: 10_000 }).toBe(true);
  child.kill("SIGTERM");
  expect(await exit.promise).toBe(5);
  expect(stdout).toBe("ended\n");
  expect(await daemons(sandbox, await sandbox.gomodfs(["status", "--json"]))).toEqual([]);
});

it("shows the mount to the command alone", async () => {
  await using sandbox = await Sandbox.create();
  const modcache = sandbox.modcache;
  const result = await sandbox.gomodfs(["exec", "--", "ls", join(modcache, "rsc.io/quote@v1.5.2")]);
  expect(result.status).toBe(0);
  expect(result.stdout).toContain("quote.go");
  expect(await readdir(modcache)).toEqual([]);
});

it("GOCACHE stays valid between plain go build and exec", async () => {
  await using sandbox = await Sandbox.create();
  const directory = copyHello(sandbox);
  const plain = ["go", "build", "-v", "-o", sandbox.path("program"), "."] as const;
  const options = { directory, timeout: 110_000 };
  const first = await sandbox.gomodfs(["exec", "--", ...plain], options);
  expect(first.status).toBe(0);
  expect(first.stderr).toContain("rsc.io/quote");
  const inExecAgain = await sandbox.gomodfs(["exec", "--", ...plain], options);
  expect(inExecAgain).toEqual({ status: 0, stdout: "", stderr: "" });
  // -x names each compilation; -v would say nothing here either if packages came from elsewhere.
  const outside = await sandbox.run(
    ["sh", "-c", 'go build -v -x -o "$1" . 2>&1', "sh", plain[4]],
    options,
  );
  expect(outside).toContain("downloading rsc.io/quote");
  expect(outside).not.toMatch(/\/compile/);
  const insideAgain = await sandbox.gomodfs(["exec", "--", ...plain, "-x"].slice(0, 7), options);
  expect(insideAgain).toEqual({ status: 0, stdout: "", stderr: "" });
});

it("says nothing of what it was fetching ahead when the command has ended", async () => {
  await using sandbox = await Sandbox.create();
  const directory = copyHello(sandbox);
  const result = await sandbox.gomodfs(["exec", "-C", directory, "--", "sleep", "0.05"]);
  expect(result).toEqual({ status: 0, stdout: "", stderr: "" });
  await checkRepository(sandbox);
});

it("uses the daemon that serves the store already", async () => {
  await using sandbox = await Sandbox.create();
  const mount = await sandbox.mount();
  const directory = copyHello(sandbox);
  const list = ["go", "list", "-deps", "."] as const;
  const listed = await sandbox.gomodfs(["exec", "-C", directory, "--", ...list]);
  expect(listed.status).toBe(0);
  expect(listed.stdout).toContain("rsc.io/quote\n");
  const inside = await sandbox.gomodfs(["exec", "--", GOMODFS, "status", "--json"]);
  const serving = await daemons(sandbox, inside);
  expect(serving.map((daemon) => daemon.count("pid"))).toEqual([mount.pid]);
  // What exec asked for is the daemon's now.
  expect(await readdir(join(mount.directory, "rsc.io"))).toContain("quote@v1.5.2");
  const path = join(sandbox.modcache, "rsc.io/quote@v1.5.2/quote.go");
  const through = await sandbox.gomodfs(["exec", "--", "cat", path]);
  expect(through.stdout).toContain("package quote");
});

it("starts a daemon of its own if there is none", async () => {
  await using sandbox = await Sandbox.create();
  const inside = await sandbox.gomodfs(["exec", "--", GOMODFS, "status", "--json"]);
  expect(await daemons(sandbox, inside)).toHaveLength(1);
  const after = await sandbox.gomodfs(["status", "--json"]);
  expect(await daemons(sandbox, after)).toEqual([]);
});

it("runs the toolchain that go.mod names, from the mount, where no go is on the PATH", async () => {
  await using sandbox = await Sandbox.create();
  const directory = sandbox.makeDirectory("project");
  const goMod = `module example.com/p\n\ngo 1.21\n\ntoolchain ${TOOLCHAIN_VERSION}\n`;
  await writeFile(join(directory, "go.mod"), goMod);
  const environment = { PATH: await pathWithoutGo(), GOTOOLCHAIN: undefined };
  const result = await sandbox.gomodfs(["exec", "-C", directory, "--", "go", "version"], {
    environment,
    timeout: 110_000,
  });
  expect(result).toMatchObject({ status: 0, stderr: "" });
  expect(result.stdout).toContain(`${TOOLCHAIN_VERSION} `);
  const goroot = await sandbox.gomodfs(["exec", "-C", directory, "--", "go", "env", "GOROOT"], {
    environment,
  });
  expect(goroot.stdout).toContain(`${sandbox.modcache}/golang.org/toolchain@`);
});

it("says what to set where there is neither go nor GOPROXY", async () => {
  await using sandbox = await Sandbox.create();
  const environment = { PATH: await pathWithoutGo(), GOPROXY: undefined };
  const result = await sandbox.gomodfs(["exec", "--", "go", "version"], { environment });
  expect(result.status).toBe(2);
  expect(result.stderr).toContain("GOPROXY");
  expect(result.stdout).toBe("");
});

it("--proxy goes before GOPROXY", async () => {
  await using sandbox = await Sandbox.create();
  const directory = copyHello(sandbox);
  const flags = ["--proxy", sandbox.proxy.url, "-C", directory];
  const result = await sandbox.gomodfs(["exec", ...flags, "--", "go", "list", "-m", "all"], {
    environment: { GOPROXY: "off" },
  });
  expect(result.status).toBe(0);
  expect(result.stdout).toContain("rsc.io/quote v1.5.2");
});

it("a go.sum that says something else than the proxy stops the build", async () => {
  await using sandbox = await Sandbox.create();
  const directory = copyHello(sandbox);
  const file = join(directory, "go.sum");
  const text = await readFile(file, "utf8");
  const changed = text.replace(
    /^rsc\.io\/quote v1\.5\.2 h1:.*$/m,
    "rsc.io/quote v1.5.2 h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
  );
  expect(changed).not.toBe(text);
  await writeFile(file, changed);
  const result = await sandbox.gomodfs(["exec", "-C", directory, "--", "go", "build", "./..."]);
  expect(result.status).toBe(1);
  expect(result.stderr).toMatch(/rsc\.io\/quote/);
  expect(result.stderr).toMatch(/checksum mismatch/i);
});

function copyHello(sandbox: Sandbox): string {
  const directory = sandbox.path("hello");
  cpSync(HELLO, directory, { recursive: true });
  chmodSync(directory, 0o755);
  return directory;
}

async function daemons(
  sandbox: Sandbox,
  { status, stdout, stderr }: Awaited<ReturnType<Sandbox["gomodfs"]>>,
): Promise<readonly JsonFields[]> {
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const told = JsonFields.parse(stdout, "the status");
  expect(told.object("store").string("directory")).toBe(sandbox.store);
  return told.objects("daemons");
}

async function pathWithoutGo(): Promise<string> {
  const directories = (process.env["PATH"] ?? "").split(delimiter);
  const kept = await Promise.all(
    directories.map(async (directory) =>
      (await exists(join(directory, "go"))) ? [] : [directory],
    ),
  );
  return kept.flat().join(delimiter);
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
