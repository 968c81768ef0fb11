import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { runSuccessfully } from "../../../../test/support/program.ts";
import { rejection } from "../../../../test/support/rejection.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../../../test/support/temporary_directory.ts";
import { readZipEntries } from "../../../module/zip/central_directory.ts";
import { BytesReader } from "../../../module/zip/random_access.ts";
import { decodeArchiveName } from "../../../module/zip/zip_name.ts";
import { GitRepositories } from "./git_repositories.ts";
import type { GitRepository } from "./git_repository.ts";
import { makeGoSampleRepository, SampleRepository } from "./testdata/sample_repository.ts";

const master = "ede458df7cd0fdca520df19a33158086a8a68e81";
const v2 = "9d02800338b8a55be062c838d1f02e0c5780b9eb";
const v234 = "76a00fb249b7f93091bc2c89a789dab1fc1bc26f";
const intermediate = "97f6aa59c81c623494825b43d39e445566e429a4";
const v3 = "a8205f853c297ad2c3c502ba9a355b35b7dd3ca5";

let samples: TemporaryDirectory;
let sample: SampleRepository;
let directory: TemporaryDirectory;
let repositories: GitRepositories;
let repository: GitRepository;

beforeAll(async () => {
  samples = temporaryDirectory();
  sample = await makeGoSampleRepository(samples.join("gitrepo1"));
});

afterAll(() => {
  samples[Symbol.dispose]();
});

beforeEach(() => {
  directory = temporaryDirectory();
  repositories = new GitRepositories({
    directory: directory.join("clones"),
    environment: { PATH: process.env["PATH"], HOME: directory.path, GIT_CONFIG_NOSYSTEM: "1" },
    allowFiles: true,
    freshness: 0,
  });
  repository = repositories.open(sample.url);
});

afterEach(async () => {
  await repositories.close();
  directory[Symbol.dispose]();
});

/** Names of the entries of a zip, with the sizes of their contents. */
function listZip(zip: string): Record<string, number> {
  const entries = readZipEntries(new BytesReader(readFileSync(zip)), decodeArchiveName);
  return Object.fromEntries(entries.map(({ name, size }) => [name, size]));
}

async function readZip(revision: string, subdirectory = ""): Promise<Record<string, number>> {
  const target = directory.join("archive.zip");
  await repository.readZip(revision, subdirectory, target, 100_000);
  return listZip(target);
}

describe("tags()", () => {
  // cmd/go/internal/modfetch/codehost/git_test.go, TestTags
  it("gives tags by their prefix, sorted, annotated ones as what they point to", async () => {
    const { tags } = await repository.tags("");
    expect(tags).toEqual([
      { name: "v1.2.3", hash: master },
      { name: "v1.2.4-annotated", hash: master },
      { name: "v2.0.1", hash: v234 },
      { name: "v2.0.2", hash: v2 },
      { name: "v2.3", hash: v234 },
    ]);
    expect((await repository.tags("v1")).tags).toHaveLength(2);
    expect((await repository.tags("2")).tags).toEqual([]);
  });

  it("says where they come from, with a checksum that changes with them", async () => {
    const { origin } = await repository.tags("v1");
    expect(origin).toMatchObject({ VCS: "git", URL: sample.url, TagPrefix: "v1" });
    expect(origin.TagSum).toMatch(/^t1:.{44}$/);
    expect((await repository.tags("v2")).origin.TagSum).not.toBe(origin.TagSum);
  });
});

