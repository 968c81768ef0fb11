import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { AS_ROOT, runFixture, Scratch } from "./fixtures/start.ts";
import { judgePrivilege, SystemProbes } from "./namespace_probes.ts";

const identity = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
const environment = process.env;

describe("SystemProbes", () => {
  test("an ordinary user gets a user namespace", async () => {
    using scratch = new Scratch();
    const request = { how: "probe", argv: ["unused"] } as const;
    const run = await runFixture(scratch, request, { ordinaryUser: true });
    const reason: unknown = expect.stringMatching(/unshare.*not permitted/);
    expect(run.report).toEqual({ way: "user-namespace", refused: [{ way: "root", reason }] });
  });

  test("a mount namespace is root's alone", async () => {
    const probes = new SystemProbes({ environment, identity });
    expect((await probes.root()).possible).toBe(AS_ROOT);
  });

  test("a device that is missing or is none makes all impossible", async () => {
    using scratch = new Scratch();
    const device = join(scratch.path, "fuse");
    const probes = new SystemProbes({ environment, identity, device });
    const reason = `${device} cannot be opened (ENOENT)`;
    expect(await probes.root()).toEqual({ possible: false, reason });
    expect(await probes.fusermount()).toEqual({ possible: false, reason });
    const named: unknown = expect.stringContaining(device);
    expect(await probes.userNamespace()).toEqual({ possible: false, reason: named });
    expect(existsSync(device)).toBe(false);
  });
});

describe("judgePrivilege()", () => {
  const none = "0000000000000000";
  const all = "000001ffffffffff";
  const status = (effective: string, bounding: string, noNewPrivileges: number) =>
    `Name:\tnode\nCapEff:\t${effective}\nCapBnd:\t${bounding}\nNoNewPrivs:\t${noNewPrivileges}\n`;

  test("CAP_SYS_ADMIN of one's own is enough", () => {
    expect(judgePrivilege(process.execPath, status(all, all, 1))).toEqual({ possible: true });
  });

  test("otherwise the program must be setuid root", () => {
    using scratch = new Scratch();
    const program = join(scratch.path, "fusermount3");
    writeFileSync(program, "", { mode: 0o755 });
    expect(judgePrivilege(program, status(none, all, 0))).toEqual({
      possible: false,
      reason: `${program} is not setuid root`,
    });
  });

  test("and nothing may take its privilege away", () => {
    // mount(8) is setuid root wherever these tests run.
    const setuid = "/usr/bin/mount";
    expect(judgePrivilege(setuid, status(none, all, 0))).toEqual({ possible: true });
    expect(judgePrivilege(setuid, status(none, all, 1))).toMatchObject({ possible: false });
    expect(judgePrivilege(setuid, status(none, none, 0))).toMatchObject({ possible: false });
  });
});
