import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { chmodSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { exitCode, refuseCommand, superviseChild } from "./child_command.ts";
import { runFixture, Scratch, StartedRun } from "./fixtures/start.ts";
import { FORWARDED_SIGNALS } from "./signal_forwarding.ts";

describe("exitCode()", () => {
  test("is the command's own, or 128 and the signal's number", () => {
    expect(exitCode({ kind: "exited", code: 3 })).toBe(3);
    expect(exitCode({ kind: "signalled", signal: "SIGKILL" })).toBe(137);
    expect(exitCode({ kind: "signalled", signal: "SIGINT" })).toBe(130);
    expect(exitCode({ kind: "not-started", code: 127, message: "" })).toBe(127);
  });
});

describe("refuseCommand()", () => {
  test("tells missing from not executable", () => {
    using scratch = new Scratch();
    const plainFile = join(scratch.path, "plain");
    writeFileSync(plainFile, "text");
    const command = { directory: scratch.path, environment: { PATH: scratch.path } };
    expect(refuseCommand({ ...command, argv: ["nonesuch"] })).toEqual({
      kind: "not-started",
      code: 127,
      message: "cannot run nonesuch: not found on the PATH",
    });
    expect(refuseCommand({ ...command, argv: ["./nonesuch"] })).toMatchObject({
      code: 127,
      message: "cannot run ./nonesuch: no such file",
    });
    for (const name of ["plain", "./plain"]) {
      expect(refuseCommand({ ...command, argv: [name] })).toEqual({
        kind: "not-started",
        code: 126,
        message: `cannot run ${name}: ${plainFile} is not an executable file`,
      });
    }
    chmodSync(plainFile, 0o755);
    expect(refuseCommand({ ...command, argv: ["plain"] })).toBeUndefined();
  });

  test("tells that the working directory is missing", () => {
    const refusal = refuseCommand({ argv: ["sh"], directory: "/nonesuch", environment: {} });
    const message: unknown = expect.stringContaining("/nonesuch");
    expect(refusal).toMatchObject({ code: 127, message });
  });
});

describe("superviseChild()", () => {
  test("reports arguments that are too long", async () => {
    // MAX_ARG_STRLEN of linux/binfmts.h: 32 pages for one argument.
    const status = await superviseChild(() => spawn("true", ["x".repeat(32 * 65_536 + 1)]));
    expect(status).toMatchObject({ kind: "not-started", code: 126 });
  });

  test("takes its signal handlers away again", async () => {
    const before = process.listenerCount("SIGTERM");
    let during = 0;
    await superviseChild(() => {
      during = process.listenerCount("SIGTERM");
      return spawn("true");
    });
    expect([during, process.listenerCount("SIGTERM")]).toEqual([before + 1, before]);
  });
});

describe("runCommand()", () => {
  test("passes arguments, stdout, stderr and the exit code through", async () => {
    using scratch = new Scratch();
    const script = 'printf "%s|" "$@"; echo oops >&2; exit 42';
    const argv = ["sh", "-c", script, "sh", "a b", "", "*"] as const;
    const result = await runFixture(scratch, { how: "plain", argv });
    expect(result).toMatchObject({ stdout: "a b||*|", stderr: "oops\n" });
    expect(result.report).toEqual({ kind: "exited", code: 42 });
  });

  test("passes stdin and many bytes through", async () => {
    using scratch = new Scratch();
    const run = new StartedRun(scratch, { how: "plain", argv: ["sha256sum"] });
    const bytes = randomBytes(8 << 20);
    run.child.stdin?.end(bytes);
    const { stdout } = await run.result;
    expect(stdout).toBe(`${createHash("sha256").update(bytes).digest("hex")}  -\n`);
  });

  test("reports a script whose interpreter is missing, and one without a first line runs in sh", async () => {
    using scratch = new Scratch();
    const script = join(scratch.path, "script");
    writeFileSync(script, "#!/nonesuch/interpreter\n", { mode: 0o755 });
    const missing = await runFixture(scratch, { how: "plain", argv: [script] });
    expect(missing.report).toMatchObject({ kind: "not-started", code: 127 });
    writeFileSync(script, "exit 5\n", { mode: 0o755 });
    const plain = await runFixture(scratch, { how: "plain", argv: [script] });
    expect(plain.report).toEqual({ kind: "exited", code: 5 });
  });

  test("sets PWD to the working directory, by the name that the person used", async () => {
    using scratch = new Scratch();
    const link = join(scratch.path, "link");
    symlinkSync("/usr", link);
    const argv = ["sh", "-c", "echo $PWD"] as const;
    const request = { how: "plain", argv, directory: "/usr" } as const;
    const kept = await runFixture(scratch, request, { environment: { PWD: link } });
    expect(kept.stdout).toBe(`${link}\n`);
    const stale = await runFixture(scratch, request, { environment: { PWD: scratch.path } });
    expect(stale.stdout).toBe("/usr\n");
  });

  test.each(FORWARDED_SIGNALS)("passes %s on once", async (signal) => {
    using scratch = new Scratch();
    const name = signal.slice("SIG".length);
    const script = `n=0; trap 'n=$((n+1))' ${name}; echo ready
      while [ $n = 0 ]; do sleep 0.02; done; sleep 0.1; exit $((n+10))`;
    const run = new StartedRun(scratch, { how: "plain", argv: ["sh", "-c", script] });
    await run.printed("ready");
    run.child.kill(signal);
    expect((await run.result).report).toEqual({ kind: "exited", code: 11 });
  });

  test("reports the signal that ended the command", async () => {
    using scratch = new Scratch();
    const argv = ["sh", "-c", "echo ready; exec sleep 60"] as const;
    const run = new StartedRun(scratch, { how: "plain", argv });
    await run.printed("ready");
    run.child.kill("SIGTERM");
    expect((await run.result).report).toEqual({ kind: "signalled", signal: "SIGTERM" });
    const killed = await runFixture(scratch, { how: "plain", argv: ["sh", "-c", "kill -KILL $$"] });
    expect(killed.report).toEqual({ kind: "signalled", signal: "SIGKILL" });
  });

  test("does not wait for what the command leaves behind", async () => {
    using scratch = new Scratch();
    const script = "sleep 30 <&- >&- 2>&- & echo $!";
    const result = await runFixture(scratch, { how: "plain", argv: ["sh", "-c", script] });
    expect(result.report).toEqual({ kind: "exited", code: 0 });
    // It lives, or kill would throw ESRCH.
    expect(process.kill(Number(result.stdout), "SIGKILL")).toBe(true);
  });

  test("leaves a Ctrl-C of the terminal to the terminal, which reaches the command by itself", async () => {
    using scratch = new Scratch();
    const report = join(scratch.path, "report.json");
    // It spins so that it takes the first signal at once: a second one would otherwise be merged with it (signal(7)).
    const count = `n=0; trap 'n=$((n+1))' INT; echo ready
      while [ $n = 0 ]; do :; done; sleep 0.3; exit $((n+10))`;
    const request = { how: "plain", argv: ["sh", "-c", count], report };
    const program = fileURLToPath(new URL("fixtures/run.ts", import.meta.url));
    const env = { ...process.env, REQUEST: JSON.stringify(request), PROGRAM: program };
    const inTerminal = `exec "${process.execPath}" "$PROGRAM" "$REQUEST"`;
    const terminal = spawn("script", ["-qec", inTerminal, "/dev/null"], { env });
    terminal.stdout.once("data", () => terminal.stdin.write("\x03"));
    await text(terminal.stdout);
    expect(JSON.parse(readFileSync(report, "utf8"))).toEqual({ kind: "exited", code: 11 });
  });
});
