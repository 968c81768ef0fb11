import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ModuleService } from "../src/daemon/module_service.ts";
import { locateStore } from "../src/daemon/store_location.ts";
import { isGomodfsError } from "../src/lib/gomodfs_error.ts";
import { describeError, type LogFields, type Logger } from "../src/lib/logger.ts";
import { formatModuleVersion, type ModuleVersion } from "../src/module/module_version.ts";
import { parseModuleVersion } from "../src/module/path.ts";
import { readGoSettings } from "../src/upstream/go_settings.ts";
import { GitForge } from "../src/upstream/testdata/git_forge.ts";
import { turnTelemetryOff } from "../src/upstream/testdata/go_home.ts";
import { downloadFile } from "./support/modules.ts";
import { type Environment, runProgram, runSuccessfully } from "./support/program.ts";
import { type ReplayProxy, startReplayProxy } from "./support/replay_proxy.ts";
import { type TemporaryDirectory, temporaryDirectory } from "./support/temporary_directory.ts";
import { makeTestCertificate, type TestCertificate } from "./support/test_certificate.ts";
import { TestServer } from "./support/test_server.ts";

let authority: TemporaryDirectory;
let certificate: TestCertificate;
let stack: AsyncDisposableStack;
let directory: TemporaryDirectory;

beforeAll(() => {
  authority = temporaryDirectory();
  certificate = makeTestCertificate(authority, ["127.0.0.1"]);
});

afterAll(() => {
  authority[Symbol.dispose]();
});

beforeEach(() => {
  stack = new AsyncDisposableStack();
  directory = stack.use(temporaryDirectory());
  turnTelemetryOff(directory.join(".config"));
});

afterEach(async () => {
  await stack.disposeAsync();
});

const login = "ann:s3cret";

/** The variables of a user with a home of its own. */
function machine(settings: Environment): Environment {
  return {
    PATH: process.env["PATH"],
    HOME: directory.path,
    GOTOOLCHAIN: "local",
    GIT_CONFIG_NOSYSTEM: "1",
    SSL_CERT_FILE: certificate.authorityFile,
    ...settings,
  };
}

/** What `go mod download` makes of a module, in a GOMODCACHE of its own. */
interface GoDownload {
  readonly sum: string;
  readonly error: string;
  /** A file of `cache/download`: `.info`, `.mod`. */
  readonly read: (extension: string) => Promise<string>;
}

async function goDownload(id: ModuleVersion, settings: Environment): Promise<GoDownload> {
  const GOMODCACHE = directory.join("gomodcache");
  const environment = { ...machine(settings), GOMODCACHE, GOFLAGS: "-modcacherw" };
  const argv = ["go", "mod", "download", "-json", formatModuleVersion(id)] as const;
  const { stdout, stderr } = await runProgram(argv, { directory: directory.path, environment });
  const said: unknown = stdout === "" ? {} : JSON.parse(stdout);
  const field = (name: string): string => {
    const value: unknown =
      typeof said === "object" && said !== null ? Reflect.get(said, name) : undefined;
    return typeof value === "string" ? value : "";
  };
  return {
    sum: field("Sum"),
    error: field("Error") || stderr,
    read: async (extension) =>
      await readFile(join(GOMODCACHE, `${downloadFile(id)}${extension}`), "utf8"),
  };
}

/** gomodfs with the same settings, and all that its log was told. */
async function openService(
  settings: Environment,
): Promise<{ service: ModuleService; told: string[] }> {
  const environment = machine(settings);
  const told: string[] = [];
  const tell = (message: string, fields: LogFields = {}): void => {
    told.push(`${message} ${JSON.stringify(describeError(fields["error"]))}`);
  };
  const log: Logger = { debug: tell, info: tell, warn: tell, error: tell };
  const service = await ModuleService.open({
    location: locateStore(directory.join("store"), environment),
    settings: readGoSettings(environment),
    proxy: undefined,
    environment,
    sums: [],
    log,
  });
  stack.defer(async () => await service.close());
  return { service, told };
}

async function textOf(
  service: ModuleService,
  id: ModuleVersion,
  part: "info" | "mod",
): Promise<string> {
  return Buffer.from(await service.cache.read(id, part)).toString();
}

/** What gomodfs says, as an error with its hint and its causes. */
async function failureOf(answer: Promise<unknown>): Promise<string> {
  return await answer.then(
    () => "no failure",
    (error: unknown) =>
      isGomodfsError(error) ? JSON.stringify(describeError(error)) : String(error),
  );
}

function writeExecutable(name: string, text: string): string {
  const file = directory.join(name);
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
  return file;
}

