import { chmodSync, writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Environment, runProgram } from "../../../test/support/program.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../../test/support/temporary_directory.ts";
import {
  makeTestCertificate,
  type TestCertificate,
} from "../../../test/support/test_certificate.ts";
import { TestServer } from "../../../test/support/test_server.ts";
import { parseModulePath } from "../../module/path.ts";
import { AccessControl } from "./access_control.ts";
import { credentialsNeeded } from "./access_refusals.ts";
import { Authenticator } from "./authenticator.ts";
import { ClientAddresses } from "./client_address.ts";
import { hashPassword, hashToken } from "./credential_hash.ts";
import { CredentialSet } from "./credential_set.ts";
import { PasswordVerifier } from "./password_verifier.ts";
import { RateLimiter } from "./rate_limiter.ts";

const TOKEN = "gomodfs_the-token-of-ci";
const PASSWORD = "correct horse";

let authority: TemporaryDirectory;
let certificate: TestCertificate;
let directory: TemporaryDirectory;
let server: TestServer;
let credentials: CredentialSet;

beforeAll(async () => {
  authority = temporaryDirectory();
  certificate = makeTestCertificate(authority, ["127.0.0.1"]);
  credentials = new CredentialSet([
    { name: "ci", hash: hashToken(TOKEN), patterns: ["corp.test"] },
    { name: "ann", hash: await hashPassword(PASSWORD), patterns: [] },
  ]);
});

afterAll(() => {
  authority[Symbol.dispose]();
});

beforeEach(async () => {
  directory = temporaryDirectory();
  const clock = (): number => performance.now();
  const control = new AccessControl({
    authenticator: new Authenticator({
      credentials: () => credentials,
      privatePatterns: ["corp.test"],
      allowAnonymous: false,
      passwords: new PasswordVerifier({ clock }),
      failures: new RateLimiter({ limit: { requestsPerSecond: 0.001, burst: 5 }, clock }),
    }),
    addresses: new ClientAddresses(),
    requests: undefined,
  });
  server = await TestServer.start((request, response) => {
    const answer = async (): Promise<void> => {
      const admission = await control.admit(request);
      const [, path = "", file = ""] = /^\/(.*)\/@v\/(.*)$/.exec(request.url ?? "") ?? [];
      const refusal = admission.kind === "refused" ? admission.refusal : credentialsNeeded();
      if (admission.kind === "refused" || !admission.client.mayRead(parseModulePath(path))) {
        response.writeHead(refusal.status, refusal.headers).end(refusal.text);
      } else {
        response.end(contentOf(path, file));
      }
    };
    answer().catch(() => response.destroy());
  }, certificate);
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
  directory[Symbol.dispose]();
});

/** A file of a module that has two versions. */
function contentOf(path: string, file: string): string {
  if (file === "list") return "v1.0.0\nv1.1.0\n";
  if (file.endsWith(".mod")) return `module ${path}\n`;
  return JSON.stringify({ Version: file.replace(/\.info$/, "") });
}

/** What `go list -m -versions` says. */
async function versions(module: string, settings: Environment): Promise<string> {
  const { stdout, stderr } = await runProgram(["go", "list", "-m", "-versions", module], {
    directory: directory.path,
    environment: {
      PATH: process.env["PATH"],
      HOME: directory.path,
      GOTOOLCHAIN: "local",
      GOTELEMETRY: "off",
      GOFLAGS: "-modcacherw",
      GOPROXY: server.url().href,
      GONOSUMDB: "*",
      SSL_CERT_FILE: certificate.authorityFile,
      ...settings,
    },
  });
  return stdout + stderr;
}

function netrc(login: string, password: string): Environment {
  const file = directory.join("netrc");
  writeFileSync(file, `machine ${server.url().host} login ${login} password ${password}\n`);
  return { NETRC: file };
}

function program(header: string): Environment {
  const file = directory.join("goauth");
  writeFileSync(
    file,
    `#!/bin/sh\n[ $# = 0 ] || { grep -q '^HTTP/1.1 401' && printf '%s\\n\\n%s\\n\\n' ${server.url().href} '${header}'; }\n`,
  );
  chmodSync(file, 0o755);
  return { GOAUTH: file };
}

describe("the go command", () => {
  it("is let in with a token in .netrc", async () => {
    expect(await versions("example.com/m", netrc("ci", TOKEN))).toBe(
      "example.com/m v1.0.0 v1.1.0\n",
    );
  });

  it("is let in with a token in the URL of GOPROXY", async () => {
    const GOPROXY = server.url().href.replace("//", `//ci:${TOKEN}@`);
    expect(await versions("example.com/m", { GOPROXY })).toContain("v1.1.0");
  });

  it("is let in with a password in the URL of GOPROXY", async () => {
    const GOPROXY = server.url().href.replace("//", `//ann:${encodeURIComponent(PASSWORD)}@`);
    expect(await versions("example.com/m", { GOPROXY })).toContain("v1.1.0");
  });

  it("is let in with a bearer token that a program of GOAUTH prints when it is told of the refusal", async () => {
    const settings = program(`Authorization: Bearer ${TOKEN}`);
    expect(await versions("example.com/m", settings)).toBe("example.com/m v1.0.0 v1.1.0\n");
  });

  it("tells its user what the server wants", async () => {
    const said = await versions("example.com/m", {});
    expect(said).toMatch(
      /401 Unauthorized\s+server response: credentials are needed: add "machine HOST/,
    );
  });

  it("tells its user of a wrong password, and after several to wait", async () => {
    const settings = netrc("ann", "wr0ng");
    expect(await versions("example.com/m", settings)).toMatch(
      /401 Unauthorized\s+server response: the name, or the token or password given for it, is wrong/,
    );
    await versions("example.com/m", settings);
    expect(await versions("example.com/m", settings)).toMatch(
      /429 Too Many Requests\s+server response: too many wrong passwords from this address/,
    );
    expect(await versions("example.com/m", netrc("ci", TOKEN))).toContain("v1.1.0");
  });

  it("gets private modules only where its client may read them", async () => {
    expect(await versions("corp.test/m", netrc("ci", TOKEN))).toBe("corp.test/m v1.0.0 v1.1.0\n");
    const GOPROXY = server.url().href.replace("//", `//ann:${encodeURIComponent(PASSWORD)}@`);
    expect(await versions("corp.test/m", { GOPROXY })).toContain("401 Unauthorized");
  });
});
