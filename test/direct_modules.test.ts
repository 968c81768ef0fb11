import { writeFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { isGomodfsError } from "../src/lib/gomodfs_error.ts";
import { formatModuleVersion } from "../src/module/module_version.ts";
import { parseModulePath, parseModuleVersion } from "../src/module/path.ts";
import { parseRevisionInfo } from "../src/module/revision_info.ts";
import {
  makeLibrary,
  makeOldLibrary,
  makeRetractions,
} from "../src/upstream/testdata/forge_libraries.ts";
import { GitForge } from "../src/upstream/testdata/git_forge.ts";
import { failureOf, GoUser, serviceDownload } from "./support/go_user.ts";
import type { Environment } from "./support/program.ts";
import { type ReplayProxy, startReplayProxy } from "./support/replay_proxy.ts";
import { type TemporaryDirectory, temporaryDirectory } from "./support/temporary_directory.ts";
import { makeTestCertificate, type TestCertificate } from "./support/test_certificate.ts";

let authority: TemporaryDirectory;
let certificate: TestCertificate;

beforeAll(() => {
  authority = temporaryDirectory();
  certificate = makeTestCertificate(authority, ["corp.test", "vanity.test"]);
});

afterAll(() => {
  authority[Symbol.dispose]();
});

describe("a git repository behind https", () => {
  let stack: AsyncDisposableStack;
  let forge: GitForge;
  let user: GoUser;

  // Only read by the tests: one for all of them.
  beforeAll(async () => {
    stack = new AsyncDisposableStack();
    forge = stack.use(await GitForge.start({ certificate }));
    await makeLibrary(forge);
    await makeOldLibrary(forge);
    await forge.commit("untagged", undefined, { "go.mod": "module corp.test/untagged\n" });
    await makeRetractions(forge);
    setVanityPages(forge);
  });

  afterAll(async () => {
    await stack.disposeAsync();
  });

  beforeEach(() => {
    user = new GoUser({ ...forge.environment, GOPROXY: "direct", GONOSUMDB: "*.test" });
  });

  afterEach(async () => {
    await user[Symbol.asyncDispose]();
  });

  it.each([
    ["at its root", "corp.test/lib", "v1.0.0"],
    ["before the newest", "corp.test/lib", "v1.1.0-rc.1"],
    ["in a directory with a go.mod of its own", "corp.test/lib/sub", "v0.2.0"],
    ["two directories deep", "corp.test/lib/tools/deep", "v1.0.0"],
    ["of a higher major version on its own branch", "corp.test/lib/v2", "v2.0.0"],
    ["of a higher major version in a directory", "corp.test/lib/sub/v3", "v3.1.0"],
    ["without go.mod", "corp.test/old", "v1.2.0"],
    ["of a higher major version without go.mod", "corp.test/old", "v2.0.0+incompatible"],
    ["under a name of its host's", "vanity.test/lib", "v1.0.0"],
    ["under a name that is a directory's", "vanity.test/tools", "v0.2.0"],
    ["below another name of the same page", "vanity.test/lib/sub", "v0.2.0"],
    ["behind a page that redirects", "corp.test/moved", "v1.2.0"],
    ["under a prefix that ends in a slash", "vanity.test/sub", "v0.2.0"],
    ["of a name that ends in .git", "corp.test/old.git", "v1.2.0"],
  ])("gives a module %s as go does", async (_, path, version) => {
    const id = parseModuleVersion(path, version);
    const expected = await user.download(formatModuleVersion(id));
    expect(expected).toMatchObject({ version });
    const { service } = await user.openService();
    expect(await serviceDownload(service, id)).toEqual(expected);
  });

  it.each([
    ["corp.test/lib", "v1.9.9"],
    ["corp.test/lib", "v2.0.0+incompatible"],
    ["corp.test/lib/absent", "v1.0.0"],
    ["corp.test/lib/v4", "v4.0.0"],
    ["corp.test/missing", "v1.0.0"],
    ["corp.test/old/v2", "v2.0.0"],
    ["corp.test/lib", "v0.0.0-20200102030405-abcdefabcdef"],
    ["corp.test/conflict/sub", "v1.0.0"],
    ["corp.test/twice", "v1.0.0"],
    ["corp.test/hostile", "v1.0.0"],
  ])("says that there is no %s@%s, as go does", async (path, version) => {
    const id = parseModuleVersion(path, version);
    expect(await user.download(formatModuleVersion(id))).toHaveProperty("error");
    const { service } = await user.openService();
    expect(await serviceDownload(service, id)).toHaveProperty("error");
    expect(service.store.list()).toEqual([]);
  });

  it.each([
    "corp.test/lib",
    "corp.test/lib/sub",
    "corp.test/lib/v2",
    "corp.test/old",
    "corp.test/lib/tools",
    "vanity.test/tools",
  ])("lists the versions of %s as go does", async (text) => {
    const path = parseModulePath(text);
    const expected = await user.versions(path);
    const { service } = await user.openService();
    const list = Buffer.from(await service.source.versions(path)).toString();
    expect(list.split("\n").filter(Boolean)).toEqual(expected);
  });

  it.each([
    ["corp.test/lib", "main"],
    ["corp.test/lib", "work"],
    ["corp.test/lib", "v1"],
    ["corp.test/lib/sub", "main"],
    ["corp.test/lib/v2", "v2-branch"],
    ["corp.test/lib", "nonsense"],
    ["corp.test/lib", "release-1"],
    ["corp.test/old", "main"],
    ["corp.test/lib", "COMMIT"],
    ["corp.test/lib", "SHORT"],
    ["corp.test/lib", "v1.1"],
    ["corp.test/lib", "v0"],
    ["corp.test/retracting", "latest"],
    ["corp.test/retracting", "v1"],
    ["corp.test/retracting", "v1.1"],
    ["corp.test/retracted", "latest"],
    ["corp.test/retracted", "v1"],
    ["corp.test/old", "v2"],
  ])("knows which version %s@%s is, as go does", async (text, query) => {
    const path = parseModulePath(text);
    const commit = (await forge.git("lib", ["rev-parse", "work"])).trim();
    const revision = query.replace("COMMIT", commit).replace("SHORT", commit.slice(0, 9));
    const expected = await user.resolve(`${path}@${revision}`);
    const { service } = await user.openService();
    const answer = service.source.revision(path, revision).then(
      (info) => parseRevisionInfo(info).version,
      (error: unknown) => isGomodfsError(error, "NOT_FOUND") && "none",
    );
    expect(await answer).toBe(expected.startsWith("v") ? expected : "none");
  });

  it.each([
    "corp.test/lib",
    "corp.test/lib/sub",
    "corp.test/untagged",
    "corp.test/old",
    "corp.test/retracting",
  ])("knows the latest version of %s as go does", async (text) => {
    const path = parseModulePath(text);
    const expected = await user.resolve(`${path}@latest`);
    const { service } = await user.openService();
    expect(parseRevisionInfo(await service.source.latest(path)).version).toBe(expected);
  });

  it("knows that a directory without a go.mod has no latest version, as go does", async () => {
    expect(await user.resolve("corp.test/lib/tools@latest")).toContain("no matching versions");
    const { service } = await user.openService();
    const answer = service.source.latest(parseModulePath("corp.test/lib/tools"));
    expect(await failureOf(answer)).toMatch(/^NOT_FOUND /);
  });

  it("names in the log what comes from version control, once", async () => {
    const { service, told } = await user.openService();
    const id = parseModuleVersion("corp.test/lib", "v1.0.0");
    await serviceDownload(service, id);
    expect(told.filter((line) => /^fetching corp.test\/lib@v1.0.0 /.test(line))).toHaveLength(1);
  });
});

describe("a private git repository", () => {
  const login = "ann:s3cret";
  const id = parseModuleVersion("corp.test/secret", "v1.0.0");
  let stack: AsyncDisposableStack;
  let forge: GitForge;
  let proxy: ReplayProxy;
  let user: GoUser;

  beforeEach(async () => {
    stack = new AsyncDisposableStack();
    forge = stack.use(await GitForge.start({ certificate, login, guardsPages: true }));
    await forge.commit("secret", "v1.0.0", { "go.mod": "module corp.test/secret\n" });
    proxy = stack.use(await startReplayProxy({ record: false }));
    user = stack.use(
      new GoUser({
        ...forge.environment,
        NO_PROXY: "127.0.0.1",
        GOPROXY: proxy.url,
        GOPRIVATE: "corp.test",
      }),
    );
  });

  afterEach(async () => {
    await stack.disposeAsync();
  });

  function writeNetrc(password: string): void {
    const netrc = `machine corp.test login ann password ${password}\n`;
    writeFileSync(user.home.join(".netrc"), netrc);
  }

  /** A program of GOAUTH, and what git needs besides. */
  function writeProgram(): Environment {
    const header = `Authorization: Basic ${Buffer.from(login).toString("base64")}`;
    const text = `#!/bin/sh\nprintf 'https://corp.test/\\n\\n${header}\\n\\n'\n`;
    writeFileSync(user.home.join("login"), text, { mode: 0o755 });
    return { GOAUTH: user.home.join("login"), ...extraHeader(header) };
  }

  function extraHeader(header: string): Environment {
    return {
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: "http.https://corp.test/.extraHeader",
      GIT_CONFIG_VALUE_0: header,
    };
  }

  /** A credential helper of git's, which GOAUTH asks too. */
  function writeHelper(): Environment {
    writeFileSync(user.home.join("logins"), `https://${login}@corp.test\n`);
    return {
      GOAUTH: `git ${user.home.path}`,
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: "credential.helper",
      GIT_CONFIG_VALUE_0: `store --file=${user.home.join("logins")}`,
    };
  }

  const ways: readonly (readonly [string, () => Environment])[] = [
    [
      "a .netrc file",
      () => {
        writeNetrc("s3cret");
        return {};
      },
    ],
    ["a program of GOAUTH", writeProgram],
    ["a credential helper of git's", writeHelper],
  ];

  it.each(ways)("is read with a login from %s, as by go", async (_, give) => {
    const settings = give();
    const expected = await user.download(formatModuleVersion(id), settings);
    expect(expected).toMatchObject({ version: "v1.0.0" });
    const { service, told } = await user.openService(settings);
    expect(await serviceDownload(service, id)).toEqual(expected);
    await service.close();
    expect(told.join()).not.toContain("s3cret");
    expect(await anyFileHolds(user.home.join("store"), "s3cret")).toBe(false);
  });

  it("is told to no proxy and no checksum database", async () => {
    writeNetrc("s3cret");
    const { service } = await user.openService();
    expect(await serviceDownload(service, id)).toMatchObject({ version: "v1.0.0" });
    await service.source.versions(id.path);
    await service.source.latest(id.path);
    const absent = parseModuleVersion("corp.test/missing", "v1.0.0");
    expect(await serviceDownload(service, absent)).toHaveProperty("error");
    expect([...proxy.requests]).toEqual([]);
  });

  it.each([
    ["no", undefined],
    ["a wrong", "wr0ng"],
  ])("gives nothing for %s login, and shows none", async (_, password) => {
    if (password !== undefined) writeNetrc(password);
    expect(await user.download(formatModuleVersion(id))).toHaveProperty("error");
    const { service, told } = await user.openService();
    const said = await serviceDownload(service, id);
    expect(said).toHaveProperty("error");
    for (const secret of ["wr0ng", "s3cret"]) {
      expect(JSON.stringify(said)).not.toContain(secret);
      expect(told.join()).not.toContain(secret);
    }
  });

  it("is asked for past GONOPROXY's globs only, whatever GOPRIVATE says", async () => {
    writeNetrc("s3cret");
    await forge.commit("open", "v1.0.0", { "go.mod": "module corp.test/open\n" });
    const settings = { GONOPROXY: "*.test/secret,other.test" };
    const { service } = await user.openService(settings);
    expect(await serviceDownload(service, id)).toMatchObject({ version: "v1.0.0" });
    const open = parseModuleVersion("corp.test/open", "v1.0.0");
    expect(await serviceDownload(service, open)).toHaveProperty("error");
    expect([...proxy.requests.keys()].every((path) => path.startsWith("/corp.test/open/"))).toBe(
      true,
    );
    expect(forge.requestsMatching(/open/)).toBe(0);
  });
});

describe("a page that names a GOPROXY", () => {
  let stack: AsyncDisposableStack;
  let forge: GitForge;
  let proxy: ReplayProxy;
  let user: GoUser;

  beforeEach(async () => {
    stack = new AsyncDisposableStack();
    forge = stack.use(await GitForge.start({ certificate }));
    proxy = stack.use(await startReplayProxy({ record: false }));
    user = stack.use(
      new GoUser({
        ...forge.environment,
        NO_PROXY: "127.0.0.1",
        GOPROXY: "direct",
        GONOSUMDB: "*.test",
      }),
    );
    forge.setImports("corp.test/served", `corp.test/served mod ${proxy.url}`);
  });

  afterEach(async () => {
    await stack.disposeAsync();
  });

  it("has modules from there, as with go", async () => {
    const id = proxy.addModule("corp.test/served", "v1.0.0", {
      "go.mod": "module corp.test/served\n",
    });
    const expected = await user.download(formatModuleVersion(id));
    expect(expected).toMatchObject({ version: "v1.0.0" });
    const { service } = await user.openService();
    expect(await serviceDownload(service, id)).toEqual(expected);
    expect(Buffer.from(await service.source.versions(id.path)).toString()).toBe("v1.0.0\n");
  });

  // cmd/go/testdata/script/mod_proxy_errors.txt: "Responses from servers using the 'mod' protocol should be propagated"
  it("passes on what that says", async () => {
    const id = parseModuleVersion("corp.test/served", "v1.0.0");
    const body = "File? What file?";
    const headers = { "content-type": "text/plain" };
    for (const extension of [".info", ".mod", ".zip"]) {
      proxy.set(`/corp.test/served/@v/v1.0.0${extension}`, { status: 404, headers, body });
    }
    const expected = await user.download(formatModuleVersion(id));
    expect(JSON.stringify(expected)).toContain(body);
    const { service } = await user.openService();
    expect(await failureOf(service.cache.ensure(id, "zip"))).toMatch(/^NOT_FOUND .*What file\?/);
  });
});

describe("GOVCS", () => {
  it.each([
    ["public:hg", "", "public"],
    ["private:none", "corp.test", "private"],
    ["corp.test:svn|hg", "", "public"],
  ])("%s with GOPRIVATE=%s forbids what it forbids to go", async (GOVCS, GOPRIVATE, kind) => {
    await using forge = await GitForge.start({ certificate });
    await using user = new GoUser({
      ...forge.environment,
      GOPROXY: "direct",
      GONOSUMDB: "*.test",
      GOVCS,
      GOPRIVATE,
    });
    await forge.commit("lib", "v1.0.0", { "go.mod": "module corp.test/lib\n" });
    const id = parseModuleVersion("corp.test/lib", "v1.0.0");
    const text = `GOVCS disallows using git for ${kind} corp.test/lib; see 'go help vcs'`;
    const expected = await user.download(formatModuleVersion(id));
    expect("error" in expected && expected.error).toContain(text);
    const { service } = await user.openService();
    expect(await failureOf(service.cache.ensure(id, "zip"))).toMatch(/^FORBIDDEN /);
    expect(await failureOf(service.cache.ensure(id, "zip"))).toContain(text);
    expect(forge.requestsMatching(/info\/refs/)).toBe(0);
  });
});

/** Whether any file below a directory holds a text. */
async function anyFileHolds(root: string, text: string): Promise<boolean> {
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    if ((await readFile(join(entry.parentPath, entry.name))).includes(text)) return true;
  }
  return false;
}

