import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { rejection } from "../../test/support/rejection.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../test/support/temporary_directory.ts";
import { type Logger, silentLogger } from "../lib/logger.ts";
import { parseModulePath, parseModuleVersion } from "../module/path.ts";
import type { ZipBytes } from "../store/module_store.ts";
import { GoCommandSource, type GoCommandSourceOptions } from "./go_command_source.ts";
import { type Environment, findGoInstallation } from "./go_installation.ts";
import { GitForge } from "./testdata/git_forge.ts";
import { turnTelemetryOff } from "./testdata/go_home.ts";

let stack: AsyncDisposableStack;
let directory: TemporaryDirectory;

beforeEach(() => {
  stack = new AsyncDisposableStack();
  directory = stack.use(temporaryDirectory());
  turnTelemetryOff(directory.join(".config"));
});

afterEach(async () => {
  await stack.disposeAsync();
});

/** For a machine that has much else to do. */
const patience = { timeout: 20_000 };

const lib = parseModulePath("corp.test/lib");
const v1 = parseModuleVersion("corp.test/lib", "v1.0.0");
const v2 = parseModuleVersion("corp.test/lib", "v1.1.0");

/** What Go and git need of a machine. */
function machine(): Environment {
  const { PATH } = process.env;
  return { PATH, HOME: directory.path, GOTOOLCHAIN: "local", GIT_CONFIG_NOSYSTEM: "1" };
}

function source(options: Partial<GoCommandSourceOptions> = {}): GoCommandSource {
  return stack.use(
    new GoCommandSource({
      command: findGoInstallation(process.env, process.platform).goCommand ?? "go",
      environment: machine(),
      spoolDirectory: directory.join("spool"),
      log: silentLogger,
      ...options,
    }),
  );
}

async function forgeWithLib(login?: string): Promise<GitForge> {
  const forge = stack.use(await GitForge.start(login === undefined ? {} : { login }));
  await forge.commit("lib", "v1.0.0", {
    "go.mod": "module corp.test/lib\n",
    "lib.go": "package lib\n",
  });
  await forge.commit("lib", "v1.1.0", { "lib.go": "package lib // newer\n" });
  return forge;
}

function atForge(forge: GitForge): Pick<GoCommandSourceOptions, "environment"> {
  return { environment: { ...machine(), ...forge.environment } };
}

/** A program to be run as the go command. */
function program(text: string): Pick<GoCommandSourceOptions, "command"> {
  const command = directory.join("go");
  writeFileSync(command, `#!/bin/sh\n${text}\n`);
  chmodSync(command, 0o755);
  return { command };
}

function spooled(): string[] {
  return existsSync(directory.join("spool")) ? readdirSync(directory.join("spool")) : [];
}

async function bytesOf(zip: ZipBytes): Promise<Uint8Array> {
  return zip.kind === "file" ? await readFile(zip.path) : zip.bytes;
}

