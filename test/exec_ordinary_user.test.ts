import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { OrdinaryUser, type UserProgramOptions } from "./support/ordinary_user.ts";
import type { ProgramResult } from "./support/program.ts";
import { Sandbox } from "./support/sandbox.ts";

const WAYS: readonly { readonly way: string; readonly options: UserProgramOptions }[] = [
  { way: "in a user namespace", options: { device: "open" } },
  { way: "through fusermount3", options: { device: "open", withoutUserNamespaces: true } },
];

describe.each(WAYS)("exec as an ordinary user, $way", ({ options }) => {
  let exec: (...args: readonly string[]) => Promise<ProgramResult>;
  let user: OrdinaryUser;

  beforeEach(async () => {
    const sandbox = await Sandbox.create();
    user = new OrdinaryUser(sandbox);
    exec = async (...args) => await user.run([user.gomodfs, "exec", ...args], options);
    return async () => await sandbox[Symbol.asyncDispose]();
  });

  it("serves the modules of a project", async () => {
    const directory = user.copyExample();
    const result = await exec("-C", directory, "--", "go", "list", "-deps", ".");
    expect(result).toMatchObject({ status: 0, stderr: "" });
    expect(result.stdout).toContain("rsc.io/quote\n");
    expect((await exec("-C", directory, "--", "go", "mod", "verify")).stdout).toBe(
      "all modules verified\n",
    );
  });

  it("runs the command as the same user, who cannot write", async () => {
    const script = 'id -u; id -g; touch "$(go env GOMODCACHE)/x"';
    const result = await exec("--", "sh", "-c", script);
    expect(result.status).not.toBe(0);
    expect(result.stdout).toBe("65534\n65534\n");
    expect(result.stderr).toContain("Read-only file system");
  });

  it("exits as the command does", async () => {
    expect((await exec("--", "sh", "-c", "exit 7")).status).toBe(7);
    expect((await exec("--", "./no-such-program")).status).toBe(127);
    expect((await exec("--", "sh", "-c", "kill -KILL $$")).status).toBe("SIGKILL");
  });

  it("leaves nothing behind", async () => {
    const mountTable = await exec("--", "true").then(
      async () => await user.run(["cat", "/proc/self/mountinfo"], options),
    );
    expect(mountTable.stdout).not.toContain("gomodfs fuse");
    expect(await readdir(join(user.home, "../tmp"))).toEqual([]);
  });
});

describe.each([
  { who: "an ordinary user", asRoot: false },
  { who: "root", asRoot: true },
])("exec as $who without /dev/fuse, as in most containers", ({ asRoot }) => {
  it("says so, fills the ordinary GOMODCACHE first and runs the command", async () => {
    await using sandbox = await Sandbox.create();
    const user = new OrdinaryUser(sandbox);
    const directory = user.copyExample();
    const argv = [user.gomodfs, "exec", "-C", directory, "--", "go", "list", "-deps", "."];
    const result = await user.run(argv, { device: "missing", asRoot });
    expect(result.status).toBe(0);
    expect(result.stderr).toContain("no FUSE");
    expect(result.stderr).toContain(user.modcache);
    expect(result.stdout).toContain("rsc.io/quote\n");
    expect(await readdir(join(user.modcache, "rsc.io"))).toContain("quote@v1.5.2");
  });
});
