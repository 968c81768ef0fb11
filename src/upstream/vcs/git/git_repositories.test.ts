import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { rejection } from "../../../../test/support/rejection.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../../../test/support/temporary_directory.ts";
import { GitRepositories, type GitRepositoriesOptions } from "./git_repositories.ts";
import { RepositoryLock } from "./repository_lock.ts";
import { SampleRepository } from "./testdata/sample_repository.ts";

let directory: TemporaryDirectory;
let remote: SampleRepository;

beforeEach(async () => {
  directory = temporaryDirectory();
  remote = await SampleRepository.create(directory.join("remote"));
  await remote.commit({ "go.mod": "module corp.test/lib\n" });
  await remote.git("tag", "v1.0.0");
  await remote.commit({ "lib.go": "package lib\n" });
  await remote.git("tag", "v1.1.0");
});

afterEach(() => {
  directory[Symbol.dispose]();
});

function open(options: Partial<GitRepositoriesOptions> = {}): GitRepositories {
  return new GitRepositories({
    directory: directory.join("clones"),
    environment: { PATH: process.env["PATH"], HOME: directory.path, GIT_CONFIG_NOSYSTEM: "1" },
    allowFiles: true,
    ...options,
  });
}

function clones(): string[] {
  return readdirSync(directory.join("clones")).filter((name) => !name.endsWith(".lock"));
}

/** The path of something in the only clone. */
function inClone(name: string): string {
  const [clone = ""] = clones();
  return directory.join("clones", clone, name);
}

/** A git that says when it runs a command, waits, and when it is ended leaves what only a killed one leaves. */
function slowGit(command: string, seconds: number): string {
  const bin = directory.join("bin");
  mkdirSync(bin);
  const script = `#!/bin/sh
PATH=\${PATH#*:}
case "$1" in ${command}) : > shallow.lock; : > objects/pack/tmp_pack_x; echo "$$" >> "${directory.join("runs")}"; sleep ${seconds};; esac
exec git "$@"
`;
  writeFileSync(`${bin}/git`, script);
  chmodSync(`${bin}/git`, 0o755);
  return `${bin}:${process.env["PATH"]}`;
}

describe("a clone", () => {
  it("is shared by processes", async () => {
    await using first = open();
    await using second = open();
    const questions = [first, second, first, second].map(async (repositories) => {
      const host = repositories.open(remote.url);
      return (await host.stat("v1.0.0")).version + (await host.stat("v1.1.0")).version;
    });
    expect(await Promise.all(questions)).toEqual(Array(4).fill("v1.0.0v1.1.0"));
    expect(clones()).toHaveLength(1);
  });

  it.each<[string, () => void]>([
    ["no HEAD", () => rmSync(inClone("HEAD"))],
    ["no objects", () => rmSync(inClone("objects"), { recursive: true })],
    [
      "an empty directory",
      () => {
        const path = inClone("");
        rmSync(path, { recursive: true });
        mkdirSync(path);
      },
    ],
    ["no attributes", () => rmSync(inClone("info"), { recursive: true })],
    [
      "a file in its place",
      () => {
        const path = inClone("");
        rmSync(path, { recursive: true });
        writeFileSync(path.replace(/\/$/, ""), "");
      },
    ],
    ["half a configuration", () => writeFileSync(inClone("config"), "[core\nbare")],
    [
      "half packs",
      () => {
        for (const name of readdirSync(inClone("objects/pack"))) {
          const pack = inClone(`objects/pack/${name}`);
          chmodSync(pack, 0o600);
          truncateSync(pack, 20);
        }
      },
    ],
    [
      "the lock of a git that was killed",
      () => {
        writeFileSync(inClone("shallow.lock"), "");
      },
    ],
  ])("with %s is made anew", async (_, damage) => {
    await using repositories = open();
    const host = repositories.open(remote.url);
    await host.stat("v1.0.0");
    damage();
    expect((await host.stat("v1.1.0")).version).toBe("v1.1.0");
    expect(await host.readFile("v1.0.0", "go.mod", 100)).toHaveLength(21);
    expect(clones()).toHaveLength(1);
  });

  it("survives a process that is killed while it fetches", async () => {
    const PATH = slowGit("fetch", 60);
    const script = `
      import { GitRepositories } from ${JSON.stringify(new URL("./git_repositories.ts", import.meta.url).href)};
      const repositories = new GitRepositories({
        directory: ${JSON.stringify(directory.join("clones"))},
        environment: ${JSON.stringify({ PATH, HOME: directory.path })},
        allowFiles: true,
      });
      setInterval(() => {}, 1000);
      await repositories.open(${JSON.stringify(remote.url)}).stat("v1.0.0");`;
    const child = spawn(process.execPath, ["--input-type=module-typescript", "--eval", script]);
    const pid = await runningGit();
    child.kill("SIGKILL");
    await once(child, "exit");
    try {
      await using repositories = open();
      expect((await repositories.open(remote.url).stat("v1.0.0")).version).toBe("v1.0.0");
    } finally {
      process.kill(-pid, "SIGKILL");
    }
  });

  it("has its packs put together when there are many", async () => {
    const tags = Array.from({ length: 51 }, (_, index) => `v1.2.${index}`);
    for (const tag of tags) {
      await remote.commit({ tag });
      await remote.git("tag", tag);
    }
    await using repositories = open({ freshness: 600_000 });
    const host = repositories.open(remote.url);
    for (const tag of tags) await host.stat(tag);
    const packs = readdirSync(inClone("objects/pack")).filter((name) => name.endsWith(".pack"));
    expect(packs.length).toBeLessThan(50);
    for (const tag of tags) {
      expect(Buffer.from(await host.readFile(tag, "tag", 100)).toString()).toBe(tag);
    }
  });

  it("does not take in more bytes than it may", async () => {
    const noise = Buffer.from(Array.from({ length: 300_000 }, () => Math.random() * 256));
    await remote.commit({ noise });
    await remote.git("tag", "v2.0.0");
    await using repositories = open({ maxRepositoryBytes: 200_000 });
    const host = repositories.open(remote.url);
    await expect(host.stat("v2.0.0")).rejects.toEqual(
      rejection("TOO_LARGE", `the clone of ${remote.url} is larger than 200000 bytes`),
    );
  });

  it("keeps no lock and no half pack when a command takes too long", async () => {
    await using repositories = open();
    await repositories.open(remote.url).stat("v1.1.0");
    const { ino } = statSync(inClone(""));
    await using slow = open({
      environment: { PATH: slowGit("fetch", 60), HOME: directory.path },
      timeout: 1_000,
    });
    await expect(slow.open(remote.url).stat("v1.0.0")).rejects.toEqual(
      rejection("TIMEOUT", "git fetch of file:"),
    );
    expect(existsSync(inClone("shallow.lock"))).toBe(false);
    expect(readdirSync(inClone("objects/pack"))).not.toContain("tmp_pack_x");
    expect((await repositories.open(remote.url).stat("v1.0.0")).version).toBe("v1.0.0");
    expect(statSync(inClone("")).ino).toBe(ino);
  });

  it("ends what nobody wants any longer", async () => {
    const environment = { PATH: slowGit("fetch", 60), HOME: directory.path };
    await using repositories = open({ environment });
    const host = repositories.open(remote.url);
    const controller = new AbortController();
    const answer = host.stat("v1.0.0", { signal: controller.signal });
    const pid = await runningGit();
    controller.abort();
    await expect(answer).rejects.toEqual(rejection("CANCELLED"));
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
    const other = host.stat("v1.0.0");
    await runningGit(2);
    await repositories.close();
    await expect(other).rejects.toEqual(rejection("CANCELLED"));
  });
});