describe("GoCommandSource with the real go command", () => {
  it("brings all of a version with one run, and keeps it for later questions", async () => {
    const forge = await forgeWithLib();
    const messages: string[] = [];
    const log: Logger = { ...silentLogger, info: (message) => messages.push(message) };
    const modules = source({ ...atForge(forge), log });

    const [info, goMod, zip] = await Promise.all([
      modules.info(v1),
      modules.goMod(v1),
      modules.zip(v1),
    ]);
    expect(JSON.parse(Buffer.from(info).toString())).toMatchObject({
      Version: "v1.0.0",
      Time: "2020-01-02T03:04:05Z",
    });
    expect(Buffer.from(goMod).toString()).toBe("module corp.test/lib\n");
    expect(Buffer.from(await bytesOf(zip)).toString("latin1")).toContain(
      "corp.test/lib@v1.0.0/lib.go",
    );
    expect(forge.requestsMatching(/go-get=1/)).toBe(1);

    await modules.info(v2);
    expect(messages).toEqual([
      "the go command fetches corp.test/lib@v1.0.0 from version control",
      "the go command fetches corp.test/lib@v1.1.0 from version control",
    ]);
    const asked = forge.requests.length;
    await modules.goMod(v2);
    await modules.info(v1);
    expect(forge.requests).toHaveLength(asked);
  });

  it("gives every asker a zip of its own", async () => {
    const modules = source(atForge(await forgeWithLib()));
    const zips = await Promise.all([modules.zip(v1), modules.zip(v1)]);
    const again = await modules.zip(v1);
    const bytes = await Promise.all([...zips, again].map(bytesOf));
    expect(new Set(bytes.map((zip) => Buffer.from(zip).toString("base64"))).size).toBe(1);
    const paths = [...zips, again].map((zip) => (zip.kind === "file" ? zip.path : ""));
    expect(new Set(paths).size).toBe(3);
  });

  it("lists versions and finds the latest", async () => {
    const modules = source(atForge(await forgeWithLib()));
    expect(Buffer.from(await modules.versions(lib)).toString()).toBe("v1.0.0\nv1.1.0\n");
    expect(JSON.parse(Buffer.from(await modules.latest(lib)).toString())).toEqual({
      Version: "v1.1.0",
      Time: "2020-01-02T03:04:05Z",
    });
  });

  it("says what is not there", async () => {
    const modules = source(atForge(await forgeWithLib()));
    const unknown = parseModuleVersion("corp.test/lib", "v1.9.0");
    await expect(modules.info(unknown)).rejects.toEqual(
      rejection("NOT_FOUND", "unknown revision v1.9.0"),
    );
    const missing = parseModulePath("corp.test/missing");
    await expect(modules.versions(missing)).rejects.toEqual(rejection("NOT_FOUND", "404"));
    await expect(modules.latest(missing)).rejects.toEqual(rejection("NOT_FOUND", "404"));
  });

  it("uses git's credentials, and says what to do without", async () => {
    const forge = await forgeWithLib("ann:s3cret");
    await expect(source(atForge(forge)).info(v1)).rejects.toMatchObject({
      code: "UPSTREAM",
      message: expect.stringContaining("terminal prompts disabled") as unknown,
      hint: expect.stringContaining("credential helper") as unknown,
    });
    writeFileSync(directory.join(".netrc"), "machine corp.test login ann password s3cret\n");
    expect(Buffer.from(await source(atForge(forge)).goMod(v1)).toString()).toContain("corp.test");
  });

  it("shows no credentials that git was given in a URL", async () => {
    const forge = await forgeWithLib("ann:s3cret");
    const environment = {
      ...atForge(forge).environment,
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: "url.http://ann:wr0ng@corp.test/.insteadOf",
      GIT_CONFIG_VALUE_0: "http://corp.test/",
    };
    const failure = source({ environment }).info(v1);
    await expect(failure).rejects.toEqual(rejection("UPSTREAM"));
    await expect(failure).rejects.not.toThrow("wr0ng");
    await expect(failure).rejects.not.toThrow(directory.path);
  });

  it("takes no heed of a module above the spool directory, nor of GOFLAGS", async () => {
    writeFileSync(directory.join("go.mod"), "module above\n\nbroken\n");
    const forge = await forgeWithLib();
    const environment = { ...atForge(forge).environment, GOFLAGS: "-modfile=/none/go.mod" };
    expect(Buffer.from(await source({ environment }).goMod(v1)).toString()).toContain("corp.test");
  });

  it("leaves nothing behind", async () => {
    const modules = source(atForge(await forgeWithLib()));
    await modules.info(v1);
    const zip = await modules.zip(v2);
    await modules.close();
    if (zip.kind === "file") rmSync(zip.path);
    expect(spooled()).toEqual([]);
    await expect(modules.info(v1)).rejects.toEqual(rejection("CANCELLED"));
  });

  it("removes clones when it lies idle, and makes them again", async () => {
    const modules = source({ ...atForge(await forgeWithLib()), idleTime: 1 });
    await modules.info(v1);
    await expect.poll(spooled, patience).toEqual([]);
    expect(Buffer.from(await modules.goMod(v1)).toString()).toContain("corp.test/lib");
  });
});