function setVanityPages(forge: GitForge): void {
  const lib = "https://corp.test/lib.git";
  const sub = `vanity.test/lib/sub git ${lib}`;
  // The module's own go.mod says corp.test/lib/sub: old enough versions do not care what they are called.
  forge.setImports("vanity.test/tools", `vanity.test/tools git ${lib} sub`);
  forge.setImports("vanity.test/lib", `vanity.test/lib git ${lib}`, `vanity.test/other git ${lib}`);
  forge.setImports("vanity.test/lib/sub", `vanity.test/lib git ${lib}`, `vanity.test/x git ${sub}`);
  forge.setPage("corp.test/moved", (_request, response) => {
    response.writeHead(301, { location: "https://vanity.test/landing?go-get=1" }).end();
  });
  for (const page of ["vanity.test", "vanity.test/sub"]) {
    forge.setImports(page, `vanity.test/ git ${lib}`);
  }
  forge.setImports("vanity.test/landing", "corp.test/moved git https://corp.test/old.git");
  forge.setImports("corp.test/conflict/sub", "corp.test/conflict git https://corp.test/evil.git");
  forge.setImports("corp.test/twice", `corp.test/twice git ${lib}`, `corp.test/twice git ${lib}2`);
  forge.setPage("corp.test/hostile", (_request, response) => {
    const entities = `<!DOCTYPE lolz [<!ENTITY lol "lol">${'<!ENTITY l "&lol;&lol;">'.repeat(1_000)}]>`;
    response.end(`${entities}<meta name="go-import" content="corp.test/hostile git &l;`);
  });
}
