import { closeSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { mount } from "./mount.ts";
import { mountArguments } from "./mount_options.ts";
import { probeMount } from "./probe_mount.ts";
import { raiseReadAhead } from "./read_ahead.ts";
import { MountedMemory, makeMountPoint, removeMountPoint, run } from "./testdata/mounted_memory.ts";
import { AS_NOBODY } from "./testdata/private_namespace.ts";
import { attemptWrites } from "./testdata/write_outcomes.ts";
import { unmount } from "./unmount.ts";

describe("mount()", () => {
  it("shows in the mount table what it is", async () => {
    await using memory = await MountedMemory.open();
    expect(await probeMount(memory.directory)).toMatchObject({
      state: "alive",
      entry: {
        type: "fuse.gomodfs",
        source: "gomodfs",
        options: ["ro", "nosuid", "nodev", "relatime"],
      },
    });
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
    expect(await attemptWrites(memory.directory, prefix)).toEqual(["EROFS"]);
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
      "dd if=/dev/zero of=hello.txt conv=notrunc count=1",
    ]) {
      await expect(run("sh", ["-c", `cd ${memory.directory} && ${command}`])).rejects.toThrow(
        "Read-only file system",
      );
    }
  });

  it("lets other users read", async () => {
    await using memory = await MountedMemory.open();
    const command = [...AS_NOBODY, "cat", memory.path("hello.txt")];
    expect((await run("env", command)).stdout).toBe("hello\n");
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
