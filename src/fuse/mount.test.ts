import { closeSync } from "node:fs";
import { chown, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { mount } from "./mount.ts";
import { mountArguments } from "./mount_options.ts";
import { probeMount } from "./probe_mount.ts";
import { raiseReadAhead } from "./read_ahead.ts";
import { DaemonProcess } from "./testdata/daemon_process.ts";
import { MountedMemory, makeMountPoint, removeMountPoint, run } from "./testdata/mounted_memory.ts";
import { unmount } from "./unmount.ts";

const NOBODY = 65_534;
const AS_NOBODY = ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];
const WRITE_ATTEMPTS = fileURLToPath(new URL("./testdata/write_attempts.ts", import.meta.url));

async function writeAttempts(directory: string, prefix: readonly string[]): Promise<unknown> {
  const [command = "", ...args] = [...prefix, process.execPath, WRITE_ATTEMPTS, directory];
  return JSON.parse((await run(command, args)).stdout);
}

describe("mount()", () => {
  it("shows in the mount table what it is", async () => {
    await using memory = await MountedMemory.open();
    const found = await probeMount(memory.directory);
    expect(found).toMatchObject({
      state: "alive",
      entry: { type: "fuse.gomodfs", source: "gomodfs" },
    });
    if (found.state === "alive") {
      expect(found.entry.options).toEqual(expect.arrayContaining(["ro", "nosuid", "nodev"]));
    }
  });

  it("refuses to mount over a gomodfs that lives", async () => {
    await using memory = await MountedMemory.open();
    await expect(mount(memory.directory)).rejects.toMatchObject({ code: "BUSY" });
  });

  it("says which mount point is missing", async () => {
    await expect(mount("/nowhere/at/all")).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: "mount point /nowhere/at/all is not there",
    });
  });

  it.each([
    ["root", []],
    ["another user", AS_NOBODY],
  ])("lets %s change nothing: every attempt gives EROFS", async (_, prefix) => {
    await using memory = await MountedMemory.open();
    const outcomes = await writeAttempts(memory.directory, prefix);
    const values = new Set(Object.values(outcomes ?? {}));
    expect(values, JSON.stringify(outcomes)).toEqual(new Set(["EROFS"]));
  });

  it("gives EROFS to root even where the mount itself may be written", async () => {
    await using memory = await MountedMemory.open({ readOnly: false });
    for (const command of [
      "mkdir new",
      "touch new",
      "rm hello.txt",
      "mv hello.txt new",
      "ln -s a b",
      "chmod 600 empty",
      "echo a >> hello.txt",
    ]) {
      await expect(run("sh", ["-c", `cd ${memory.directory} && ${command}`])).rejects.toThrow(
        "Read-only file system",
      );
    }
  });

  it("lets other users read", async () => {
    await using memory = await MountedMemory.open();
    const [command = "", ...args] = [...AS_NOBODY, "cat", memory.path("hello.txt")];
    expect((await run(command, args)).stdout).toBe("hello\n");
  });

  it("can read further ahead", async () => {
    await using memory = await MountedMemory.open();
    expect(await raiseReadAhead(memory.directory)).toBe(true);
    const { dev } = await stat(memory.directory);
    expect(await readFile(`/sys/class/bdi/${dev >> 8}:${dev & 255}/read_ahead_kb`, "utf8")).toBe(
      "1024\n",
    );
    expect(await raiseReadAhead("/nowhere")).toBe(false);
  });
});

describe("mountArguments()", () => {
  it("names the descriptor and keeps guests from doing anything", () => {
    expect(mountArguments(9, { allowOther: false })).toEqual([
      "-i",
      "-t",
      "fuse.gomodfs",
      "-o",
      "fd=9,rootmode=40000,user_id=0,group_id=0,default_permissions,ro,nosuid,nodev,max_read=1048576",
      "gomodfs",
    ]);
  });
});

describe("an ordinary user", () => {
  let directory: string;

  beforeEach(async () => {
    directory = await makeMountPoint();
    await chown(directory, NOBODY, NOBODY);
  });

  afterEach(() => removeMountPoint(directory));

  it("mounts and unmounts with fusermount3", async () => {
    await using daemon = new DaemonProcess([directory, "private"], AS_NOBODY);
    expect(await daemon.line()).toBe("ready");
    const [command = "", ...args] = [...AS_NOBODY, "cat", join(directory, "hello.txt")];
    expect((await run(command, args)).stdout).toBe("hello\n");
    const outcomes = await writeAttempts(directory, AS_NOBODY);
    expect(new Set(Object.values(outcomes ?? {})), JSON.stringify(outcomes)).toEqual(
      new Set(["EROFS"]),
    );
    daemon.say("stop");
    expect(await daemon.line()).toBe("unmounted");
    expect(await daemon.end()).toBe(0);
  });

  it("replaces a mount of a daemon of his own that was killed", async () => {
    await using killed = new DaemonProcess([directory, "private"], AS_NOBODY);
    expect(await killed.line()).toBe("ready");
    await killed.end("SIGKILL");
    await using daemon = new DaemonProcess([directory, "private"], AS_NOBODY);
    expect(await daemon.line()).toBe("ready");
  });

  it("is told what fusermount3 refuses and what to do", async () => {
    await using daemon = new DaemonProcess([directory], AS_NOBODY);
    await expect(daemon.line()).rejects.toThrow("user_allow_other");
  });

  it("is told if fusermount3 is missing", async () => {
    const prefix = [...AS_NOBODY, "env", "PATH=/nowhere"];
    await using daemon = new DaemonProcess([directory, "private"], prefix);
    await expect(daemon.line()).rejects.toThrow("fusermount3 is not installed");
  });
});

describe("probeMount()", () => {
  it("sees that nothing, or something else, is mounted", async () => {
    expect(await probeMount("/nowhere")).toEqual({ state: "none" });
    expect(await probeMount("/proc")).toMatchObject({ state: "foreign" });
  });

  it("is not held up by a mount that never answers", async () => {
    const directory = await makeMountPoint();
    const { device } = await mount(directory);
    try {
      const started = performance.now();
      expect(await probeMount(directory, 200)).toMatchObject({ state: "hung" });
      expect(performance.now() - started).toBeLessThan(5000);
    } finally {
      closeSync(device);
      await removeMountPoint(directory);
    }
  });
});

describe("unmount()", () => {
  it("says that nothing is mounted", async () => {
    const directory = await makeMountPoint();
    await expect(unmount(directory)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await removeMountPoint(directory);
  });
});
