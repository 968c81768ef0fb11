import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { AS_ROOT, ORDINARY_USER, runFixture, Scratch, StartedRun } from "./fixtures/start.ts";

// What needs no root runs as whoever runs the tests: root mounts in a mount namespace, others in a user namespace.
const unprivileged = !AS_ROOT;
const uid = AS_ROOT ? ORDINARY_USER : process.getuid?.();

function shell(script: string, ...args: string[]): readonly [string, ...string[]] {
  return ["sh", "-c", script, "sh", ...args];
}

describe("runInPrivateMount()", () => {
  test("shows the mount to the command alone", async () => {
    using scratch = new Scratch();
    const target = join(scratch.path, "not/yet/there, it's \n new");
    const argv = shell('stat -f -c %T "$1"; touch "$1/x"; echo oops >&2; exit 9', target);
    const run = await runFixture(scratch, { how: "tmpfs", target, argv, unprivileged });
    expect(run.report).toEqual({ kind: "exited", code: 9 });
    expect(run.stdout).toBe("tmpfs\n");
    expect(run.stderr).toMatch(/Read-only file system\noops\n$/);
    expect(statSync(target).dev).toBe(statSync(scratch.path).dev);
  });

  test("leaves no process between and no descriptor behind", async () => {
    using scratch = new Scratch();
    const target = join(scratch.path, "mnt");
    const argv = shell(
      "echo $PPID; for fd in 3 4 5; do [ -e /proc/$$/fd/$fd ] && echo $fd; done; :",
    );
    const run = await runFixture(scratch, { how: "tmpfs", target, argv, unprivileged });
    expect(run.stdout).toBe(`${run.pid}\n`);
  });

  test("hands on the environment, also names that are no identifiers", async () => {
    using scratch = new Scratch();
    const target = join(scratch.path, "mnt");
    const environment = { PLAIN: "a\nb", "with.dot": "1", "npm_config_//host/:x": "2" };
    const request = { how: "tmpfs", target, argv: ["env", "-0"], unprivileged } as const;
    const { stdout } = await runFixture(scratch, request, { environment });
    const variables = stdout.split("\0");
    for (const [name, value] of Object.entries(environment)) {
      expect(variables).toContain(`${name}=${value}`);
    }
  });

  test("goes to a working directory under the mount point after mounting", async () => {
    using scratch = new Scratch();
    const target = join(scratch.path, "mnt");
    const source = join(scratch.path, "source");
    mkdirSync(join(source, "module"), { recursive: true });
    writeFileSync(join(source, "module/file"), "mounted content");
    const directory = join(target, "module");
    const argv = shell("cat file; echo; pwd");
    const request = { how: "bind", source, target, directory, argv, unprivileged } as const;
    const run = await runFixture(scratch, request);
    expect(run.stdout).toBe(`mounted content\n${directory}\n`);
  });

  test("passes signals to the command", async () => {
    using scratch = new Scratch();
    const target = join(scratch.path, "mnt");
    const argv = shell("trap 'exit 33' USR1; echo ready; while :; do sleep 0.02; done");
    const run = new StartedRun(scratch, { how: "tmpfs", target, argv, unprivileged });
    await run.printed("ready");
    run.child.kill("SIGUSR1");
    expect((await run.result).report).toEqual({ kind: "exited", code: 33 });
  });

  test("keeps the mount for what the command leaves behind", async () => {
    using scratch = new Scratch();
    const target = join(scratch.path, "mnt");
    const output = join(scratch.path, "output");
    const later = 'while [ ! -e "$2.go" ]; do sleep 0.02; done; stat -f -c %T "$1" >"$2.part"';
    const argv = shell(`(${later}; mv "$2.part" "$2") <&- >&- 2>&- & exit 0`, target, output);
    const run = await runFixture(scratch, { how: "tmpfs", target, argv, unprivileged });
    expect(run.report).toEqual({ kind: "exited", code: 0 });
    writeFileSync(`${output}.go`, "");
    await expect.poll(() => existsSync(output), { timeout: 10_000 }).toBe(true);
    expect(readFileSync(output, "utf8")).toBe("tmpfs\n");
  });

  test("reports why the mount could not be made, and does not start the command", async () => {
    using scratch = new Scratch();
    const target = join(scratch.path, "mnt");
    const source = join(scratch.path, "nonesuch");
    const argv = shell("echo started");
    const run = await runFixture(scratch, { how: "bind", source, target, unprivileged, argv });
    const error: unknown = expect.stringMatching(
      `^cannot mount on ${target}: .*${source} does not exist`,
    );
    expect(run.report).toEqual({ error });
    expect(run.stdout).toBe("");
  });

  test("reports a mount point that is a file", async () => {
    using scratch = new Scratch();
    const target = join(scratch.path, "file");
    writeFileSync(target, "");
    const request = { how: "tmpfs", target, unprivileged, argv: shell("echo started") } as const;
    const run = await runFixture(scratch, request);
    expect(run.report).toEqual({ error: `cannot make the mount point ${target}` });
    expect(run.stdout).toBe("");
  });
});

describe("in a user namespace", () => {
  const identity = `
    [ "$(id -u)" = "$2" ] || echo "uid $(id -u)"
    umount "$1" 2>/dev/null && echo "unmounted"
    grep -q '^CapEff:.0*$' /proc/self/status || grep CapEff /proc/self/status
    touch "$3/made" && stat -c %u "$3/made"
    env | grep GOMODFS`;

  test("the command has the person's ids and no privilege", async () => {
    using scratch = new Scratch();
    const target = join(scratch.path, "mnt");
    const argv = shell(`stat -f -c %T "$1"; ${identity}`, target, String(uid), scratch.path);
    const request = { how: "tmpfs", target, argv, unprivileged: true } as const;
    const run = await runFixture(scratch, request, { ordinaryUser: true });
    expect(run.stdout).toBe(`tmpfs\n${uid}\n`);
    expect(statSync(join(scratch.path, "made")).uid).toBe(uid);
  });

  test("a process that started itself again mounts FUSE for the command", async () => {
    using scratch = new Scratch();
    const target = join(scratch.path, "mnt");
    const script = `stat -c %a:%F "$1"; echo $PPID; touch "$1/x"; ${identity}; kill -HUP $$`;
    const argv = shell(script, target, String(uid), scratch.path);
    const request = { how: "reexec-fuse", target, argv } as const;
    const run = await runFixture(scratch, request, { ordinaryUser: true });
    // The parent is the process that was started: starting itself again kept its id.
    expect(run.stdout).toBe(`555:directory\n${run.pid}\n${uid}\n`);
    expect(run.stderr).toMatch(/Read-only file system/);
    expect(run.report).toEqual({ kind: "signalled", signal: "SIGHUP" });
  });
});
