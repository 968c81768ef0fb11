import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rejection } from "../../../../test/support/rejection.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../../../test/support/temporary_directory.ts";
import { GomodfsError } from "../../../lib/gomodfs_error.ts";
import type { Version } from "../../../module/module_version.ts";
import { parseModulePath, parseModuleVersion } from "../../../module/path.ts";
import { ContentDigester } from "../../../store/content_digest.ts";
import { ingestZip } from "../../../store/ingest_zip.ts";
import { GitForge } from "../../testdata/git_forge.ts";
import type { CodeHost, Revision } from "../code_host.ts";
import { ModuleRepository } from "./module_repository.ts";
import { ForgeClones } from "./testdata/forge_clones.ts";
import { ForgeRepository } from "./testdata/forge_repository.ts";

const PATH = parseModulePath("corp.test/m");
const [V1_0_0, V1_1_0] = ["v1.0.0", "v1.1.0"].map(versionOf);

let forge: GitForge;
let spool: TemporaryDirectory;
let commits: string[];
let clones: ForgeClones;
let host: CodeHost;
let repository: ModuleRepository;

beforeAll(async () => {
  forge = await GitForge.start();
  clones = new ForgeClones(forge);
  spool = temporaryDirectory();
  const files = new ForgeRepository(forge, "m");
  commits = [
    await files.commit({ files: { "a.go": "package a\n" }, tags: ["v0.9.0", "other"] }),
    await files.commit({ files: { "go.mod": "module corp.test/m\n" }, tags: ["v1.0.0"] }),
    await files.commit({ files: { "a.go": `package a\n${"// x\n".repeat(1000)}` } }),
  ];
  host = clones.open("http://corp.test/m.git");
  repository = new ModuleRepository({ host, root: PATH, path: PATH });
});
afterAll(async () => {
  await clones[Symbol.asyncDispose]();
  await forge[Symbol.asyncDispose]();
  spool[Symbol.dispose]();
});
function versionOf(version: string): Version {
  return parseModuleVersion(PATH, version).version;
}

/** The repository, whose host answers some questions otherwise. */
function withHost(changes: Partial<CodeHost>): ModuleRepository {
  const changed: CodeHost = {
    name: host.name,
    tags: async (...args) => await host.tags(...args),
    stat: async (...args) => await host.stat(...args),
    latest: async (...args) => await host.latest(...args),
    readFile: async (...args) => await host.readFile(...args),
    recentTag: async (...args) => await host.recentTag(...args),
    descendsFrom: async (...args) => await host.descendsFrom(...args),
    readZip: async (...args) => {
      await host.readZip(...args);
    },
    ...changes,
  };
  return new ModuleRepository({ host: changed, root: PATH, path: PATH });
}

const unreachable = (): Promise<never> =>
  Promise.reject(new GomodfsError("UPSTREAM", "corp.test is unreachable"));

describe("versions()", () => {
  // From cmd/go/internal/modfetch, BSD-3-Clause (coderepo_test.go, TestNonCanonicalSemver).
  it("passes over tags that are no canonical versions", async () => {
    const names = ["", "huh?", "1.0.1", "v1.🐕.🐄", "v1", "v0.1", "v1.0.1", "v1.2.0+incompatible"];
    const tags = names.map((name) => ({ name, hash: "" }));
    const fixed = withHost({ tags: () => Promise.resolve({ origin: {}, tags }) });
    expect(await fixed.versions()).toEqual(["v1.0.1"]);
  });

  it("has none for unstable modules of gopkg.in, whatever the tags", async () => {
    const versionsOf = async (text: string): Promise<Version[]> => {
      const path = parseModulePath(text);
      return await new ModuleRepository({ host, root: path, path }).versions();
    };
    expect(await versionsOf("gopkg.in/m.v1")).toEqual(["v1.0.0"]);
    expect(await versionsOf("gopkg.in/m.v1-unstable")).toEqual([]);
  });
});