/** The process id of the last git that waits, when there have been so many. */
async function runningGit(count = 1): Promise<number> {
  const pids = (): string[] => {
    const runs = directory.join("runs");
    return existsSync(runs) ? readFileSync(runs, "utf8").split("\n").filter(Boolean) : [];
  };
  await expect.poll(() => pids().length, { timeout: 30_000 }).toBeGreaterThanOrEqual(count);
  return Number(pids().at(-1));
}

describe("trim()", () => {
  async function makeRemotes(count: number): Promise<SampleRepository[]> {
    const remotes: SampleRepository[] = [];
    for (let index = 0; index < count; index++) {
      const other = await SampleRepository.create(directory.join(`remote${index}`));
      await other.commit({ a: String(index) });
      remotes.push(other);
    }
    return remotes;
  }

  it("removes the clones that were not used for longest", async () => {
    await using repositories = open({ maxRepositories: 2 });
    const remotes = await makeRemotes(3);
    for (const other of remotes) await repositories.open(other.url).latest();
    const [first, second] = remotes.map(({ url }) => repositories.open(url));
    await first?.latest();
    expect(clones()).toHaveLength(3);
    await repositories.trim();
    const left = clones();
    expect(left).toHaveLength(2);
    expect(readdirSync(directory.join("clones"))).toHaveLength(4); // and their locks
    await first?.latest();
    expect(clones()).toEqual(left);
    // What was removed comes again.
    await second?.latest();
    expect(clones()).toHaveLength(3);
  });

  it("heeds bytes, and lets go nothing that is in use", async () => {
    await using repositories = open({ maxBytes: 1 });
    await repositories.open(remote.url).latest();
    const [clone = ""] = clones();
    const lock = directory.join("clones", `${clone}.lock`);
    {
      await using _ = await RepositoryLock.acquire(lock, "use", { timeout: 1000 });
      await repositories.trim();
      expect(clones()).toEqual([clone]);
    }
    await repositories.trim();
    expect(readdirSync(directory.join("clones"))).toEqual([]);
  });

  it("goes by itself when something has been fetched", async () => {
    await using repositories = open({ maxRepositories: 0 });
    await repositories.open(remote.url).latest();
    await expect.poll(clones, { timeout: 20_000 }).toEqual([]);
  });
});

describe("Git", () => {
  it("says what to do without git, or with one that is too old", async () => {
    const bin = directory.join("bin");
    mkdirSync(bin);
    const environment = { PATH: bin, HOME: directory.path };
    await using repositories = open({ environment, freshness: 0 });
    const host = repositories.open(remote.url);
    await expect(host.tags("v")).rejects.toEqual(rejection("UNSUPPORTED", "git cannot be run"));
    writeFileSync(`${bin}/git`, "#!/bin/sh\necho git version 2.30.1\n", { mode: 0o755 });
    await expect(host.tags("v")).rejects.toEqual(rejection("UNSUPPORTED", "git 2.30 is too old"));
  });

  it("runs no hook, not even those that the user has everywhere", async () => {
    const mark = directory.join("mark");
    const hooks = directory.join("hooks");
    mkdirSync(hooks);
    for (const name of ["reference-transaction", "post-checkout", "pre-auto-gc"]) {
      writeFileSync(`${hooks}/${name}`, `#!/bin/sh\ntouch ${mark}\n`, { mode: 0o755 });
    }
    writeFileSync(directory.join(".gitconfig"), `[core]\nhooksPath = ${hooks}\n`);
    await using repositories = open();
    await repositories.open(remote.url).stat("v1.0.0");
    expect(readdirSync(directory.path)).not.toContain("mark");
  });
});
