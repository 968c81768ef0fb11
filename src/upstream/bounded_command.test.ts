import { closeSync, openSync, statSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { rejection } from "../../test/support/rejection.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../test/support/temporary_directory.ts";
import { type BoundedCommand, type CommandOutcome, runBoundedCommand } from "./bounded_command.ts";

let directory: TemporaryDirectory;

beforeEach(() => {
  directory = temporaryDirectory();
});

afterEach(() => {
  directory[Symbol.dispose]();
});

async function run(text: string, options: Partial<BoundedCommand> = {}): Promise<CommandOutcome> {
  return await runBoundedCommand({
    name: "the script",
    argv: ["sh", "-c", text],
    directory: directory.path,
    environment: { PATH: process.env["PATH"], GREETING: "hello" },
    maxOutput: 1000,
    timeout: 30_000,
    ...options,
  });
}

describe("runBoundedCommand()", () => {
  it("gives what a program says and how it ended", async () => {
    const { status, stdout, stderr } = await run(
      'read line; echo "$GREETING $line in $PWD"; echo oh >&2; exit 3',
      { input: "world\n" },
    );
    expect({ status, stdout: stdout.toString(), stderr }).toEqual({
      status: 3,
      stdout: `hello world in ${directory.path}\n`,
      stderr: "oh\n",
    });
    expect((await run("kill -9 $$")).status).toBe("SIGKILL");
  });

  it("keeps the beginning of standard error, however long it is", async () => {
    const { stderr } = await run("echo start >&2; head -c 1000000 /dev/zero >&2");
    expect(stderr).toMatch(/^start\n/);
    expect(stderr.length).toBe(16 << 10);
  });

  it("takes as much output as is allowed and no more", async () => {
    expect((await run("head -c 1000 /dev/zero")).stdout).toHaveLength(1000);
    await expect(run("head -c 1001 /dev/zero")).rejects.toEqual(
      rejection("TOO_LARGE", "the script printed more than 1000 bytes"),
    );
  });

  it("writes to an open file instead, as much as it likes", async () => {
    const path = directory.join("output");
    const file = openSync(path, "w");
    const { status, stdout } = await run("head -c 100000 /dev/zero", { outputFile: file });
    closeSync(file);
    expect({ status, printed: stdout.length }).toEqual({ status: 0, printed: 0 });
    expect(statSync(path).size).toBe(100_000);
  });

  it("leads a session of its own, without a terminal", async () => {
    // proc_pid_stat(5): the pid, the session, the terminal.
    const { stdout } = await run(
      "read -r pid _ _ _ _ session terminal _ < /proc/$$/stat; echo $pid $session $terminal",
    );
    expect(stdout.toString()).toMatch(/^(\d+) \1 0\n$/);
  });

  it("does not mind input that nobody reads", async () => {
    expect((await run("exit 0", { input: "x".repeat(1 << 20) })).status).toBe(0);
  });

  it("does not wait for what a program leaves behind with its output open", async () => {
    const start = performance.now();
    const { stdout } = await run("sleep 4 & echo $!");
    expect(performance.now() - start).toBeLessThan(3_000);
    process.kill(Number(stdout.toString()), "SIGKILL");
  });

  it("starts nothing that nobody wants", async () => {
    const answer = run("exit 0", { signal: AbortSignal.abort() });
    await expect(answer).rejects.toEqual(rejection("CANCELLED"));
  });

  it("says what cannot be run", async () => {
    await expect(run("", { argv: ["no-such-program"] })).rejects.toEqual(
      rejection("UPSTREAM", "cannot run the script"),
    );
    await expect(run("", { directory: directory.join("missing") })).rejects.toEqual(
      rejection("UPSTREAM", "cannot run the script"),
    );
  });
});
