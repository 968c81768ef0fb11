import { chown } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DaemonProcess } from "./testdata/daemon_process.ts";
import { makeMountPoint, removeMountPoint, run } from "./testdata/mounted_memory.ts";
import { NOBODY, PrivateNamespace } from "./testdata/private_namespace.ts";
import { attemptWrites } from "./testdata/write_outcomes.ts";

let directory: string;
let namespace: PrivateNamespace;

beforeEach(async () => {
  directory = await makeMountPoint();
  namespace = await PrivateNamespace.open(directory);
  await chown(directory, NOBODY, NOBODY);
});

afterEach(async () => {
  await namespace[Symbol.asyncDispose]();
  await removeMountPoint(directory);
});

async function read(name: string): Promise<string> {
  return (await run("env", [...namespace.asNobody, "cat", join(directory, name)])).stdout;
}

describe("an ordinary user", () => {
  it("mounts and unmounts", async () => {
    await using daemon = new DaemonProcess([directory], namespace.asNobody);
    expect(await daemon.line()).toBe("ready");
    expect(await read("hello.txt")).toBe("hello\n");
    daemon.say("stop");
    expect(await daemon.line()).toBe("unmounted");
    expect(await daemon.end()).toBe(0);
  });

  it("can change nothing: every attempt gives EROFS", async () => {
    await using daemon = new DaemonProcess([directory], namespace.asNobody);
    expect(await daemon.line()).toBe("ready");
    expect(await attemptWrites(directory, namespace.asNobody)).toEqual(["EROFS"]);
  });

  it("replaces a mount of his own daemon that was killed", async () => {
    await using killed = new DaemonProcess([directory], namespace.asNobody);
    expect(await killed.line()).toBe("ready");
    await killed.end("SIGKILL");
    await expect(read("hello.txt")).rejects.toThrow("Transport endpoint is not connected");
    await using daemon = new DaemonProcess([directory], namespace.asNobody);
    expect(await daemon.line()).toBe("ready");
    expect(await read("hello.txt")).toBe("hello\n");
  });

  it("is told what fusermount3 refuses and what to do", async () => {
    await using daemon = new DaemonProcess([directory, "shared"], namespace.asNobody);
    await expect(daemon.line()).rejects.toThrow("add the line user_allow_other to /etc/fuse.conf");
  });

  it("is told if fusermount3 is missing", async () => {
    const prefix = [...namespace.asNobody, "env", "PATH=/nowhere"];
    await using daemon = new DaemonProcess([directory], prefix);
    await expect(daemon.line()).rejects.toThrow("install the package fuse3");
  });
});

describe("root of a user namespace", () => {
  it("mounts with mount(8) and unmounts, without fusermount3", async () => {
    const prefix = [...namespace.asNobody, "unshare", "--user", "--map-root-user", "--mount"];
    await using daemon = new DaemonProcess([directory], prefix);
    expect(await daemon.line()).toBe("ready");
    daemon.say("stop");
    expect(await daemon.line()).toBe("unmounted");
  });
});