describe("stat()", () => {
  // cmd/go/internal/modfetch/codehost/git_test.go, TestStat
  it.each([
    ["HEAD", master, master, undefined],
    ["v1.2.3", master, "v1.2.3", "refs/tags/v1.2.3"],
    ["v1.2.4-annotated", master, "v1.2.4-annotated", "refs/tags/v1.2.4-annotated"],
    ["v2", v2, v2, "refs/heads/v2"],
    ["v2.0.1", v234, "v2.0.1", "refs/tags/v2.0.1"],
    ["v2.3.4", v234, v234, "refs/heads/v2.3.4"],
    ["v3", v3, v3, "refs/heads/v3"],
    [v3, v3, v3, "refs/heads/v3"],
    ["a8205f8", v3, v3, "refs/heads/v3"],
    [intermediate, intermediate, intermediate, undefined],
    ["97f6aa59c8", intermediate, intermediate, undefined],
  ])("resolves %s", async (revision, name, version, ref) => {
    const found = await repository.stat(revision);
    expect(found).toMatchObject({ name, short: name.slice(0, 12), version });
    expect(found.origin).toEqual({
      VCS: "git",
      URL: sample.url,
      Hash: name,
      ...(ref !== undefined && { Ref: ref }),
    });
    // The same once more, now from the clone.
    expect(await repository.stat(revision)).toEqual(found);
  });

  it("gives the time and the tags of a commit", async () => {
    const { time, tags } = await repository.stat("v2.3.4");
    expect(time.toISOString()).toBe("2018-04-17T19:45:48.000Z");
    expect(tags).toEqual(["v2.0.1", "v2.3"]);
  });

  it.each(["aaaaaaaaab", "v9.9.9", "0".repeat(40), "ede458", "f".repeat(41)])(
    "does not know %s",
    async (revision) => {
      await expect(repository.stat(revision)).rejects.toEqual(
        rejection("NOT_FOUND", `unknown revision ${revision}`),
      );
    },
  );

  it.each([
    "--upload-pack=touch pwned",
    "-x",
    "HEAD~1",
    "a..b",
    "v1:README",
    "HEAD@{0}",
    "@",
    "a b",
    "",
  ])("does not hand %j to git", async (revision) => {
    await expect(repository.stat(revision)).rejects.toEqual(rejection("NOT_FOUND"));
  });

  it("takes a tag before a branch of the same name, and branches with slashes", async () => {
    const other = await SampleRepository.create(directory.join("other"));
    const first = await other.commit({ a: "1" });
    await other.git("tag", "same");
    const second = await other.commit({ a: "2" });
    await other.git("branch", "same");
    await other.git("branch", "feature/with/slashes");
    repository = repositories.open(other.url);
    expect((await repository.stat("same")).name).toBe(first);
    expect((await repository.stat("feature/with/slashes")).name).toBe(second);
  });

  it("takes the beginning of a hash for that, not for a branch that is called so", async () => {
    const other = await SampleRepository.create(directory.join("other"));
    const first = await other.commit({ a: "1" });
    await other.commit({ a: "2" });
    await other.git("branch", "deadbeef");
    repository = repositories.open(other.url);
    await repository.stat("deadbeef");
    expect((await repository.stat(first.slice(0, 8))).name).toBe(first);
  });

  it("follows a branch and a tag that have moved", async () => {
    const other = await SampleRepository.create(directory.join("other"));
    await other.commit({ a: "1" });
    await other.git("tag", "v1.0.0");
    repository = repositories.open(other.url);
    await repository.stat("master");
    await repository.stat("v1.0.0");
    const moved = await other.commit({ a: "2" });
    await other.git("tag", "-f", "v1.0.0");
    expect((await repository.stat("master")).name).toBe(moved);
    expect((await repository.stat("v1.0.0")).name).toBe(moved);
  });

  it("finds commits of a repository with SHA-256", async () => {
    const other = await SampleRepository.create(directory.join("other"), "sha256");
    const first = await other.commit({ a: "1" });
    await other.git("tag", "-a", "v1.0.0", "-m", "t");
    const second = await other.commit({ a: "2" });
    repository = repositories.open(other.url);
    expect(first).toHaveLength(64);
    expect(await repository.stat("v1.0.0")).toMatchObject({
      name: first,
      short: first.slice(0, 12),
    });
    expect((await repository.stat(second.slice(0, 12))).name).toBe(second);
    expect(Buffer.from(await repository.readFile("v1.0.0", "a", 10)).toString()).toBe("1");
    expect(await repository.recentTag(second, "", () => true)).toBe("v1.0.0");
  });
});

describe("latest()", () => {
  it("is the head of the default branch", async () => {
    expect(await repository.latest()).toMatchObject({
      name: master,
      origin: { Ref: "HEAD", Hash: master },
      tags: ["v1.2.3", "v1.2.4-annotated"],
    });
  });

  it("says that there is none in an empty repository", async () => {
    const empty = await SampleRepository.create(directory.join("empty"));
    await expect(repositories.open(empty.url).latest()).rejects.toEqual(
      rejection("NOT_FOUND", "has no commits"),
    );
    expect((await repositories.open(empty.url).tags("v")).tags).toEqual([]);
  });
});

