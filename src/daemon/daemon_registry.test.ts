import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { currentProcess, type ProcessIdentity, processLiveness } from "../lib/process_identity.ts";
import { readProcessStat } from "../lib/process_stat.ts";
import { type DaemonRecord, DaemonRegistry } from "./daemon_registry.ts";

let store: string;
let registry: DaemonRegistry;

beforeEach(() => {
  store = mkdtempSync(join(tmpdir(), "gomodfs-registry-"));
  registry = new DaemonRegistry(store);
});

afterEach(() => rmSync(store, { recursive: true }));

function record(identity: ProcessIdentity): DaemonRecord {
  return { process: identity, version: "1.2.3", socketPath: "/run/control.sock" };
}

function files(): string[] {
  return readdirSync(join(store, "daemons"));
}

describe("DaemonRegistry", () => {
  test("lists a daemon until it is removed", async () => {
    expect(await registry.list()).toEqual([]);
    const own = { ...record(currentProcess()), mount: { point: "/mnt/go", device: "0:57" } };
    const registration = await registry.register(own);
    expect(await registry.list()).toEqual([own]);
    await registration.remove();
    await registration.remove();
    expect(await registry.list()).toEqual([]);
    expect(files()).toEqual([]);
  });

  test("forgets processes that ended, also when their id is in use again", async () => {
    const own = currentProcess();
    // Beyond the kernel's PID_MAX_LIMIT (2^22) there is no process.
    await registry.register(record({ ...own, pid: 2 ** 22 + 1 }));
    await registry.register(record({ ...own, startTime: "1" }));
    expect(files()).toHaveLength(2);
    expect(await registry.list()).toEqual([]);
    expect(files()).toEqual([]);
  });

  test("leaves the daemons of other machines alone", async () => {
    await registry.register(record({ ...currentProcess(), startTime: "1", machine: "another" }));
    expect(await registry.list()).toEqual([]);
    expect(files()).toHaveLength(1);
  });

  test("passes over files that are no records", async () => {
    const own = record(currentProcess());
    await registry.register(own);
    const folder = join(store, "daemons");
    writeFileSync(join(folder, "1-1.json"), "not JSON");
    writeFileSync(join(folder, "2-2.json"), `{"process":${" ".repeat(100_000)}}`);
    writeFileSync(join(folder, "3-3.json"), JSON.stringify(own));
    writeFileSync(join(folder, "4-4.json.partial"), "");
    mkdirSync(join(folder, "5-5.json"));
    expect(await registry.list()).toEqual([own]);
  });

  test("says that the store cannot be written", async () => {
    writeFileSync(join(store, "daemons"), "");
    const registered = registry.register(record(currentProcess()));
    await expect(registered).rejects.toMatchObject({ code: "STORE" });
    await expect(registry.list()).rejects.toMatchObject({ code: "STORE" });
  });
});

test("processLiveness() takes a zombie for ended", async () => {
  const own = currentProcess();
  expect(processLiveness(own)).toBe("alive");
  // The shell turns into a sleep, which never waits for the child that the shell started.
  const parent = spawn("sh", ["-c", "true & exec sleep 30"]);
  try {
    const children = `/proc/${parent.pid}/task/${parent.pid}/children`;
    const child = () => Number.parseInt(readFileSync(children, "latin1"), 10);
    await expect.poll(() => readProcessStat(child())?.state).toBe("Z");
    const startTime = readProcessStat(child())?.startTime ?? "";
    expect(processLiveness({ ...own, pid: child(), startTime })).toBe("ended");
  } finally {
    parent.kill("SIGKILL");
  }
});
