import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { getText, HttpFixture } from "../../test/support/http_fixture.ts";
import { runSuccessfully } from "../../test/support/program.ts";
import { rejection } from "../../test/support/rejection.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../test/support/temporary_directory.ts";
import { makeTestCertificate, type TestCertificate } from "../../test/support/test_certificate.ts";
import type { TestServer } from "../../test/support/test_server.ts";
import { describeError, type LogFields, type Logger, silentLogger } from "../lib/logger.ts";
import type { Environment } from "./go_installation.ts";
import { GoauthCredentials } from "./goauth_credentials.ts";
import type { HttpClient, HttpResult } from "./http_client.ts";

let authority: TemporaryDirectory;
let certificate: TestCertificate;
let fixture: HttpFixture;
let directory: TemporaryDirectory;

beforeAll(() => {
  authority = temporaryDirectory();
  certificate = makeTestCertificate(authority, ["127.0.0.1"]);
});

afterAll(() => {
  authority[Symbol.dispose]();
});

beforeEach(() => {
  fixture = new HttpFixture();
  directory = temporaryDirectory();
});

afterEach(async () => {
  await fixture[Symbol.asyncDispose]();
  directory[Symbol.dispose]();
});

const basic = (login: string): string => `Basic ${Buffer.from(login).toString("base64")}`;

/** A server that lets in who gives this login, and what it was given. */
async function guarded(
  login: string,
  refusal = 401,
): Promise<{ server: TestServer; seen: (string | undefined)[] }> {
  const seen: (string | undefined)[] = [];
  const server = await fixture.serve((request, response) => {
    const { authorization } = request.headers;
    seen.push(authorization);
    if (authorization === basic(login)) response.end("welcome");
    else {
      response.writeHead(refusal, { "X-Challenge": "who are you?", "content-type": "text/plain" });
      response.end("go away");
    }
  }, certificate);
  return { server, seen };
}

function environment(): Environment {
  return { PATH: process.env["PATH"], HOME: directory.path, GIT_CONFIG_NOSYSTEM: "1" };
}

function credentials(
  goauth: string,
  log: Logger = silentLogger,
  timeout = 30_000,
): GoauthCredentials {
  return new GoauthCredentials({ goauth, environment: environment(), log, timeout });
}

function client(goauth: string, log: Logger = silentLogger): HttpClient {
  const env = { SSL_CERT_FILE: certificate.authorityFile };
  return fixture.client({ env, credentials: credentials(goauth, log) });
}

/** A program for GOAUTH; each of its runs adds a line to `runs` with its arguments and what it was told. */
function program(name: string, text: string): string {
  const file = directory.join(name);
  writeFileSync(
    file,
    `#!/bin/sh\nbody=$(cat)\nprintf '%s|%s\\n' "$*" "$body" >> ${directory.join("runs")}\n${text}\n`,
  );
  chmodSync(file, 0o755);
  return file;
}

function runs(): string {
  return existsSync(directory.join("runs")) ? readFileSync(directory.join("runs"), "utf8") : "";
}

function prints(url: string, login: string): string {
  return `printf '%s\\n\\nAuthorization: %s\\n\\n' '${url}' '${basic(login)}'`;
}

function refused(status: number): HttpResult<string> {
  return { ok: false, status, reason: "go away" };
}

const welcome = { ok: true, body: "welcome" };

/** A logger, and all that it was told. */
function listeningLogger(): { log: Logger; told: string[] } {
  const told: string[] = [];
  const tell =
    (level: string) =>
    (message: string, fields: LogFields = {}): void => {
      const error = JSON.stringify(describeError(fields["error"]));
      told.push(`${level}: ${message} ${error}`);
    };
  const log = {
    debug: tell("debug"),
    info: tell("info"),
    warn: tell("warn"),
    error: tell("error"),
  };
  return { log, told };
}

