import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { findServiceManager } from "./service_manager.ts";

const directory = mkdtempSync(join(tmpdir(), "gomodfs-notify-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Prints each datagram that comes to a Unix socket, which Node cannot open. */
const RECEIVER = `
import socket, sys
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind(sys.argv[1] if sys.argv[1][0] != "@" else "\\0" + sys.argv[1][1:])
print("bound", flush=True)
for _ in range(2):
    print(repr(receiver.recv(4096).decode()), flush=True)
`;

test.each([join(directory, "socket"), `@gomodfs-test-${process.pid}`])(
  "a service manager at %s hears what the service says",
  async (address) => {
    using receiver = spawn("python3", ["-c", RECEIVER, address], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    receiver.stdout.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
    while (!output.includes("bound")) await sleep(10);
    const environment = { NOTIFY_SOCKET: address, WATCHDOG_USEC: "3000000", HOME: "/" };
    const manager = await findServiceManager(environment);
    expect(environment).toEqual({ HOME: "/" });
    expect(manager?.watchdogInterval).toBe(3_000);
    manager?.notify({ kind: "ready" }, { kind: "status", text: "serving\nmodules" });
    manager?.notify({ kind: "stopping" });
    await once(receiver, "close");
    const [, first, second] = output.split("\n");
    expect(first).toBe(String.raw`'READY=1\nSTATUS=serving modules'`);
    expect(second).toBe("'STOPPING=1'");
  },
);

test("findServiceManager() finds none without a socket, and no watchdog of another process", async () => {
  expect(await findServiceManager({})).toBeUndefined();
  const environment = {
    NOTIFY_SOCKET: "@nobody-listens",
    WATCHDOG_USEC: "1000",
    WATCHDOG_PID: "1",
  };
  const manager = await findServiceManager(environment, 2);
  expect(manager?.watchdogInterval).toBeUndefined();
  manager?.notify({ kind: "watchdog" });
});

test("findServiceManager() refuses an address that is no Unix socket's", async () => {
  const found = findServiceManager({ NOTIFY_SOCKET: "vsock:2:1234" });
  await expect(found).rejects.toThrow("NOTIFY_SOCKET names no Unix socket: vsock:2:1234");
});
