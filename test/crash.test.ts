import { cpSync } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { describeTree } from "./support/directory_tree.ts";
import { isMounted } from "./support/gomodfs_mount.ts";
import { Sandbox } from "./support/sandbox.ts";
import { checkRepository, residentModules } from "./support/store_checks.ts";

const PROJECT = new URL("testdata/larger", import.meta.url).pathname;
/** Zips that have arrived when the daemon is killed: in the first fills, amid them, and late. */
const KILL_AFTER_ZIPS = [1, 6, 14, 22];

it("a daemon that is killed in mid-fill loses and spoils nothing", async () => {
  await using sandbox = await Sandbox.create();
  const directory = sandbox.path("project");
  cpSync(PROJECT, directory, { recursive: true });
  const hurryUp = sandbox.proxy.addFault({
    pattern: /\.zip$/,
    bytesPerSecond: 4_000_000,
    delay: 20,
  });
  let resident: string[] = [];
  for (const zips of KILL_AFTER_ZIPS) {
    const mount = await sandbox.mount();
    const building = sandbox
      .go(["build", "-trimpath", "./..."], {
        directory,
        environment: buildEnvironment(mount.directory),
      })
      .catch(() => "failed");
    await waitUntil(() => sandbox.proxy.requestsMatching(/\.zip$/) >= zips);
    process.kill(mount.pid, "SIGKILL");
    expect(await mount.exit()).toBe("SIGKILL");
    expect(isMounted(mount.directory)).toBe(true);
    await building;
    await checkRepository(sandbox);
    const now = await residentModules(sandbox);
    expect(now).toEqual(expect.arrayContaining(resident));
    resident = now;
    expect((await sandbox.gomodfs(["verify"])).status).toBe(0);
  }

  hurryUp();
  // The same directory again: what the dead daemon left mounted is replaced, not covered.
  const mount = await sandbox.mount();
  await sandbox.go(["build", "-trimpath", "./..."], {
    directory,
    environment: buildEnvironment(mount.directory),
    timeout: 110_000,
  });
  await checkRepository(sandbox);
  expect((await sandbox.gomodfs(["verify"])).status).toBe(0);
  const real = sandbox.path("real");
  await sandbox.go(["mod", "download"], { directory, environment: { GOMODCACHE: real } });
  const module = "github.com/spf13/viper@v1.18.2";
  expect(await describeTree(join(mount.directory, module))).toEqual(
    await describeTree(join(real, module)),
  );
  expect(await mount.stop()).toBe(0);
  expect(isMounted(mount.directory)).toBe(false);
  await expectNoLeftovers(sandbox);
}, 120_000);

it("a mount whose daemon was killed is replaced by the next", async () => {
  await using sandbox = await Sandbox.create();
  const first = await sandbox.mount();
  await lstat(join(first.directory, "rsc.io/quote@v1.5.2/go.mod"));
  process.kill(first.pid, "SIGKILL");
  await first.exit();
  await expect(readdir(join(first.directory, "github.com"))).rejects.toMatchObject({
    code: "ENOTCONN",
  });
  const second = await sandbox.mount();
  expect(await readdir(join(second.directory, "rsc.io/quote@v1.5.2"))).toContain("go.mod");
  expect(await second.stop()).toBe(0);
  expect(isMounted(second.directory)).toBe(false);
});

function buildEnvironment(modcache: string): Readonly<Record<string, string>> {
  return { GOMODCACHE: modcache, GOPROXY: "off" };
}

/** A clean end leaves no temporary file behind, whoever was killed before. */
async function expectNoLeftovers(sandbox: Sandbox): Promise<void> {
  const names = await readdir(sandbox.store, { recursive: true });
  const temporary = names.filter((name) => /(\.lock|\.tmp|\.partial|\/tmp_[^/]*)$/.test(name));
  expect(temporary).toEqual([]);
  expect(await readdir(join(sandbox.store, "spool"))).toEqual([]);
}

async function waitUntil(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error("what the test waits for does not happen");
    await sleep(2);
  }
}