describe("GOAUTH=netrc and off", () => {
  it("sends what .netrc says, the first of equal machines", async () => {
    const { server, seen } = await guarded("ann:pw");
    const { host } = server.url();
    writeFileSync(
      directory.join(".netrc"),
      `machine ${host} login ann password pw\nmachine ${host} login bob password no\n`,
    );
    expect(await getText(client("netrc"), server.url("/x"))).toEqual(welcome);
    expect(seen).toEqual([basic("ann:pw")]);
    expect(await getText(client("off"), server.url("/x"))).toEqual(refused(401));
  });

  it("reads .netrc again when it is refused", async () => {
    const { server } = await guarded("ann:new");
    const netrc = (password: string): void =>
      writeFileSync(
        directory.join(".netrc"),
        `machine ${server.url().host} login ann password ${password}\n`,
      );
    netrc("old");
    const http = client("netrc");
    expect(await getText(http, server.url())).toEqual(refused(401));
    netrc("new");
    expect(await getText(http, server.url())).toEqual(welcome);
  });

  it("asks once where there is nothing new to say", async () => {
    const { server, seen } = await guarded("ann:pw", 404);
    expect(await getText(client("netrc"), server.url())).toEqual(refused(404));
    expect(seen).toEqual([undefined]);
  });
});

describe("GOAUTH with a program", () => {
  it("runs it once before the first request, and attaches its headers", async () => {
    const { server, seen } = await guarded("ann:pw");
    const helper = program("helper", prints(server.url().href, "ann:pw"));
    const http = client(`${helper} --user "a b"`);
    const answers = [1, 2, 3].map(async (n) => await getText(http, server.url(`/${n}`)));
    expect(await Promise.all(answers)).toEqual([welcome, welcome, welcome]);
    expect(seen).toEqual([basic("ann:pw"), basic("ann:pw"), basic("ann:pw")]);
    expect(runs()).toBe("--user a b|\n");
  });

  it.each([401, 403, 404, 451])("tells it of a refusal with %d", async (status) => {
    const { server, seen } = await guarded("ann:pw", status);
    const helper = program(
      "helper",
      `if [ $# = 1 ]; then ${prints(server.url("/team").href, "ann:pw")}; fi`,
    );
    expect(await getText(client(helper), server.url("/team/x?q=1"))).toEqual(welcome);
    expect(seen).toEqual([undefined, basic("ann:pw")]);
    const [first, second, ...headers] = runs().split("\n");
    expect(first).toBe("|");
    expect(second).toMatch(
      new RegExp(`^${server.url("/team/x").href}\\?q=1\\|HTTP/1\\.1 ${status} \\w+`),
    );
    expect(headers).toContain("X-Challenge: who are you?");
  });

  it("asks a second time at most", async () => {
    const { server, seen } = await guarded("ann:pw");
    const { href } = server.url();
    const helper = program(
      "helper",
      `if [ $# = 1 ]; then ${prints(href, "ann:no")}; else ${prints(href, "bob:no")}; fi`,
    );
    expect(await getText(client(helper), server.url())).toEqual(refused(401));
    expect(seen).toEqual([basic("bob:no"), basic("ann:no")]);
    expect(runs().match(/\|/g)).toHaveLength(2);
  });

  it("lets requests that were refused together share what one of them brought", async () => {
    const { server } = await guarded("ann:pw");
    const helper = program(
      "helper",
      `if [ $# = 1 ]; then sleep 0.2; ${prints(server.url().href, "ann:pw")}; fi`,
    );
    const http = client(helper);
    const answers = Array.from({ length: 16 }, async () => await getText(http, server.url("/x")));
    expect(new Set((await Promise.all(answers)).map(({ ok }) => ok))).toEqual(new Set([true]));
    // The first run, and as many as may go at once.
    expect(runs().match(/\|/g)?.length).toBeLessThanOrEqual(5);
  });

  it("gives the first of several commands the last word, and a longer prefix before it", async () => {
    const { server, seen } = await guarded("ann:pw");
    const first = program("first", prints(server.url().href, "ann:pw"));
    const second = program("second", prints(server.url().href, "bob:pw"));
    const longer = program("longer", prints(server.url("/team").href, "cat:pw"));
    const http = client(`${first}; ${second}; ${longer}`);
    expect(await getText(http, server.url("/other"))).toEqual(welcome);
    await getText(http, server.url("/team"));
    expect(seen.slice(0, 2)).toEqual([basic("ann:pw"), basic("cat:pw")]);
  });

  it("goes on without one that fails, and says so once without what it printed", async () => {
    const { server } = await guarded("ann:pw", 404);
    const failing = program("failing", "echo s3cret; echo s3cret >&2; exit 7");
    const garbled = program("garbled", "echo s3cret");
    const { log, told } = listeningLogger();
    const http = client(`${failing} --token=s3cret; ${garbled}; none-of-this-name`, log);
    await getText(http, server.url());
    await getText(http, server.url());
    const warnings = told.filter((line) => line.startsWith("warn"));
    expect(warnings).toHaveLength(3);
    expect(warnings.join()).toContain("failing ended with 7");
    expect(warnings.join()).toContain("not as go help goauth says");
    expect(warnings.join()).toContain("cannot run none-of-this-name");
    expect(told.join()).not.toContain("s3cret");
  });

  it("is not run for plain http, nor where the URL has a login", async () => {
    const { server } = await guarded("ann:pw", 404);
    const plain = await fixture.serve((_request, response) => response.end("plain"));
    const http = client(program("helper", ""));
    await getText(http, plain.url());
    await getText(http, new URL(server.url().href.replace("//", "//u:p@")));
    expect(runs()).toBe("");
  });

  it("is ended when it takes too long, when nobody waits, and when all ends", async () => {
    const slow = program("slow", "sleep 300");
    const url = new URL("https://127.0.0.1:1/");
    const { log, told } = listeningLogger();
    expect(await credentials(slow, log, 50).headersFor(url, undefined)).toEqual({});
    expect(told.join()).toContain("did not end within 50 ms");
    const waiting = credentials(slow).headersFor(url, AbortSignal.timeout(50));
    await expect(waiting).rejects.toEqual(rejection("CANCELLED"));
    const ending = credentials(slow);
    const ended = ending.headersFor(url, undefined);
    setTimeout(() => ending[Symbol.dispose](), 50);
    await expect(ended).rejects.toEqual(rejection("CANCELLED"));
  });
});