describe("readFile()", () => {
  it("gives a file", async () => {
    const read = async (revision: string, file: string): Promise<string> =>
      Buffer.from(await repository.readFile(revision, file, 100)).toString();
    expect(await read("latest", "README")).toBe("");
    expect(await read("v2", "another.txt")).toBe("another\n");
    expect(await read("v3", "v3/sub/dir/file.txt")).toBe("v3/sub/dir/file\n");
  });

  it("says what does not exist, or is no file", async () => {
    for (const file of ["another.txt", "no/such/file"]) {
      await expect(repository.readFile("v2.3.4", file, 100)).rejects.toEqual(
        rejection("NOT_FOUND", `${file} of ${sample.url} at v2.3.4 does not exist`),
      );
    }
    await expect(repository.readFile("v3", "v3/sub", 100)).rejects.toEqual(rejection("NOT_FOUND"));
  });

  it("reads as much as is allowed and no more", async () => {
    expect(await repository.readFile("v2", "another.txt", 8)).toHaveLength(8);
    await expect(repository.readFile("v2", "another.txt", 7)).rejects.toEqual(
      rejection("TOO_LARGE", "another.txt of"),
    );
  });

  it.each(["../README", "/README", "./README", "a//b", "", "a\nb", "a\0b"])(
    "refuses the path %j",
    async (file) => {
      await expect(repository.readFile("v2", file, 100)).rejects.toEqual(rejection("INVALID"));
    },
  );
});

describe("recentTag()", () => {
  it("is the highest allowed tag that is merged", async () => {
    const find = async (revision: string, prefix = "", allowed = (tag: string) => tag !== "") =>
      await repository.recentTag(revision, prefix, allowed);
    expect(await find("v2")).toBe("v2.3");
    expect(await find("v2", "", (tag) => tag !== "v2.3")).toBe("v2.0.2");
    expect(await find("v3")).toBe("v1.2.4-annotated");
    expect(await find(intermediate, "", (tag) => tag !== "v2.3")).toBe("v2.0.1");
    expect(await find("v2", "", (tag) => tag.startsWith("v1"))).toBe("v1.2.4-annotated");
    expect(await find("v2", "sub/")).toBe(undefined);
    await expect(find("aaaaaaaaab")).rejects.toEqual(rejection("NOT_FOUND"));
  });

  it("sees tags that are made after the history was fetched", async () => {
    const other = await SampleRepository.create(directory.join("other"));
    const first = await other.commit({ a: "1" });
    await other.git("tag", "sub/v1.0.0");
    await other.commit({ a: "2" });
    const third = await other.commit({ a: "3" });
    repository = repositories.open(other.url);
    expect(await repository.recentTag("master", "sub/", () => true)).toBe("sub/v1.0.0");
    await other.git("tag", "sub/v1.1.0", first);
    expect(await repository.recentTag(third, "sub/", () => true)).toBe("sub/v1.1.0");
    await other.git("tag", "-d", "sub/v1.1.0");
    expect(await repository.recentTag(third, "sub/", () => true)).toBe("sub/v1.0.0");
  });
});

describe("descendsFrom()", () => {
  it("knows what comes after a tag, also from shallow fetches", async () => {
    expect(await repository.descendsFrom("v1.2.3", "v1.2.3")).toBe(true);
    expect(await repository.descendsFrom("v2", "v1.2.4-annotated")).toBe(true);
    expect(await repository.descendsFrom("v2", "v2.0.1")).toBe(true);
    expect(await repository.descendsFrom("v3", "v2.0.1")).toBe(false);
    expect(await repository.descendsFrom("v3", "v9")).toBe(false);
    await expect(repository.descendsFrom("aaaaaaaaab", "v1.2.3")).rejects.toEqual(
      rejection("NOT_FOUND"),
    );
  });
});

