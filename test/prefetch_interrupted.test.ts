import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { GOMODFS } from "./support/gomodfs_mount.ts";
import { copyProject, prefetchSuccessfully, temporaryFiles } from "./support/prefetch.ts";
import type { Environment } from "./support/program.ts";
import { Sandbox } from "./support/sandbox.ts";

const KILLS = 50;
/** More would only wait for each other on a machine of two cores. */
const AT_A_TIME = 4;

/** A prefetch that is not waited for. */
class RunningPrefetch {
  readonly end: Promise<number | NodeJS.Signals>;
  readonly #child;
  /** What it said on both streams. */
  said = "";

  constructor(sandbox: Sandbox, directory: string, variables: Environment) {
    this.#child = spawn(GOMODFS, ["prefetch"], {
      cwd: directory,
      env: { ...sandbox.environment, ...variables },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.said += text;
      });
    }
    this.end = once(this.#child, "close").then(
      ([code, signal]: (number | NodeJS.Signals | null)[]) => code ?? signal ?? "SIGKILL",
    );
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}

it(`${KILLS} prefetches that are killed leave what the go command repairs by itself`, async () => {
  await using sandbox = await Sandbox.create();
  const variables = { GONOSUMDB: "example.com", GOFLAGS: "-mod=readonly" };
  const directory = await makeProject(sandbox, variables);
  sandbox.proxy.addFault({ pattern: /\.zip$/, bytesPerSecond: 4_000_000 });
  const begin = performance.now();
  const peace = new RunningPrefetch(sandbox, directory, {
    ...variables,
    GOMODCACHE: sandbox.path("peace"),
  });
  expect(await peace.end).toBe(0);
  const duration = performance.now() - begin;

  const killed: number[] = [];
  const runs = Array.from({ length: KILLS }, (_, run) => run).values();
  const lane = async (): Promise<void> => {
    for (const run of runs) {
      const environment = { ...variables, GOMODCACHE: sandbox.path(`mod${run}`) };
      const running = new RunningPrefetch(sandbox, directory, environment);
      // At random, and beyond the time that it takes alone: four at a time take longer.
      const delay = sleep(Math.random() * 2 * duration, undefined, { ref: false });
      await Promise.race([delay, running.end]);
      running.kill("SIGKILL");
      if ((await running.end) === "SIGKILL") killed.push(run);
      await expectRepairable(sandbox, directory, environment);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, lane));
  // Late kills may meet one that is done; most must meet one at work.
  expect(killed.length).toBeGreaterThan(KILLS / 3);
}, 120_000);

it.each([
  { signal: "SIGINT", code: 130 },
  { signal: "SIGTERM", code: 143 },
] as const)(
  "$signal ends it at once with exit code $code, and leaves nothing behind",
  async ({ signal, code }) => {
    await using sandbox = await Sandbox.create();
    const directory = copyProject(sandbox);
    const restore = sandbox.proxy.addFault({ pattern: /x\/text.*\.zip$/, bytesPerSecond: 100_000 });
    const running = new RunningPrefetch(sandbox, directory, {});
    const deadline = Date.now() + 20_000;
    while (sandbox.proxy.requestsMatching(/x\/text.*\.zip$/) === 0) {
      expect(Date.now()).toBeLessThan(deadline);
      await sleep(5);
    }
    await sleep(200);
    const begin = performance.now();
    running.kill(signal);
    expect(await running.end).toBe(code);
    // The download would have taken a minute and a half.
    expect(performance.now() - begin).toBeLessThan(5_000);
    expect(running.said).toBe("");
    expect(await temporaryFiles(sandbox.modcache)).toEqual([]);
    expect(await readdir(join(sandbox.store, "spool"))).toEqual([]);
    restore();
    await prefetchSuccessfully(sandbox, directory);
    await expectRepairable(sandbox, directory, { GOFLAGS: "-mod=readonly" });
  },
);

it("two prefetches and go commands that fill one GOMODCACHE at a time agree", async () => {
  await using sandbox = await Sandbox.create();
  const directory = copyProject(sandbox);
  const environment = { GOFLAGS: "-mod=readonly" };
  await Promise.all([
    prefetchSuccessfully(sandbox, directory),
    prefetchSuccessfully(sandbox, directory),
    sandbox.go(["mod", "download"], { directory, environment }),
    sandbox.go(["build", "-trimpath", "./..."], { directory, environment }),
  ]);
  await expectRepairable(sandbox, directory, environment);
  expect(await temporaryFiles(sandbox.modcache)).toEqual([]);
});

/** What is there is as it must be, and a build makes up for what is not. */
async function expectRepairable(
  sandbox: Sandbox,
  directory: string,
  environment: Environment,
): Promise<void> {
  const verify = async (): Promise<string> =>
    await sandbox.go(["mod", "verify"], { directory, environment });
  expect(await verify()).toBe("all modules verified\n");
  await sandbox.go(["build", "-trimpath", "./..."], { directory, environment });
  expect(await verify()).toBe("all modules verified\n");
}

const MODULES = ["a", "b", "c", "d", "e", "f"].map((name) => `example.com/${name}`);
const FILES = 150;

/** A program with a few modules of many files, which are quick to build and to verify. */
async function makeProject(sandbox: Sandbox, environment: Environment): Promise<string> {
  const directory = sandbox.makeDirectory("project");
  for (const path of MODULES) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    const files: Record<string, string> = { [`${name}.go`]: `package ${name}\n` };
    for (let file = 0; file < FILES; file++) {
      files[`data/${file}.txt`] = `${path} ${file}\n`.repeat(file);
    }
    sandbox.proxy.addModule(path, "v1.0.0", files);
  }
  const requirements = MODULES.map((path) => `require ${path} v1.0.0\n`).join("");
  const imports = MODULES.map((path) => `import _ "${path}"\n`).join("");
  await writeFile(join(directory, "go.mod"), `module example.com/m\n\ngo 1.21\n\n${requirements}`);
  await writeFile(join(directory, "main.go"), `package main\n\n${imports}\nfunc main() {}\n`);
  const tidying = { ...environment, GOFLAGS: "", GOMODCACHE: sandbox.path("tidying") };
  await sandbox.go(["mod", "tidy"], { directory, environment: tidying });
  return directory;
}