/** Whether any file below a directory holds a text. */
async function anyFileHolds(root: string, text: string): Promise<boolean> {
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    if ((await readFile(join(entry.parentPath, entry.name))).includes(text)) return true;
  }
  return false;
}

describe("a proxy behind a password", () => {
  let proxy: ReplayProxy;
  let guard: TestServer;
  let id: ModuleVersion;

  beforeEach(async () => {
    proxy = stack.use(await startReplayProxy({ record: false }));
    id = proxy.addModule("corp.test/lib", "v1.0.0", {
      "go.mod": "module corp.test/lib\n",
      "lib.go": "package lib\n",
    });
    guard = stack.use(await guardedServer(proxy));
  });

  /** Over TLS: passes those on to the proxy who give the login. */
  async function guardedServer(behind: ReplayProxy): Promise<TestServer> {
    const expected = `Basic ${Buffer.from(login).toString("base64")}`;
    return await TestServer.start((request, response) => {
      if (request.headers.authorization !== expected) {
        response.writeHead(401, { "www-authenticate": "Basic" }).end();
        return;
      }
      fetch(`${behind.url}${request.url}`)
        .then(async (answer) => {
          const body = Buffer.from(await answer.arrayBuffer());
          response.writeHead(answer.status).end(body);
        })
        .catch(() => response.destroy());
    }, certificate);
  }

  const publicOnly = { GONOSUMDB: "corp.test", GOAUTH: "off" };

  /** Ways to give a login; each gives the settings for it. */
  const ways: readonly {
    way: string;
    give: (given: string) => Environment | Promise<Environment>;
  }[] = [
    {
      way: "in the URL",
      give: (given) => ({ GOPROXY: guard.url().href.replace("//", `//${given}@`) }),
    },
    {
      way: "in ~/.netrc",
      give: (given) => {
        writeFileSync(directory.join(".netrc"), netrc(given));
        return { GOPROXY: guard.url().href, GOAUTH: "netrc" };
      },
    },
    {
      way: "in the file that NETRC names",
      give: (given) => {
        writeFileSync(directory.join("logins"), netrc(given));
        return { GOPROXY: guard.url().href, GOAUTH: "", NETRC: directory.join("logins") };
      },
    },
    {
      way: "by a program of GOAUTH",
      give: (given) => {
        const basic = Buffer.from(given).toString("base64");
        const text = `printf '%s\\n\\nAuthorization: Basic ${basic}\\n\\n' ${guard.url().href}`;
        return { GOPROXY: guard.url().href, GOAUTH: `netrc; ${writeExecutable("login", text)}` };
      },
    },
    {
      way: "by a program of GOAUTH that waits until it is told of a refusal",
      give: (given) => {
        const basic = Buffer.from(given).toString("base64");
        const text = `[ $# = 0 ] || { grep -q ' 401 ' && printf '%s\\n\\nAuthorization: Basic ${basic}\\n\\n' ${guard.url().href}; }`;
        return { GOPROXY: guard.url().href, GOAUTH: writeExecutable("login", text) };
      },
    },
    {
      way: "by a credential helper of git",
      give: async (given) => {
        const options = { directory: directory.path, environment: machine({}) };
        await runSuccessfully(["git", "init", "--quiet"], options);
        const helper = "store --file=logins";
        await runSuccessfully(["git", "config", "credential.helper", helper], options);
        const url = guard.url().href.replace("//", `//${given}@`);
        writeFileSync(directory.join("logins"), `${url}\n`);
        return { GOPROXY: guard.url().href, GOAUTH: `git ${directory.path}` };
      },
    },
  ];

  function netrc(given: string): string {
    const [user, password] = given.split(":");
    return `machine ${guard.url().host} login ${user} password ${password}\n`;
  }

  it.each(ways)("with a login $way, gives what it gives to go", async ({ give }) => {
    const settings = { ...publicOnly, ...(await give(login)) };
    const expected = await goDownload(id, settings);
    expect(expected).toMatchObject({ error: "" });
    const { service, told } = await openService(settings);
    await service.cache.ensure(id, "zip");
    expect(service.store.openModule(id)?.h1).toBe(expected.sum);
    expect(await textOf(service, id, "mod")).toBe(await expected.read(".mod"));
    expect(await textOf(service, id, "info")).toBe(await expected.read(".info"));
    await service.close();
    expect(told.join()).not.toContain("s3cret");
    expect(await anyFileHolds(directory.join("store"), "s3cret")).toBe(false);
  });

  it.each(ways)("with a wrong login $way, refuses, and nobody is shown it", async ({ give }) => {
    const settings = { ...publicOnly, ...(await give("ann:wr0ng")) };
    expect((await goDownload(id, settings)).error).toContain("401");
    const { service, told } = await openService(settings);
    const failure = await failureOf(service.cache.ensure(id, "zip"));
    expect(failure).toMatch(/"code":"UPSTREAM".*give credentials/);
    expect(failure).toContain("/corp.test/lib/@v/v1.0.0.zip: 401");
    await service.close();
    const basic = Buffer.from("ann:wr0ng").toString("base64");
    for (const secret of ["wr0ng", basic]) {
      expect(failure).not.toContain(secret);
      expect(told.join()).not.toContain(secret);
      expect(await anyFileHolds(directory.join("store"), secret)).toBe(false);
    }
  });

  it("is given no login in the clear, on loopback neither, as by go", async () => {
    const settings = { ...publicOnly, GOPROXY: proxy.url.replace("//", `//${login}@`) };
    expect((await goDownload(id, settings)).error).toContain("refusing to pass credentials");
    const { service } = await openService(settings);
    const failure = await failureOf(service.cache.ensure(id, "zip"));
    expect(failure).toContain("refusing to pass credentials to insecure URL http://ann:xxxxx@");
    expect(failure).not.toContain("s3cret");
    expect(proxy.requests.size).toBe(0);
  });
});

