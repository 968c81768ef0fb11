import { mkdirSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runProgram } from "../../../../test/support/program.ts";
import { rejection } from "../../../../test/support/rejection.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../../../test/support/temporary_directory.ts";
import { isGomodfsError } from "../../../lib/gomodfs_error.ts";
import { GitForge } from "../../testdata/git_forge.ts";
import { GitRepositories, type GitRepositoriesOptions } from "./git_repositories.ts";

let directory: TemporaryDirectory;
let forge: GitForge;

beforeEach(() => {
  directory = temporaryDirectory();
});

afterEach(async () => {
  await forge[Symbol.asyncDispose]();
  directory[Symbol.dispose]();
});

function open(options: Partial<GitRepositoriesOptions> = {}): GitRepositories {
  return new GitRepositories({
    directory: directory.join("clones"),
    environment: { PATH: process.env["PATH"], HOME: directory.path, ...forge.environment },
    ...options,
  });
}

describe("over http", () => {
  beforeEach(async () => {
    forge = await GitForge.start();
    await forge.commit("lib", "v1.0.0", { "go.mod": "module corp.test/lib\n" });
    await forge.commit("lib", "v1.1.0", { "lib.go": "package lib\n" });
  });

  it("asks for references once in a while, and for commits once", async () => {
    await using repositories = open();
    const host = repositories.open("http://corp.test/lib.git", { insecure: true });
    const questions = Array.from({ length: 20 }, async (_, index) => {
      const tag = index % 2 === 0 ? "v1.0.0" : "v1.1.0";
      await host.tags("v");
      await host.readFile(tag, "go.mod", 100);
      return (await host.stat(tag)).version;
    });
    expect(new Set(await Promise.all(questions))).toEqual(new Set(["v1.0.0", "v1.1.0"]));
    // Each git command begins with one such request; two fetches and one list.
    expect(forge.requestsMatching(/^GET .*info\/refs\?service=git-upload-pack/)).toBe(3);
  });

  it("keeps what it has for the next run, and for when the remote cannot be reached", async () => {
    {
      await using repositories = open();
      await repositories.open("http://corp.test/lib.git", { insecure: true }).stat("v1.0.0");
    }
    const unreachable = { HTTP_PROXY: "http://127.0.0.1:1/", http_proxy: "http://127.0.0.1:1/" };
    const environment = { PATH: process.env["PATH"], HOME: directory.path, ...unreachable };
    await using repositories = open({ environment });
    const host = repositories.open("http://corp.test/lib.git", { insecure: true });
    expect(await host.stat("v1.0.0")).toMatchObject({
      version: "v1.0.0",
      tags: ["v1.0.0"],
      origin: { Ref: "refs/tags/v1.0.0" },
    });
    expect(Buffer.from(await host.readFile("v1.0.0", "go.mod", 100)).toString()).toContain("lib");
    await expect(host.stat("v1.1.0")).rejects.toEqual(rejection("UPSTREAM"));
    await expect(host.latest()).rejects.toEqual(rejection("UPSTREAM"));
    expect(await host.isReachable()).toBe(false);
  });

  it("needs no server that gives out what it does not advertise", async () => {
    await forge.git("lib", ["config", "uploadpack.allowAnySHA1InWant", "false"]);
    await forge.git("lib", ["config", "uploadpack.allowReachableSHA1InWant", "false"]);
    await forge.git("lib", ["config", "uploadpack.allowTipSHA1InWant", "false"]);
    const first = (await forge.git("lib", ["rev-parse", "v1.0.0"])).trim();
    await forge.git("lib", ["tag", "--delete", "v1.0.0"]);
    await using repositories = open();
    const host = repositories.open("http://corp.test/lib.git", { insecure: true });
    expect((await host.stat(first)).name).toBe(first);
    expect((await host.stat(first.slice(0, 12))).name).toBe(first);
    expect((await host.latest()).tags).toEqual(["v1.1.0"]);
  });

  it("fetches from a repository with SHA-256", async () => {
    const work = forge.workTree("new");
    mkdirSync(work, { recursive: true });
    const flags = ["--object-format=sha256", "--separate-git-dir", forge.repository("new")];
    await forge.git("new", ["init", "--quiet", ...flags]);
    await forge.commit("new", "v1.0.0", { "go.mod": "module corp.test/new\n" });
    await using repositories = open();
    const host = repositories.open("http://corp.test/new.git", { insecure: true });
    const { name } = await host.stat("v1.0.0");
    expect(name).toHaveLength(64);
    expect((await host.latest()).name).toBe(name);
    expect(await host.readFile(name, "go.mod", 100)).toHaveLength(21);
  });

  it("tells missing repositories from forbidden ones and protocols", async () => {
    await using repositories = open();
    const missing = repositories.open("http://corp.test/missing.git", { insecure: true });
    await expect(missing.tags("v")).rejects.toEqual(rejection("NOT_FOUND", "git ls-remote"));
    expect(await missing.isReachable()).toBe(false);
    expect(() => repositories.open("http://corp.test/lib.git")).toThrow("http is not allowed");
  });

  it("does not follow the user's own configuration to a protocol that is not allowed", async () => {
    const environment = {
      PATH: process.env["PATH"],
      HOME: directory.path,
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: `url.file://${forge.repository("lib")}.insteadOf`,
      GIT_CONFIG_VALUE_0: "https://elsewhere.test/lib",
    };
    await using strict = open({ environment });
    const url = "https://elsewhere.test/lib";
    await expect(strict.open(url).tags("v")).rejects.toEqual(rejection("FORBIDDEN", "'file'"));
    const allowed = { ...environment, GIT_ALLOW_PROTOCOL: "https:file" };
    await using permissive = open({ environment: allowed });
    expect((await permissive.open(url).tags("v")).tags).toHaveLength(2);
  });
});

describe("with a login", () => {
  beforeEach(async () => {
    forge = await GitForge.start({ login: "user:s3cret" });
    await forge.commit("lib", "v1.0.0", { "go.mod": "module corp.test/lib\n" });
  });

  it("asks nobody, and says what to do", async () => {
    await using repositories = open();
    const host = repositories.open("http://corp.test/lib.git", { insecure: true });
    await expect(host.stat("v1.0.0")).rejects.toSatisfy((error) => {
      return isGomodfsError(error, "UPSTREAM") && /credential helper/.test(error.hint ?? "");
    });
  });

  it("asks whether a page is there before it believes that a login is missing", async () => {
    const asked: string[] = [];
    await using repositories = open({
      isAbsentPage: (url) => {
        asked.push(url.href);
        return Promise.resolve(true);
      },
    });
    const host = repositories.open("http://corp.test/lib.git", { insecure: true });
    await expect(host.stat("v1.0.0")).rejects.toEqual(rejection("NOT_FOUND"));
    expect(asked).toEqual(["http://corp.test/lib.git"]);
  });

  it("takes credentials of the URL, and shows them nowhere", async () => {
    await using repositories = open();
    const url = "http://user:s3cret@corp.test/lib.git";
    const host = repositories.open(url, { insecure: true });
    const revision = await host.stat("v1.0.0");
    expect(JSON.stringify([revision, await host.tags("v"), host.name])).not.toContain("s3cret");
    const wrong = repositories.open(url.replace("s3cret", "wr0ng"), { insecure: true });
    await expect(wrong.stat("v1.0.0")).rejects.toSatisfy(
      (error) => !String(error).includes("wr0ng"),
    );
    const found = await runProgram(["grep", "-rlE", "s3cret|wr0ng", directory.path]);
    expect(found.stdout).toBe("");
  });
});
