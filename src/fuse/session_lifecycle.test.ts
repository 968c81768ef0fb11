import { open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { mount } from "./mount.ts";
import { probeMount } from "./probe_mount.ts";
import { startSession } from "./session.ts";
import { DaemonProcess } from "./testdata/daemon_process.ts";
import {
  failureOf,
  MountedMemory,
  makeMountPoint,
  removeMountPoint,
  run,
} from "./testdata/mounted_memory.ts";
import { unmount } from "./unmount.ts";

describe("the end of a session", () => {
  it("comes when its file system is unmounted", async () => {
    await using memory = await MountedMemory.open();
    await unmount(memory.directory);
    expect(await memory.session.closed).toBe("unmounted");
  });

  it("comes when it is stopped, also while files are open", async () => {
    await using memory = await MountedMemory.open();
    await using file = await open(memory.path("big"));
    await expect(unmount(memory.directory)).rejects.toMatchObject({ code: "BUSY" });
    await unmount(memory.directory, { lazy: true });
    expect((await file.read(Buffer.alloc(10), 0, 10, 0)).bytesRead).toBe(10);
    expect(await memory.session.stop()).toBe("stopped");
    await expect(file.read(Buffer.alloc(10), 0, 10, 33_000_000)).rejects.toMatchObject({
      code: "ENOTCONN",
    });
  });

  it("fails lookups that wait", async () => {
    await using memory = await MountedMemory.open();
    const failure = failureOf(run("cat", [memory.path("wait-a")]));
    await memory.waits(1);
    expect(await memory.session.stop()).toBe("stopped");
    expect(await failure).toContain("Transport endpoint is not connected");
  });

  it("ignores what is settled or invalidated after it", async () => {
    await using memory = await MountedMemory.open();
    await memory.session.stop();
    memory.session.settle(1);
    memory.session.invalidateDirectory(1);
    await memory.session.invalidateEntry(1, Buffer.from("a"));
    expect(await memory.session.stop()).toBe("stopped");
  });

  it("may come at once, and again and again", async () => {
    const ends: string[] = [];
    for (let round = 0; round < 30; round++) {
      await using memory = await MountedMemory.open();
      if (round % 3 > 0) await readFile(memory.path("hello.txt"));
      if (round % 3 > 1) await memory.session.stop();
      await unmount(memory.directory);
      ends.push(await memory.session.closed);
    }
    const round = ["unmounted", "unmounted", "stopped"];
    expect(ends).toEqual(Array.from({ length: 10 }, () => round).flat());
  });

  it("is a failure if its worker fails", async () => {
    const directory = await makeMountPoint();
    try {
      const { device, mountPoint } = await mount(directory);
      const session = startSession({
        device,
        mountPoint,
        worker: new URL("./testdata/failing_worker.ts", import.meta.url),
        data: undefined,
        onMessage: () => {},
        onError: () => {},
      });
      await expect(session.ready).rejects.toMatchObject({ code: "CANCELLED" });
      await expect(session.closed).rejects.toThrow("no file system today");
      expect((await probeMount(mountPoint)).state).toBe("stale");
    } finally {
      await removeMountPoint(directory);
    }
  });
});

describe("a process that serves", () => {
  let directory: string;

  beforeEach(async () => {
    directory = await makeMountPoint();
  });

  afterEach(() => removeMountPoint(directory));

  it("can exit at any time, though a thread of it sleeps in the kernel", async () => {
    await using daemon = new DaemonProcess([directory]);
    expect(await daemon.line()).toBe("ready");
    daemon.say("exit");
    expect(await daemon.end()).toBe(0);
    expect((await probeMount(directory)).state).toBe("stale");
  });

  it("unmounts and ends when it is told to", async () => {
    await using daemon = new DaemonProcess([directory]);
    expect(await daemon.line()).toBe("ready");
    daemon.say("stop");
    expect(await daemon.line()).toBe("unmounted");
    expect(await daemon.end()).toBe(0);
    expect((await probeMount(directory)).state).toBe("none");
  });

  it("leaves a stale mount when it is killed, which the next one replaces", async () => {
    await using killed = new DaemonProcess([directory]);
    expect(await killed.line()).toBe("ready");
    expect((await probeMount(directory)).state).toBe("alive");
    await stat(join(directory, "hello.txt"));
    expect(await killed.end("SIGKILL")).toBe("SIGKILL");
    // What the kernel has cached is still there, so a look at a path says nothing.
    expect((await stat(join(directory, "hello.txt"))).size).toBe(6);
    expect((await probeMount(directory)).state).toBe("stale");
    await using next = new DaemonProcess([directory]);
    expect(await next.line()).toBe("ready");
    expect(await readFile(join(directory, "hello.txt"), "utf8")).toBe("hello\n");
    next.say("stop");
    expect(await next.line()).toBe("unmounted");
  });
});
