import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../../test/support/temporary_directory.ts";
import {
  makeTestCertificate,
  type TestCertificate,
} from "../../../test/support/test_certificate.ts";
import { isGomodfsError } from "../../lib/gomodfs_error.ts";
import { parseModulePath } from "../../module/path.ts";
import { HttpClient, type HttpClientOptions } from "../http_client.ts";
import { GitForge, importPage } from "../testdata/git_forge.ts";
import { GoImportPages } from "./go_import_pages.ts";
import { Govcs } from "./govcs.ts";
import { RepositoryRoots, type RepositoryRootsOptions } from "./repository_roots.ts";

let authority: TemporaryDirectory;
let certificate: TestCertificate;
let stack: AsyncDisposableStack;
let forge: GitForge;

beforeAll(() => {
  authority = temporaryDirectory();
  certificate = makeTestCertificate(authority, ["corp.test", "other.test"]);
});

afterAll(() => {
  authority[Symbol.dispose]();
});

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  forge = stack.use(await GitForge.start({ certificate }));
});

afterEach(async () => {
  await stack.disposeAsync();
});

interface Given extends Partial<Omit<RepositoryRootsOptions, "pages" | "govcs">> {
  readonly govcs?: string;
  readonly goprivate?: string;
  readonly client?: Partial<HttpClientOptions>;
}

function rootsOf(behind: GitForge, given: Given = {}): RepositoryRoots {
  const { govcs = "", goprivate = "", client = {}, ...options } = given;
  const http = {
    userAgent: "gomodfs/test",
    env: behind.environment,
    retry: { attempts: 1 },
    ...client,
  };
  const pages = new GoImportPages({
    client: stack.use(new HttpClient(http)),
    insecureClient: stack.use(new HttpClient({ ...http, insecure: true })),
    ...(options.freshness !== undefined && { freshness: options.freshness }),
  });
  return new RepositoryRoots({
    pages,
    govcs: new Govcs(govcs, goprivate),
    goinsecure: "",
    allowedProtocols: undefined,
    isReachable: () => Promise.resolve(false),
    ...options,
  });
}

/** What is found, or the code and the message of the error. */
async function found(roots: RepositoryRoots, path: string): Promise<unknown> {
  try {
    return await roots.find(parseModulePath(path));
  } catch (error) {
    return isGomodfsError(error) ? `${error.code}: ${error.message}` : error;
  }
}

const git = (root: string, url: string, subdirectory = "", insecure = false): unknown => ({
  kind: "git",
  root,
  url,
  subdirectory,
  insecure,
});
const lib = git("corp.test/lib", "https://corp.test/lib.git");