describe("readZip()", () => {
  // cmd/go/internal/modfetch/codehost/git_test.go, TestReadZip
  it("has all files, or those of a directory", async () => {
    expect(await readZip("v2.3.4")).toEqual({ "prefix/": 0, "prefix/README": 0, "prefix/v2": 3 });
  });

  it("names the files of a directory from the root", async () => {
    expect(await readZip("v3", "v3/sub")).toEqual({
      "prefix/": 0,
      "prefix/v3/": 0,
      "prefix/v3/sub/": 0,
      "prefix/v3/sub/dir/": 0,
      "prefix/v3/sub/dir/file.txt": 16,
    });
  });

  it("leaves nothing where there is no such directory", async () => {
    for (const absent of ["nope", "v3/sub/*", ":(glob)**"]) {
      await expect(readZip("v3", absent)).rejects.toEqual(
        rejection("NOT_FOUND", `${absent} of ${sample.url} at v3 does not exist`),
      );
      expect(() => readFileSync(directory.join("archive.zip"))).toThrow("ENOENT");
    }
    await expect(readZip("v3", "--output=x")).rejects.toEqual(rejection("NOT_FOUND"));
    await expect(readZip("v3", "../x")).rejects.toEqual(rejection("INVALID"));
  });

  it("ignores export-subst and export-ignore, and keeps line endings", async () => {
    const other = await SampleRepository.create(directory.join("other"));
    await other.git("config", "core.autocrlf", "false");
    await other.commit({
      ".gitattributes": "subst.txt export-subst\nignored.txt export-ignore\n*.crlf text=auto\n",
      "subst.txt": "$Format:%H$\n",
      "ignored.txt": "here\n",
      "unix.txt": "a\nb\n",
      "windows.txt": "a\r\nb\r\n",
    });
    repository = repositories.open(other.url);
    expect(await readZip("master")).toMatchObject({
      "prefix/subst.txt": 12,
      "prefix/ignored.txt": 5,
      "prefix/unix.txt": 4,
      "prefix/windows.txt": 6,
    });
  });

  it("writes as many bytes as are allowed and no more", async () => {
    const target = directory.join("archive.zip");
    await expect(repository.readZip("v2", "", target, 100)).rejects.toEqual(
      rejection("TOO_LARGE", "the zip of"),
    );
    expect(() => readFileSync(target)).toThrow("ENOENT");
  });

  it("never writes over a file", async () => {
    await readZip("v2");
    await expect(readZip("v2")).rejects.toEqual(rejection("STORE", "cannot write"));
    expect(readFileSync(directory.join("archive.zip")).length).toBeGreaterThan(100);
  });
});

describe("what is fetched", () => {
  async function commits(): Promise<number> {
    const listing = await runSuccessfully(
      ["sh", "-c", "cd */ && GIT_DIR=. git rev-list --all --count"],
      { directory: directory.join("clones") },
    );
    return Number(listing);
  }

  it("is one commit where that is enough", async () => {
    await repository.stat("v2.0.2");
    await repository.readFile("v2.0.2", "README", 10);
    await readZip("v2.0.2");
    expect(await commits()).toBe(1);
    await repository.latest();
    expect(await commits()).toBe(2);
  });

  it("is no history for a directory that nobody has, or a revision that cannot be one", async () => {
    await expect(repository.readFile("latest", "nonexistent/go.mod", 10)).rejects.toEqual(
      rejection("NOT_FOUND"),
    );
    await expect(repository.stat("nonexistent/v1.0.0")).rejects.toEqual(rejection("NOT_FOUND"));
    expect((await repository.tags("nonexistent/")).tags).toEqual([]);
    expect(await repository.recentTag("latest", "nonexistent/", () => true)).toBe(undefined);
    expect(await commits()).toBe(1);
  });

  it("is all history where it is needed, and stays so", async () => {
    await repository.stat("v2");
    await repository.stat(intermediate);
    expect(await commits()).toBe(5);
    await sample.git("checkout", "-q", "--detach", v3);
    const next = await sample.commit({ next: "" });
    await sample.git("branch", "next");
    await sample.git("checkout", "-q", "master");
    try {
      expect((await repository.stat("next")).name).toBe(next);
      expect(await repository.descendsFrom("next", "v1.2.3")).toBe(true);
      expect(await commits()).toBe(6);
    } finally {
      await sample.git("branch", "-D", "next");
    }
  });

  it("is not what only other references have", async () => {
    const other = await SampleRepository.create(directory.join("other"));
    await other.commit({ a: "1" });
    await other.git("checkout", "-q", "--detach");
    const proposal = await other.commit({ a: "evil" });
    await other.git("update-ref", "refs/pull/1/head", proposal);
    await other.git("config", "uploadpack.allowAnySHA1InWant", "true");
    await other.git("checkout", "-q", "master");
    repository = repositories.open(other.url);
    for (const revision of [proposal, proposal.slice(0, 12), "refs/pull/1/head"]) {
      await expect(repository.stat(revision)).rejects.toEqual(rejection("NOT_FOUND"));
    }
  });
});
