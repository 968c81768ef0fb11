import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { formatModuleVersion, type ModuleVersion } from "../src/module/module_version.ts";
import { parseModuleVersion } from "../src/module/path.ts";
import { GitForge } from "../src/upstream/testdata/git_forge.ts";
import { failureOf, GoUser, serviceDownload } from "./support/go_user.ts";
import { type Environment, runProgram, runSuccessfully } from "./support/program.ts";
import { type TemporaryDirectory, temporaryDirectory } from "./support/temporary_directory.ts";
import { makeTestCertificate } from "./support/test_certificate.ts";

let stack: AsyncDisposableStack;
let directory: TemporaryDirectory;
let forge: GitForge;
let user: GoUser;

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  directory = stack.use(temporaryDirectory());
  const certificate = makeTestCertificate(directory, ["corp.test"]);
  forge = stack.use(await GitForge.start({ certificate }));
  user = stack.use(
    new GoUser({
      ...forge.environment,
      // Both spellings: hg reads the one in lower case.
      NO_PROXY: "127.0.0.1",
      no_proxy: "127.0.0.1",
      GOPROXY: "direct",
      GOPRIVATE: "corp.test",
    }),
  );
});

afterEach(async () => {
  await stack.disposeAsync();
});

/** A port that is free now. */
async function freePort(): Promise<number> {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Runs a server until the test ends, and waits until a client is answered. */
async function serve(
  argv: readonly [string, ...string[]],
  probe: readonly [string, ...string[]],
): Promise<void> {
  const [file, ...args] = argv;
  const child = spawn(file, args, { stdio: "ignore", cwd: directory.path });
  stack.defer(async () => await ended(child));
  for (let attempt = 0; ; attempt += 1) {
    const { status, stderr } = await runProgram(probe, { environment: user.environment() });
    if (status === 0) return;
    if (attempt === 50) throw new Error(`${file} does not answer: ${stderr}`);
    await sleep(100);
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = new Promise((resolve) => child.once("exit", resolve));
  child.kill();
  await exited;
}

/** A working copy in which a module is. */
function writeModule(name: string): string {
  const work = directory.join(name);
  mkdirSync(work, { recursive: true });
  writeFileSync(`${work}/go.mod`, `module corp.test/${name}\n`);
  writeFileSync(`${work}/${name}.go`, `package ${name}\n`);
  return work;
}

async function serveMercurial(): Promise<ModuleVersion> {
  const work = writeModule("hgmod");
  const hg = async (...args: readonly string[]): Promise<string> =>
    await runSuccessfully(["hg", "--config", "ui.username=t", ...args], { directory: work });
  await hg("init");
  await hg("commit", "--addremove", "--message", "a", "--date", "2020-01-02 03:04:05 +0000");
  await hg("tag", "v1.0.0", "--date", "2020-01-02 03:04:06 +0000");
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  await serve(
    ["hg", "serve", "--cwd", work, "--address", "127.0.0.1", "--port", String(port)],
    ["hg", "identify", url],
  );
  forge.setImports("corp.test/hgmod", `corp.test/hgmod hg ${url}`);
  return parseModuleVersion("corp.test/hgmod", "v1.0.0");
}

/** @returns a pseudo-version: cmd/go knows no tags of Subversion */
async function serveSubversion(): Promise<ModuleVersion> {
  const repository = directory.join("repository");
  await runSuccessfully(["svnadmin", "create", repository]);
  const work = writeModule("svnmod");
  await runSuccessfully([
    "svn",
    "import",
    "--quiet",
    "--message",
    "a",
    work,
    `file://${repository}`,
  ]);
  const port = String(await freePort());
  const url = `svn://127.0.0.1:${port}`;
  const where = ["--listen-host", "127.0.0.1", "--listen-port", port, "--root", repository];
  await serve(["svnserve", "--daemon", "--foreground", ...where], ["svn", "info", url]);
  forge.setImports("corp.test/svnmod", `corp.test/svnmod svn ${url}`);
  const version = await user.resolve("corp.test/svnmod@latest");
  expect(version).toMatch(/^v0\.0\.0-\d{14}-000000000001$/);
  return parseModuleVersion("corp.test/svnmod", version);
}

const systems: readonly (readonly [string, string, () => Promise<ModuleVersion>])[] = [
  ["Mercurial", "hg", serveMercurial],
  ["Subversion", "svn", serveSubversion],
];

describe.each(systems)("a module in %s", (_, command, start) => {
  it("comes through the go command, as go has it", async () => {
    const id = await start();
    const expected = await user.download(formatModuleVersion(id));
    expect(expected).toMatchObject({ version: id.version });
    const { service, told } = await user.openService();
    expect(await serviceDownload(service, id)).toEqual(expected);
    expect(told.filter((line) => line.includes("the go command fetches"))).toHaveLength(1);
    expect(Buffer.from(await service.source.latest(id.path)).toString()).toContain(id.version);
  });

  it("needs a go command, and leave by GOVCS", async () => {
    forge.setImports("corp.test/x", `corp.test/x ${command} https://corp.test/x`);
    const id = parseModuleVersion("corp.test/x", "v1.0.0");
    const without: Environment = { PATH: directory.join("bin"), GOROOT: undefined };
    const { service } = await user.openService(without);
    const said = await failureOf(service.cache.ensure(id, "zip"));
    expect(said).toMatch(/^UNSUPPORTED .*without a go command/);
    await service.close();
    const { service: forbidden } = await user.openService({ GOVCS: "private:git" });
    expect(await failureOf(forbidden.cache.ensure(id, "zip"))).toContain(
      `GOVCS disallows using ${command} for private corp.test/x`,
    );
  });
});