describe("RepositoryRoots", () => {
  it("reads the page of a module, and that of the prefix which it names", async () => {
    const roots = rootsOf(forge);
    expect(await found(roots, "corp.test/lib")).toEqual(lib);
    expect(forge.requests).toEqual(["GET https://corp.test/lib?go-get=1"]);
    expect(await found(roots, "corp.test/lib/sub/v2")).toEqual(lib);
    expect(forge.requests.slice(1)).toEqual(["GET https://corp.test/lib/sub/v2?go-get=1"]);
    expect(await found(rootsOf(forge), "corp.test/other/sub")).toEqual(
      git("corp.test/other", "https://corp.test/other.git"),
    );
    expect(forge.requests.at(-1)).toBe("GET https://corp.test/other?go-get=1");
  });

  it("asks once for all who want the same, and not again for a while", async () => {
    const roots = rootsOf(forge);
    const paths = ["corp.test/lib/a", "corp.test/lib/b", "corp.test/lib"];
    const many = Array.from({ length: 50 }, (_, index) => paths[index % 3] ?? "");
    const answers = await Promise.all(many.map(async (path) => await found(roots, path)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(await found(roots, "corp.test/lib/a")).toEqual(lib);
    expect(forge.requests.toSorted()).toEqual([
      "GET https://corp.test/lib/a?go-get=1",
      "GET https://corp.test/lib/b?go-get=1",
      "GET https://corp.test/lib?go-get=1",
    ]);
  });

  it("asks again when an answer is no longer fresh", async () => {
    const roots = rootsOf(forge, { freshness: 5 });
    expect(await found(roots, "corp.test/lib")).toEqual(lib);
    forge.setImports("corp.test/lib", "corp.test/lib mod https://other.test/proxy");
    await sleep(20);
    expect(await found(roots, "corp.test/lib")).toMatchObject({ kind: "proxy" });
  });

  it.each([
    [
      "git with a directory",
      "corp.test/x git https://other.test/x.git a/b",
      git("corp.test/x", "https://other.test/x.git", "a/b"),
    ],
    [
      "git over SSH",
      "corp.test/x git ssh://git@other.test/x.git",
      git("corp.test/x", "ssh://git@other.test/x.git"),
    ],
    [
      "Mercurial",
      "corp.test/x hg https://other.test/x",
      { kind: "other", root: "corp.test/x", system: "hg" },
    ],
    [
      "a GOPROXY",
      "corp.test/x mod https://other.test/p",
      { kind: "proxy", root: "corp.test/x", url: new URL("https://other.test/p") },
    ],
    [
      "Subversion",
      "corp.test/x svn https://other.test/x",
      "FORBIDDEN: unrecognized import path \"corp.test/x\": GOVCS disallows using svn for public corp.test/x; see 'go help vcs'",
    ],
    [
      "what is unknown",
      "corp.test/x cvs https://other.test/x",
      'UPSTREAM: unrecognized import path "corp.test/x": https://corp.test/x?go-get=1: unknown vcs "cvs"',
    ],
    [
      "an absolute directory",
      "corp.test/x git https://other.test/x /etc",
      'UPSTREAM: unrecognized import path "corp.test/x": https://corp.test/x?go-get=1: invalid subdirectory "/etc"',
    ],
    [
      "an option for a directory",
      "corp.test/x git https://other.test/x -rf",
      'UPSTREAM: unrecognized import path "corp.test/x": https://corp.test/x?go-get=1: invalid subdirectory "-rf"',
    ],
    [
      "an option for a repository",
      "corp.test/x git --upload-pack=x://",
      'UPSTREAM: unrecognized import path "corp.test/x": https://corp.test/x?go-get=1: invalid repo root "--upload-pack=x://": no scheme',
    ],
    [
      "a repository without a scheme",
      "corp.test/x git ann:s3cret@other.test/x.git",
      'UPSTREAM: unrecognized import path "corp.test/x": https://corp.test/x?go-get=1: git remote "xxxxx@other.test/x.git" must not be local directory',
    ],
    [
      "files",
      "corp.test/x git file:///etc",
      'UPSTREAM: unrecognized import path "corp.test/x": https://corp.test/x?go-get=1: invalid repo root "file:///etc": file scheme disallowed',
    ],
    [
      "files of a GOPROXY",
      "corp.test/x mod File:///etc",
      'UPSTREAM: unrecognized import path "corp.test/x": https://corp.test/x?go-get=1: invalid repo root "File:///etc": file scheme disallowed',
    ],
    [
      "a GOPROXY that is none",
      "corp.test/x mod ftp://u:s3cret@other.test",
      'UPSTREAM: unrecognized import path "corp.test/x": https://corp.test/x?go-get=1: invalid proxy URL scheme (must be https, http): ftp://u:xxxxx@other.test/',
    ],
    [
      "another path",
      "corp.test/y git https://other.test/x",
      'NOT_FOUND: unrecognized import path "corp.test/x": parse https://corp.test/x?go-get=1: no go-import meta tags (meta tag corp.test/y did not match import path corp.test/x)',
    ],
  ])("understands a page that names %s", async (_, content, expected) => {
    forge.setImports("corp.test/x", content);
    expect(await found(rootsOf(forge), "corp.test/x")).toEqual(expected);
  });

  it("does not believe a page about a prefix that says something else", async () => {
    forge.setImports("corp.test/lib/sub", "corp.test/lib git https://other.test/evil.git");
    expect(await found(rootsOf(forge), "corp.test/lib/sub")).toBe(
      'UPSTREAM: unrecognized import path "corp.test/lib/sub": https://corp.test/lib/sub?go-get=1 and https://corp.test/lib?go-get=1 disagree about go-import for corp.test/lib',
    );
    forge.setImports("corp.test/missing/sub", "corp.test/missing git https://other.test/evil.git");
    expect(await found(rootsOf(forge), "corp.test/missing/sub")).toMatch(
      /^NOT_FOUND: .*reading https:\/\/corp.test\/missing\?go-get=1: 404$/,
    );
  });

  it("takes tags from the page of an error too", async () => {
    forge.setPage("corp.test/lib", (_request, response) => {
      response.writeHead(404).end(importPage(["corp.test/lib git https://corp.test/lib.git"]));
    });
    expect(await found(rootsOf(forge), "corp.test/lib")).toEqual(lib);
    forge.setPage("corp.test/busy", (_request, response) => {
      response.writeHead(503, { "content-type": "text/plain" }).end("come back later");
    });
    expect(await found(rootsOf(forge), "corp.test/busy")).toBe(
      'UPSTREAM: unrecognized import path "corp.test/busy": reading https://corp.test/busy?go-get=1: 503: come back later',
    );
  });

  it("follows redirects, but not to http", async () => {
    forge.setPage("corp.test/moved", (_request, response) => {
      response.writeHead(302, { location: "https://other.test/there?go-get=1" }).end();
    });
    forge.setImports("other.test/there", "corp.test/moved git https://other.test/m.git");
    expect(await found(rootsOf(forge), "corp.test/moved")).toEqual(
      git("corp.test/moved", "https://other.test/m.git"),
    );
    forge.setPage("corp.test/downgraded", (_request, response) => {
      response.writeHead(302, { location: "http://corp.test/lib?go-get=1" }).end();
    });
    expect(await found(rootsOf(forge), "corp.test/downgraded")).toContain(
      "redirected to insecure URL http://corp.test/lib",
    );
  });

  it("reads no more of a page than it needs", async () => {
    const tags = importPage(["corp.test/lib git https://corp.test/lib.git"]);
    const endless = (beginning: string) => (_request: unknown, response: NodeJS.WritableStream) => {
      response.write(beginning);
      const timer = setInterval(() => response.write(" ".repeat(100_000)), 1);
      response.on("close", () => clearInterval(timer));
      response.on("error", () => {});
    };
    forge.setPage("corp.test/lib", endless(`${tags}<body>`));
    expect(await found(rootsOf(forge), "corp.test/lib")).toEqual(lib);
    forge.setPage("corp.test/late", endless(`${" ".repeat(1 << 20)}${tags}`));
    expect(await found(rootsOf(forge), "corp.test/late")).toContain("no go-import meta tags");
    forge.setPage("corp.test/error", (request, response) => {
      response.writeHead(404);
      endless(" ")(request, response);
    });
    expect(await found(rootsOf(forge), "corp.test/error")).toContain("404");
  });

  it("does not wait for ever for a page", async () => {
    forge.setPage("corp.test/slow", () => {});
    const client = { timeouts: { idle: 50 } };
    expect(await found(rootsOf(forge, { client }), "corp.test/slow")).toMatch(/^TIMEOUT: /);
  });

  it("says so if a page cannot be read", async () => {
    forge.setPage("corp.test/broken", (_request, response) => response.end("<p a=b/c>"));
    expect(await found(rootsOf(forge), "corp.test/broken")).toBe(
      'NOT_FOUND: unrecognized import path "corp.test/broken": parsing https://corp.test/broken?go-get=1: expected /> in element at byte 7',
    );
    expect(await found(rootsOf(forge), "a.1/b")).toContain("does not begin with hostname");
  });

  it("asks no page about a well-known host, or a suffix", async () => {
    const tried: string[] = [];
    const isReachable = async (url: string): Promise<boolean> => {
      tried.push(url);
      return await Promise.resolve(url.startsWith("ssh:"));
    };
    const roots = rootsOf(forge, { isReachable, goinsecure: "corp.test/open.git" });
    expect(await found(roots, "github.com/a/b/c")).toEqual(
      git("github.com/a/b", "https://github.com/a/b"),
    );
    expect(tried).toEqual([]);
    expect(await found(roots, "corp.test/x.git/y")).toEqual(
      git("corp.test/x.git", "ssh://corp.test/x"),
    );
    expect(tried.splice(0)).toEqual([
      "https://corp.test/x",
      "git+ssh://corp.test/x",
      "ssh://corp.test/x",
    ]);
    await found(roots, "corp.test/open.git");
    expect(tried.map((url) => new URL(url).protocol)).toEqual([
      "git:",
      "https:",
      "http:",
      "git+ssh:",
      "ssh:",
    ]);
    expect(forge.requests).toEqual([]);
  });

  it("lets git's own setting say which schemes are secure", async () => {
    const tried: string[] = [];
    const isReachable = async (url: string): Promise<boolean> => {
      tried.push(url);
      return await Promise.resolve(false);
    };
    const roots = rootsOf(forge, { isReachable, allowedProtocols: "http:https" });
    expect(await found(roots, "corp.test/x.git")).toBe(
      "NOT_FOUND: no secure protocol found for repository corp.test/x",
    );
    expect(tried).toEqual(["https://corp.test/x", "http://corp.test/x"]);
  });

  it("knows where some modules are that no page tells of", async () => {
    const client = { env: { ...forge.environment, HTTPS_PROXY: "http://127.0.0.1:9/" } };
    const roots = rootsOf(forge, { client, govcs: "*:all" });
    expect(await found(roots, "launchpad.net/project/series")).toEqual({
      kind: "other",
      root: "launchpad.net/project/series",
      system: "bzr",
    });
  });

  it("lets GOVCS choose, for private modules otherwise than for public ones", async () => {
    const settings = { govcs: "private:svn,public:hg", goprivate: "corp.test/secret" };
    const roots = rootsOf(forge, settings);
    forge.setImports("corp.test/secret", "corp.test/secret svn https://other.test/x");
    expect(await found(roots, "corp.test/secret")).toMatchObject({ system: "svn" });
    expect(await found(roots, "corp.test/lib")).toContain("FORBIDDEN");
    expect(await found(roots, "github.com/a/b")).toBe(
      "FORBIDDEN: GOVCS disallows using git for public github.com/a/b; see 'go help vcs'",
    );
    expect(await found(rootsOf(forge, { govcs: "git" }), "github.com/a/b")).toMatch(/^USAGE: /);
  });
});

describe("RepositoryRoots with GOINSECURE", () => {
  const goinsecure = "corp.test";

  it("tries http where https does not answer, and only for what it names", async () => {
    const plain = stack.use(await GitForge.start());
    const roots = rootsOf(plain, { goinsecure: "corp.test/open" });
    expect(await found(roots, "corp.test/open")).toEqual(
      git("corp.test/open", "http://corp.test/open.git", "", true),
    );
    expect(await found(roots, "corp.test/lib")).toMatch(/^UPSTREAM: /);
    expect(plain.requests).toEqual(["GET http://corp.test/open?go-get=1"]);
  });

  it("takes https from a server that proves nothing", async () => {
    const client = { env: { ...forge.environment, SSL_CERT_FILE: undefined } };
    expect(await found(rootsOf(forge, { client }), "corp.test/lib")).toMatch(/^UPSTREAM: /);
    expect(forge.requests).toEqual([]);
    expect(await found(rootsOf(forge, { client, goinsecure }), "corp.test/lib")).toEqual(
      git("corp.test/lib", "https://corp.test/lib.git", "", true),
    );
    expect(forge.requests).toEqual(["GET https://corp.test/lib?go-get=1"]);
  });

  it("takes an answer over https for one", async () => {
    expect(await found(rootsOf(forge, { goinsecure }), "corp.test/missing")).toMatch(/^NOT_FOUND/);
    expect(forge.requests).toEqual(["GET https://corp.test/missing?go-get=1"]);
  });

  it("follows redirects to http", async () => {
    forge.setPage("corp.test/downgraded", (request, response) => {
      if (forge.requests.at(-1)?.includes("https:") === true) {
        response.writeHead(302, { location: "http://corp.test/downgraded?go-get=1" }).end();
      } else {
        response.end(importPage(["corp.test/downgraded git https://corp.test/lib.git"]));
      }
      request.resume();
    });
    expect(await found(rootsOf(forge, { goinsecure }), "corp.test/downgraded")).toEqual(
      git("corp.test/downgraded", "https://corp.test/lib.git", "", true),
    );
  });
});