describe("GOAUTH=git", () => {
  async function configureHelper(): Promise<void> {
    const options = { directory: directory.path, environment: environment() };
    await runSuccessfully(["git", "init", "--quiet"], options);
    const helper = "store --file=logins";
    await runSuccessfully(["git", "config", "credential.helper", helper], options);
  }

  function writeLogin(server: TestServer, login: string): void {
    const url = server.url().href.replace("//", `//${login}@`);
    writeFileSync(directory.join("logins"), `${url}\n`);
  }

  it("asks git when refused, and lets it keep what was good", async () => {
    const { server, seen } = await guarded("ann:pw", 404);
    await configureHelper();
    writeLogin(server, "ann:pw");
    const http = client(`git ${directory.path}`);
    expect(await getText(http, server.url("/x"))).toEqual(welcome);
    expect(await getText(http, server.url("/y"))).toEqual(welcome);
    expect(seen).toEqual([undefined, basic("ann:pw"), basic("ann:pw")]);
    expect(readFileSync(directory.join("logins"), "utf8")).toContain("ann:pw");
  });

  it("lets git forget what was bad", async () => {
    const { server } = await guarded("ann:pw");
    await configureHelper();
    writeLogin(server, "ann:wrong");
    const http = client(`git ${directory.path}`);
    expect(await getText(http, server.url("/x"))).toEqual(refused(401));
    await expect
      .poll(() => readFileSync(directory.join("logins"), "utf8"), { timeout: 20_000 })
      .toBe("");
  });
});
