import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { callDaemon } from "./control_client.ts";
import {
  type DaemonStatus,
  encodeRequest,
  MAX_REQUEST_BYTES,
  type PrefetchRequest,
  type SumText,
} from "./control_protocol.ts";
import { type ControlHandlers, ControlServer } from "./control_server.ts";

const greeting = { pid: 7, version: "1.2.3" };
const status: DaemonStatus = {
  ...greeting,
  startedAt: "2026-01-01T00:00:00.000Z",
  store: "/store",
  counts: { hits: 1, misses: 2, reads: 3, readBytes: 4, fetched: 5, failed: 6 },
  flights: ["example.com/a@v1.0.0.info"],
  usage: { modules: 3, zips: 2, storedBytes: 10, servedBytes: 20 },
  failures: [],
  urls: ["http://127.0.0.1:3052"],
  circuits: [{ origin: "https://proxy.test", state: "open", since: "2026-01-02T03:04:05.000Z" }],
  securityEvents: [
    {
      database: "sum.test",
      time: "2026-01-02T03:04:05.000Z",
      kind: "fork",
      file: "/e/sum.test.txt",
    },
    { database: "sum.test", time: "2026-01-02T03:04:06.000Z", kind: "rollback" },
  ],
};

let directory: string;
let path: string;
let server: ControlServer;
let daemon: RecordingHandlers;

/** Handlers that record what they are asked. */
class RecordingHandlers implements ControlHandlers {
  readonly prefetched: SumText[] = [];
  stopped = 0;
  hold: Promise<void> = Promise.resolve();

  status(): DaemonStatus {
    if (this.stopped > 0) throw new GomodfsError("BUSY", "stopping", { hint: "wait" });
    return status;
  }

  async prefetch({ sums }: PrefetchRequest): Promise<{ parts: number; failed: number }> {
    this.prefetched.push(...sums);
    await this.hold;
    return { parts: sums.length, failed: 0 };
  }

  stop(): void {
    this.stopped++;
  }
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "gomodfs-control-"));
  path = join(directory, "control.sock");
  daemon = new RecordingHandlers();
  server = await ControlServer.listen(path, greeting, daemon);
});

afterEach(async () => {
  await server.close();
  rmSync(directory, { recursive: true });
});

/** Sends raw text on a connection of its own, ends it, and returns all that comes back. */
async function send(raw: string | Uint8Array): Promise<string> {
  const socket = createConnection({ path, allowHalfOpen: true });
  // The server may hang up before it has taken all of a line that is too long.
  socket.on("error", () => socket.destroy());
  socket.end(raw);
  return await text(socket);
}

describe("a call", () => {
  test("of every command is answered", async () => {
    expect(await callDaemon(path, { command: "ping" })).toEqual(greeting);
    expect(await callDaemon(path, { command: "status" })).toEqual(status);
    const sums = [{ path: "go.sum", text: "\u{1F600} h1:\n".repeat(200_000) }];
    expect(await callDaemon(path, { command: "prefetch", sums, required: [] })).toEqual({
      parts: 1,
      failed: 0,
    });
    expect(daemon.prefetched).toEqual(sums);
    expect(await callDaemon(path, { command: "stop" })).toEqual(greeting);
    await expect.poll(() => daemon.stopped).toBe(1);
  });

  test("gets the daemon's own error", async () => {
    daemon.stopped = 1;
    const failure = callDaemon(path, { command: "status" });
    await expect(failure).rejects.toMatchObject({
      code: "BUSY",
      message: "stopping",
      hint: "wait",
    });
  });

  test("says that no daemon is there", async () => {
    await expect(callDaemon(join(directory, "none"), { command: "ping" })).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
    const stale = join(directory, "stale");
    writeFileSync(stale, "");
    await expect(callDaemon(stale, { command: "ping" })).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
  });

  test("gives up when its time is over or its signal says so", async () => {
    const release = Promise.withResolvers<void>();
    daemon.hold = release.promise;
    const request = { command: "prefetch", sums: [], required: [] } as const;
    await expect(callDaemon(path, request, { timeout: 20 })).rejects.toMatchObject({
      code: "TIMEOUT",
    });
    const controller = new AbortController();
    const call = callDaemon(path, request, { signal: controller.signal });
    controller.abort();
    await expect(call).rejects.toMatchObject({ code: "CANCELLED" });
    await expect(callDaemon(path, request, { signal: controller.signal })).rejects.toMatchObject({
      code: "CANCELLED",
    });
    release.resolve();
    // What was given up does no harm to the daemon.
    expect(await callDaemon(path, { command: "ping" })).toEqual(greeting);
  });

  test.each([
    ["nothing", "", "hung up without an answer"],
    ["no JSON", "hello\n", "is not JSON"],
    ["endless bytes", "x".repeat(5 << 20), "longer than"],
  ])("refuses a daemon that answers %s", async (_, answer, message) => {
    const impostorPath = join(directory, "impostor.sock");
    const impostor = createServer((socket) => {
      // The client hangs up before it has taken endless bytes.
      socket.on("error", () => socket.destroy()).resume();
      socket.end(answer);
    });
    await new Promise<void>((resolve) => impostor.listen(impostorPath, resolve));
    try {
      await expect(callDaemon(impostorPath, { command: "ping" })).rejects.toThrow(message);
    } finally {
      await new Promise((resolve) => impostor.close(resolve));
    }
  });
});

describe("a control server", () => {
  test("answers the requests of one connection in order, also the bad ones", async () => {
    const lines = [encodeRequest({ command: "ping" }), "nonsense\n", '{"protocol":9}\n'];
    const answers = (await send(lines.join("") + encodeRequest({ command: "status" }))).split("\n");
    expect(answers.map((line) => line.slice(0, 40))).toEqual([
      expect.stringContaining('"ok":true'),
      expect.stringContaining('"ok":false'),
      expect.stringContaining('"ok":false'),
      expect.stringContaining('"ok":true'),
      "",
    ]);
    expect(answers[1]).toContain("PROTOCOL");
    expect(answers[2]).toContain("UNSUPPORTED");
  });

  test("hangs up on a line over the bound and on bytes that are no text", async () => {
    expect(await send(Uint8Array.of(0xff, 0x0a))).toContain("not UTF-8");
    await send(Buffer.alloc(MAX_REQUEST_BYTES + 2, 0x20));
    expect(daemon.prefetched).toEqual([]);
    expect(await callDaemon(path, { command: "ping" })).toEqual(greeting);
  });

  test("says that its address is taken", async () => {
    const second = ControlServer.listen(path, greeting, daemon);
    await expect(second).rejects.toMatchObject({ code: "BUSY" });
    const nowhere = ControlServer.listen(join(directory, "no/where"), greeting, daemon);
    await expect(nowhere).rejects.toMatchObject({ code: "USAGE" });
  });

  test("drops its connections and its socket when it is closed", async () => {
    const socket = createConnection(path);
    await new Promise((resolve) => socket.once("connect", resolve));
    const dropped = new Promise((resolve) => socket.once("close", resolve));
    await callDaemon(path, { command: "ping" });
    await server.close();
    await dropped;
    expect(readdirSync(directory)).toEqual([]);
  });
});