describe("stat()", () => {
  it("asks for a tag and no other commit where that says it all", async () => {
    const unasked = { tags: unreachable, recentTag: unreachable, latest: unreachable };
    expect((await withHost(unasked).stat("v1.0.0")).version).toBe("v1.0.0");
  });

  it("means the newest commit by latest", async () => {
    const info = await repository.stat("latest");
    expect(info).toEqual(await repository.latest());
    expect(info.version).toBe(`v1.0.1-0.20200102030405-${commits[2]?.slice(0, 12)}`);
    expect(info.origin).toMatchObject({ Ref: "HEAD", Hash: commits[2] });
  });

  it("says what is wrong with the time of a pseudo-version", async () => {
    const version = `v0.0.0-20201302030405-${commits[0]?.slice(0, 12)}`;
    await expect(repository.stat(version)).rejects.toEqual(
      rejection("NOT_FOUND", `${version}: invalid pseudo-version`),
    );
    await expect(repository.stat(version)).rejects.toThrow('malformed time "20201302030405"');
  });

  it("chooses no other version because the host fails", async () => {
    const failing = withHost({ readFile: unreachable });
    await expect(failing.stat("v1.0.0")).rejects.toEqual(rejection("UPSTREAM"));
    // Which tags are retracted, and what comes before a commit, is not known without them.
    const tagless = withHost({ tags: unreachable });
    await expect(tagless.stat("main")).rejects.toEqual(rejection("UPSTREAM"));
    const untold = withHost({ recentTag: unreachable });
    await expect(untold.stat("main")).rejects.toEqual(rejection("UPSTREAM"));
  });

  it("names the version in what the host says", async () => {
    const failing = withHost({ stat: unreachable });
    await expect(failing.stat("v1.0.0")).rejects.toThrow(
      "corp.test/m@v1.0.0: corp.test is unreach",
    );
    await expect(repository.stat("x".repeat(5000))).rejects.toEqual(
      rejection(
        "NOT_FOUND",
        `corp.test/m@${"x".repeat(100)}...: invalid version: unknown revision`,
      ),
    );
  });

  it("refuses a time that no .info file can say", async () => {
    const revision = await host.stat("v1.0.0");
    const late: Revision = { ...revision, time: new Date("+012345-01-01T00:00:00Z") };
    const future = withHost({ stat: () => Promise.resolve(late) });
    await expect(future.stat("v1.0.0")).rejects.toEqual(rejection("NOT_FOUND", "out of range"));
  });

  it("gives up on tags of more major versions than anybody has", async () => {
    let next = 2;
    const endless = withHost({
      readFile: (_, file) =>
        file === "go.mod"
          ? Promise.reject(new GomodfsError("NOT_FOUND", "none"))
          : Promise.resolve(Buffer.from("module x\n")),
      recentTag: () => Promise.resolve(`v${next++}.0.0`),
    });
    await expect(endless.stat("main")).rejects.toEqual(rejection("TOO_LARGE", "100 major"));
  });
});

describe("goMod()", () => {
  it("makes one up for a version without", async () => {
    const text = Buffer.from(await repository.goMod(versionOf("v0.9.0"))).toString();
    expect(text).toBe("module corp.test/m\n");
  });

  it("is for versions that are what they are called", async () => {
    if (V1_1_0 === undefined) throw new Error("it is a version");
    await expect(repository.goMod(V1_1_0)).rejects.toEqual(
      rejection("NOT_FOUND", "corp.test/m@v1.1.0: invalid version: unknown revision v1.1.0"),
    );
    const bogus = versionOf(`v0.0.0-20200102030406-${commits[0]?.slice(0, 12)}`);
    await expect(repository.goMod(bogus)).rejects.toEqual(rejection("NOT_FOUND", "timestamp"));
    await expect(repository.zip(bogus, spool.path)).rejects.toEqual(rejection("NOT_FOUND"));
  });
});

describe("zip()", () => {
  it("leaves no file behind but its own, and none where it fails", async () => {
    if (V1_0_0 === undefined) throw new Error("it is a version");
    const directory = spool.join("made/for/it");
    const zip = await repository.zip(V1_0_0, directory);
    if (zip.kind !== "file") throw new Error("it is a file");
    expect(readdirSync(directory)).toEqual([zip.path.slice(directory.length + 1)]);
    expect(readFileSync(zip.path)).toHaveLength(zip.size);

    const empty = spool.join("empty");
    const noArchive = withHost({
      readZip: (_commit, _directory, target) => {
        writeFileSync(target, "no zip");
        return Promise.resolve();
      },
    });
    await expect(noArchive.zip(V1_0_0, empty)).rejects.toEqual(rejection("INVALID"));
    const stop = new AbortController();
    const stopping = withHost({
      readZip: async (...args) => {
        await host.readZip(...args);
        stop.abort();
      },
    });
    await expect(stopping.zip(V1_0_0, empty, { signal: stop.signal })).rejects.toEqual(
      rejection("CANCELLED"),
    );
    expect(readdirSync(empty)).toEqual([]);
  });

  it("hands damage of an archive on to where it is found", async () => {
    if (V1_0_0 === undefined) throw new Error("it is a version");
    const tip = versionOf((await repository.stat("main")).version);
    const damaged = withHost({
      readZip: async (commit, directory, target, maxBytes) => {
        await host.readZip(commit, directory, target, maxBytes);
        const bytes = readFileSync(target);
        const stream = bytes.indexOf("a.go") + "a.go".length + 20;
        bytes.fill(0, stream, stream + 4);
        writeFileSync(target, bytes);
      },
    });
    const zip = await damaged.zip(tip, spool.path);
    expect(() => ingestZip(idOf(tip), zip, new ContentDigester())).toThrow(rejection("INVALID"));
  });
});

function idOf(version: Version): ReturnType<typeof parseModuleVersion> {
  return parseModuleVersion(PATH, version);
}