describe("modules that only version control has", () => {
  let forge: GitForge;

  beforeEach(async () => {
    forge = stack.use(await GitForge.start({ login }));
    writeFileSync(directory.join(".netrc"), "machine corp.test login ann password s3cret\n");
    await forge.commit("lib", "v1.0.0", {
      "go.mod": "module corp.test/lib\n",
      "lib.go": "package lib\n",
      "sub/go.mod": "module corp.test/lib/sub\n",
      "sub/sub.go": "package sub\n",
    });
    await forge.commit("lib", "sub/v0.1.0", { "sub/sub.go": "package sub // newer\n" });
    await forge.commit("old", "v2.0.0", { "old.go": "package old\n" });
  });

  it.each([
    ["corp.test/lib", "v1.0.0", { GOPROXY: "direct", GONOSUMDB: "corp.test" }],
    ["corp.test/lib/sub", "v0.1.0", { GOPROXY: "off", GOPRIVATE: "corp.test" }],
    ["corp.test/old", "v2.0.0+incompatible", { GOPROXY: "off", GOPRIVATE: "*.test" }],
  ])("%s@%s is what go makes of it", async (path, version, chosen) => {
    const id = parseModuleVersion(path, version);
    const settings = { ...forge.environment, ...chosen };
    const expected = await goDownload(id, settings);
    expect(expected).toMatchObject({ error: "" });
    const { service, told } = await openService(settings);
    const parts = await Promise.all(
      (["info", "mod", "zip"] as const).map((part) => service.cache.ensure(id, part)),
    );
    expect(parts.map(({ origin }) => origin)).toEqual(parts.map(() => ({ kind: "direct" })));
    expect(service.store.openModule(id)?.h1).toBe(expected.sum);
    expect(await textOf(service, id, "mod")).toBe(await expected.read(".mod"));
    expect(await textOf(service, id, "info")).toBe(await expected.read(".info"));
    const named = told.filter((line) => line.startsWith("fetching "));
    expect(named).toHaveLength(1);
    expect(named[0]).toContain(`${formatModuleVersion(id)} directly from http://corp.test/`);
    expect(told.join()).not.toContain("s3cret");
  });

  it("leave nothing in the spool directory", async () => {
    const id = parseModuleVersion("corp.test/lib", "v1.0.0");
    const settings = { ...forge.environment, GOPROXY: "off", GOPRIVATE: "corp.test" };
    const { service } = await openService(settings);
    await service.cache.ensure(id, "zip");
    await service.close();
    expect(await readdir(directory.join("store/spool"))).toEqual([]);
  });

  it("need git, and no go command", async () => {
    const settings = { ...forge.environment, GOPROXY: "off", GOPRIVATE: "corp.test" };
    const id = parseModuleVersion("corp.test/lib", "v1.0.0");
    const expected = await goDownload(id, settings);
    mkdirSync(directory.join("bin"));
    const alone = { ...settings, PATH: directory.join("bin"), GOROOT: undefined };
    const { service } = await openService(alone);
    const failure = await failureOf(service.cache.ensure(id, "zip"));
    expect(failure).toMatch(/"code":"UNSUPPORTED".*install git/);
    await service.close();
    const git = (await runSuccessfully(["sh", "-c", "command -v git"])).trim();
    symlinkSync(git, directory.join("bin/git"));
    const { service: withGit } = await openService(alone);
    await withGit.cache.ensure(id, "zip");
    expect(withGit.store.openModule(id)?.h1).toBe(expected.sum);
  });
});