describe("GoCommandSource with a go command that misbehaves", () => {
  const children = (): string => directory.join("children");

  it("ends all that it started when the last asker is gone", async () => {
    const modules = source(
      program(`echo $$ >> ${children()}; sleep 300 & echo $! >> ${children()}; wait`),
    );
    const first = new AbortController();
    const second = new AbortController();
    const answers = [
      modules.info(v1, { signal: first.signal }),
      modules.zip(v1, { signal: second.signal }),
    ];
    const ends = Promise.allSettled(answers);
    await expect.poll(() => linesOf(children()), patience).toHaveLength(2);
    first.abort();
    await expect(answers[0]).rejects.toEqual(rejection("CANCELLED"));
    await sleep(50);
    expect(linesOf(children()).every(isRunning)).toBe(true);
    second.abort();
    await ends;
    await expect(answers[1]).rejects.toEqual(rejection("CANCELLED"));
    await expect.poll(() => linesOf(children()).some(isRunning), patience).toBe(false);
  });

  it("ends what runs when it is closed", async () => {
    const modules = source(program(`echo $$ >> ${children()}; exec sleep 300`));
    const ends = Promise.allSettled([modules.info(v1)]);
    await expect.poll(() => linesOf(children()), patience).toHaveLength(1);
    await modules.close();
    expect(linesOf(children()).some(isRunning)).toBe(false);
    expect((await ends)[0]).toMatchObject({ reason: { code: "CANCELLED" } });
    expect(spooled()).toEqual([]);
  });

  it("ends one that ignores being asked", async () => {
    const stubborn = source({
      ...program(`trap "" TERM; echo $$ >> ${children()}; while :; do sleep 0.1; done`),
      timeout: 500,
    });
    await expect(stubborn.info(v1)).rejects.toEqual(rejection("TIMEOUT", "500 ms"));
    expect(linesOf(children()).some(isRunning)).toBe(false);
  });

  it.each([
    ["prints without end", "exec cat /dev/zero", "TOO_LARGE", "more than"],
    ["prints nothing", "exit 3", "UPSTREAM", "ended with 3"],
    ["prints no JSON", "echo hello", "UPSTREAM", "go mod download"],
    ["says why", "echo go: no network >&2; exit 1", "UPSTREAM", "v1.0.0: no network"],
    ["brings no files", "echo {}", "UPSTREAM", "brought no such file"],
    ["cannot be run", "", "UPSTREAM", "cannot run"],
  ] as const)("fails with one that %s", async (_name, text, code, message) => {
    const misbehaving = program(text);
    if (text === "") rmSync(misbehaving.command);
    await expect(source(misbehaving).info(v1)).rejects.toEqual(rejection(code, message));
  });

  it("runs four at once", async () => {
    const modules = source(program(`echo $$ >> ${children()}; exec sleep 300`));
    const ids = Array.from({ length: 8 }, (_, index) =>
      parseModuleVersion("corp.test/lib", `v1.0.${index}`),
    );
    const ends = Promise.allSettled(ids.map(async (id) => await modules.info(id)));
    await expect.poll(() => linesOf(children()), patience).toHaveLength(4);
    await sleep(100);
    expect(linesOf(children())).toHaveLength(4);
    await modules.close();
    for (const end of await ends) expect(end).toMatchObject({ reason: { code: "CANCELLED" } });
  });
});

function linesOf(file: string): string[] {
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : [];
}

/** Not one that has ended and that nobody has asked how. */
function isRunning(pid: string): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !/\) [ZX] /.test(stat);
  } catch {
    return false;
  }
}
