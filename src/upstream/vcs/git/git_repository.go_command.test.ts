import { mkdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runSuccessfully } from "../../../../test/support/program.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../../../test/support/temporary_directory.ts";
import type { Origin } from "../../../module/revision_info.ts";
import { GitForge } from "../../testdata/git_forge.ts";
import { GitRepositories } from "./git_repositories.ts";

let forge: GitForge;
let directory: TemporaryDirectory;

beforeAll(async () => {
  directory = temporaryDirectory();
  forge = await GitForge.start();
  await forge.commit("lib", "v1.0.0", { "go.mod": "module corp.test/lib\n" });
  await forge.commit("lib", undefined, { "lib.go": "package lib\n" });
  await forge.git("lib", ["tag", "--annotate", "--message=t", "v1.1.0"]);
  await forge.commit("lib", undefined, { "more.go": "package lib\n" });
  await forge.git("lib", ["branch", "feature"]);
  await forge.commit("lib", undefined, { "sub/go.mod": "module corp.test/lib/sub\n" });
  await forge.git("lib", ["tag", "sub/v0.1.0-rc.1"]);
});

afterAll(async () => {
  await forge[Symbol.asyncDispose]();
  directory[Symbol.dispose]();
});

/** What `go list` says of a revision that it has never seen. */
async function goOrigin(revision: string): Promise<Origin> {
  const home = directory.join(`go-${revision}`);
  mkdirSync(home);
  const output = await runSuccessfully(["go", "list", "-m", "-json", `corp.test/lib@${revision}`], {
    directory: home,
    environment: {
      ...forge.environment,
      PATH: process.env["PATH"],
      HOME: home,
      GOPROXY: "direct",
      GOSUMDB: "off",
      GOTOOLCHAIN: "local",
      GOFLAGS: "-mod=mod -modcacherw",
      GO111MODULE: "on",
    },
  });
  const { Origin: origin } = JSON.parse(output) as { readonly Origin: Origin }; // `go help list`
  return origin;
}

describe("origins as the go command has them", () => {
  it.each(["v1.0.0", "v1.1.0", "main", "feature"])("of %s", async (revision) => {
    const expected = await goOrigin(revision);
    await using repositories = new GitRepositories({
      directory: directory.join(revision),
      environment: { PATH: process.env["PATH"], HOME: directory.path, ...forge.environment },
    });
    const host = repositories.open("http://corp.test/lib.git", { insecure: true });
    const { origin } = await host.stat(revision);
    const { TagPrefix, TagSum, ...commit } = expected;
    expect(origin).toEqual(commit);
    const tags = TagSum === undefined ? {} : (await host.tags(TagPrefix ?? "")).origin;
    expect(tags.TagSum).toBe(TagSum);
    expect(revision.startsWith("v")).toBe(TagSum === undefined);
  });
});
