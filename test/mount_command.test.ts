import { chmodSync, mkdirSync } from "node:fs";
import { open, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { JsonFields } from "../src/daemon/json_fields.ts";
import { GOMODFS, isMounted } from "./support/gomodfs_mount.ts";
import { OrdinaryUser } from "./support/ordinary_user.ts";
import { Sandbox } from "./support/sandbox.ts";

it.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)("%s unmounts and ends with 0", async (signal) => {
  await using sandbox = await Sandbox.create();
  const mount = await sandbox.mount();
  expect(isMounted(mount.directory)).toBe(true);
  expect(mount.stdout).toBe(`ready: export GOMODCACHE=${mount.directory}\n`);
  expect(await mount.stop(signal)).toBe(0);
  expect(isMounted(mount.directory)).toBe(false);
});

it("SIGTERM unmounts also while somebody uses the mount", async () => {
  await using sandbox = await Sandbox.create();
  const mount = await sandbox.mount();
  const file = await open(join(mount.directory, "rsc.io/quote@v1.5.2/quote.go"));
  expect(await mount.stop()).toBe(0);
  expect(isMounted(mount.directory)).toBe(false);
  expect(mount.log).toContain("in use");
  await expect(file.close()).rejects.toMatchObject({ code: "ENOTCONN" });
});

it("a second start on the same directory says that it is served", async () => {
  await using sandbox = await Sandbox.create();
  const mount = await sandbox.mount();
  const second = await sandbox.gomodfs(["mount", mount.directory]);
  expect(second.status).toBe(1);
  expect(second.stderr).toContain(mount.directory);
  expect(second.stderr).toMatch(/already/);
  expect(second.stdout).toBe("");
  expect(await readdir(join(mount.directory, "rsc.io/quote@v1.5.2"))).toContain("quote.go");
});

it("unmount ends the mount and its daemon", async () => {
  await using sandbox = await Sandbox.create();
  const mount = await sandbox.mount();
  expect(await sandbox.gomodfs(["unmount", mount.directory])).toMatchObject({ status: 0 });
  expect(await mount.exit()).toBe(0);
  expect(isMounted(mount.directory)).toBe(false);
});

it("unmount removes what a killed daemon left", async () => {
  await using sandbox = await Sandbox.create();
  const mount = await sandbox.mount();
  process.kill(mount.pid, "SIGKILL");
  await mount.exit();
  expect(isMounted(mount.directory)).toBe(true);
  expect(await sandbox.gomodfs(["unmount", mount.directory])).toMatchObject({ status: 0 });
  expect(isMounted(mount.directory)).toBe(false);
});

it("unmount leaves alone what is not gomodfs's", async () => {
  await using sandbox = await Sandbox.create();
  const directory = sandbox.mountPoint("foreign");
  mkdirSync(directory);
  await sandbox.run(["mount", "-t", "tmpfs", "tmpfs", directory]);
  for (const path of [directory, sandbox.makeDirectory("plain"), sandbox.path("missing")]) {
    const { status, stderr } = await sandbox.gomodfs(["unmount", path]);
    expect(status).toBe(1);
    expect(stderr).toContain(path);
  }
  expect(isMounted(directory)).toBe(true);
});

it("a file is no place to mount", async () => {
  await using sandbox = await Sandbox.create();
  const file = sandbox.path("file");
  await writeFile(file, "");
  const { status, stderr } = await sandbox.gomodfs(["mount", file]);
  expect(status).toBe(2);
  expect(stderr).toContain(file);
  expect(stderr).toMatch(/not a directory/);
  expect(await readFile(file, "utf8")).toBe("");
});

it("a relative directory is made, and shown as an absolute one", async () => {
  await using sandbox = await Sandbox.create();
  const point = sandbox.mountPoint("deep/er/mnt");
  const script = `"$1" mount deep/er/mnt & pid=$!
    for i in $(seq 100); do grep -q " $2 " /proc/self/mountinfo && break; sleep 0.1; done
    cat "$2/rsc.io/quote@v1.5.2/go.mod"; kill $pid; wait $pid`;
  const output = await sandbox.run(["sh", "-c", script, "sh", GOMODFS, point], {
    directory: sandbox.path(),
  });
  expect(output).toContain(`ready: export GOMODCACHE=${point}\n`);
  expect(output).toContain('module "rsc.io/quote"');
});

it("a directory with a space is printed so that a shell can read it", async () => {
  await using sandbox = await Sandbox.create();
  const point = sandbox.mountPoint("a mount");
  const script = `"$1" mount "$2" > out & pid=$!
    for i in $(seq 100); do grep -q ready out && break; sleep 0.1; done
    eval "$(sed 's/^ready: //' out)"; ls "$GOMODCACHE/rsc.io/quote@v1.5.2"; kill $pid; wait $pid`;
  const output = await sandbox.run(["sh", "-c", script, "sh", GOMODFS, point], {
    directory: sandbox.path(),
  });
  expect(output).toContain("quote.go\n");
});

it("a store that cannot be written is an error that names it", async () => {
  await using sandbox = await Sandbox.create();
  const file = sandbox.path("file");
  await writeFile(file, "");
  const store = join(file, "store");
  const result = await sandbox.gomodfs(["mount", "--store", store, sandbox.path("mnt")]);
  expect(result.status).toBe(1);
  expect(result.stderr).toContain(store);
  expect(result.stderr).not.toContain("internal error");
  expect(isMounted(sandbox.path("mnt"))).toBe(false);
});

it("another user's store is an error that names it", async () => {
  await using sandbox = await Sandbox.create();
  const user = new OrdinaryUser(sandbox);
  const store = sandbox.makeDirectory("store");
  chmodSync(store, 0o755);
  const point = join(user.makeDirectory("points"), "mnt");
  const result = await user.run([user.gomodfs, "mount", "--store", store, point], {
    device: "open",
  });
  expect(result.status).toBe(1);
  expect(result.stderr).toContain(store);
  expect(result.stderr).not.toContain("internal error");
});

it("a setting that is wrong is an error that names it", async () => {
  await using sandbox = await Sandbox.create();
  const result = await sandbox.gomodfs(["mount", sandbox.path("mnt")], {
    environment: { GOSUMDB: "a b c d" },
  });
  expect(result.status).toBe(2);
  expect(result.stderr).toContain("GOSUMDB");
});

it("--log-level and --log-format decide what is said on standard error", async () => {
  await using sandbox = await Sandbox.create();
  const mount = await sandbox.mount({
    options: ["--log-level", "debug", "--log-format", "json"],
  });
  await readdir(join(mount.directory, "rsc.io/quote@v1.5.2"));
  await mount.stop();
  const events = mount.log.trimEnd().split("\n");
  expect(events.length).toBeGreaterThan(0);
  const messages = events.map((line) => JsonFields.parse(line, "an event").string("msg"));
  expect(messages).toContain("fetched rsc.io/quote@v1.5.2.zip");
  const silent = await sandbox.mount({ name: "silent", options: ["--log-level", "silent"] });
  await silent.stop();
  expect(silent.log).toBe("");
});
