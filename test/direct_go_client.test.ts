import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CachedModuleQueries } from "../src/cache/module_queries.ts";
import { ANYBODY, serve } from "../src/http/testdata/serving.ts";
import { silentLogger } from "../src/lib/logger.ts";
import { ModuleProxyHandler } from "../src/proxy/module_proxy_handler.ts";
import { makeLibrary, makeOldLibrary } from "../src/upstream/testdata/forge_libraries.ts";
import { GitForge } from "../src/upstream/testdata/git_forge.ts";
import { GoUser } from "./support/go_user.ts";
import { type Environment, runProgram } from "./support/program.ts";
import { temporaryDirectory } from "./support/temporary_directory.ts";
import { makeTestCertificate } from "./support/test_certificate.ts";

let resources: AsyncDisposableStack;
let forge: GitForge;
let stack: AsyncDisposableStack;
let user: GoUser;

// Only read by the tests: one for all of them.
beforeAll(async () => {
  resources = new AsyncDisposableStack();
  const certificate = makeTestCertificate(resources.use(temporaryDirectory()), ["corp.test"]);
  forge = resources.use(await GitForge.start({ certificate }));
  await makeLibrary(forge);
  await makeOldLibrary(forge);
});

afterAll(async () => {
  await resources.disposeAsync();
});

beforeEach(() => {
  stack = new AsyncDisposableStack();
  user = stack.use(
    new GoUser({ ...forge.environment, GONOSUMDB: "corp.test", NO_PROXY: "127.0.0.1" }),
  );
});

afterEach(async () => {
  await stack.disposeAsync();
});

/** The URL of a gomodfs that has modules from the forge's repositories. */
async function serveDirect(): Promise<string> {
  const { service } = await user.openService({ GOPROXY: "direct" });
  const { cache, source, store } = service;
  const queries = new CachedModuleQueries({
    source,
    store,
    directory: user.home.join("queries"),
    log: silentLogger,
    onVersion: (id) => cache.expectVersion(id),
  });
  const handler = new ModuleProxyHandler({ cache, queries });
  const { port } = stack.use(await serve([handler], { authenticate: () => ANYBODY }));
  stack.defer(async () => await queries.close());
  return `http://127.0.0.1:${port}`;
}

/** What `go get ARGUMENT` requires afterwards, or what it says. */
async function goGet(argument: string, settings: Environment): Promise<string> {
  using work = temporaryDirectory();
  const directory = work.join("work");
  mkdirSync(directory);
  writeFileSync(`${directory}/go.mod`, "module corp.test/main\n\ngo 1.21\n");
  const { status, stderr } = await runProgram(["go", "get", argument], {
    directory,
    environment: {
      ...user.environment(settings),
      GOMODCACHE: work.join("mod"),
      GOCACHE: work.join("build"),
      GOFLAGS: "-modcacherw",
    },
  });
  if (status !== 0) return `fails: ${stderr}`;
  const required = readFileSync(`${directory}/go.mod`, "utf8").match(/^require .*$/m);
  return `${required?.[0]}\n${readFileSync(`${directory}/go.sum`, "utf8")}`;
}

describe("go get through gomodfs", () => {
  it.each([
    "corp.test/lib",
    "corp.test/lib@latest",
    "corp.test/lib@v1.0.0",
    "corp.test/lib@v1",
    "corp.test/lib@<v1.1.0-rc.1",
    "corp.test/lib@main",
    "corp.test/lib@work",
    "corp.test/lib/tools",
    "corp.test/lib/sub@latest",
    "corp.test/lib/sub/v3@v3.1.0",
    "corp.test/lib/v2@v2-branch",
    "corp.test/lib@COMMIT",
    "corp.test/old",
    "corp.test/old@v2",
    "corp.test/old@main",
  ])("gives %s what go itself finds", async (argument) => {
    const commit = (await forge.git("lib", ["rev-parse", "work"])).trim();
    const query = argument.replace("COMMIT", commit.slice(0, 10));
    const expected = await goGet(query, { GOPROXY: "direct" });
    expect(expected).toMatch(/^require corp\.test/);
    expect(await goGet(query, { GOPROXY: await serveDirect() })).toBe(expected);
  });

  it.each(["corp.test/lib@nonsense", "corp.test/missing", "corp.test/lib/absent"])(
    "says that there is no %s, as go itself does",
    async (argument) => {
      expect(await goGet(argument, { GOPROXY: "direct" })).toMatch(/^fails: /);
      const said = await goGet(argument, { GOPROXY: await serveDirect() });
      expect(said).toMatch(/^fails: .*(404|does not contain package|unknown revision)/s);
    },
  );
});
