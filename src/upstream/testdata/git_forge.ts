import { spawn } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { dirname } from "node:path";
import { runSuccessfully } from "../../../test/support/program.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../../test/support/temporary_directory.ts";
import { TestServer } from "../../../test/support/test_server.ts";
import type { Environment } from "../go_installation.ts";

/** Files of a commit: names relative to the root of the repository to contents. */
export type CommitFiles = Readonly<Record<string, string>>;

/** How to start a {@linkcode GitForge}. */
export interface GitForgeOptions {
  /** `user:password` that git must give; nobody is asked unless given. */
  readonly login?: string;
}

/**
 * The host `corp.test`: real git repositories behind `git http-backend`, and go-import tags that name them, over plain
 * http. It is an HTTP proxy on 127.0.0.1, so that programs find a name that exists nowhere.
 */
export class GitForge implements AsyncDisposable {
  /** `GET http://corp.test/lib?go-get=1` and the like, in the order in which they came. */
  readonly requests: string[] = [];
  readonly #directory: TemporaryDirectory = temporaryDirectory();
  readonly #options: GitForgeOptions;
  #server: TestServer | undefined;

  private constructor(options: GitForgeOptions) {
    this.#options = options;
  }

  static async start(options: GitForgeOptions = {}): Promise<GitForge> {
    const forge = new GitForge(options);
    forge.#server = await TestServer.start((request, response) => forge.#serve(request, response));
    return forge;
  }

  /** Variables with which go and git reach it, besides PATH and HOME. */
  get environment(): Environment {
    const proxy = this.#server?.url().href ?? "";
    return {
      // libcurl, and so git, reads the name in lower case only (CVE-2016-5385).
      HTTP_PROXY: proxy,
      http_proxy: proxy,
      // cmd/go tries https first; the forge hangs up on CONNECT.
      HTTPS_PROXY: proxy,
      GOINSECURE: "corp.test",
      GIT_CONFIG_NOSYSTEM: "1",
    };
  }

  /** Commits files to the repository of `corp.test/NAME`, on top of what is there, and tags the commit. */
  async commit(name: string, tag: string, files: CommitFiles): Promise<void> {
    const work = this.#directory.join("work", name);
    mkdirSync(work, { recursive: true });
    for (const [file, content] of Object.entries(files)) {
      mkdirSync(dirname(`${work}/${file}`), { recursive: true });
      writeFileSync(`${work}/${file}`, content);
    }
    const git = async (...args: readonly string[]): Promise<string> =>
      await runSuccessfully(["git", "-c", "user.name=t", "-c", "user.email=t@t.test", ...args], {
        directory: work,
        environment: {
          PATH: process.env["PATH"],
          HOME: this.#directory.path,
          GIT_CONFIG_NOSYSTEM: "1",
          GIT_AUTHOR_DATE: "2020-01-02T03:04:05Z",
          GIT_COMMITTER_DATE: "2020-01-02T03:04:05Z",
        },
      });
    const repository = this.#directory.join(`${name}.git`);
    if (!existsSync(repository)) await git("init", "--quiet", "--separate-git-dir", repository);
    await git("add", "--all");
    await git("commit", "--quiet", "--message", tag);
    await git("tag", tag);
  }

  /** Number of requests that match. */
  requestsMatching(pattern: RegExp): number {
    return this.requests.filter((request) => pattern.test(request)).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
    this.#directory[Symbol.dispose]();
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? "", "http://corp.test");
    this.requests.push(`${request.method} ${url.href}`);
    if (url.searchParams.has("go-get")) sendImportTag(url, response);
    else if (!this.#admits(request)) {
      response.writeHead(401, { "www-authenticate": 'Basic realm="forge"' }).end();
    } else runBackend(this.#directory.path, url, request, response);
  }

  #admits(request: IncomingMessage): boolean {
    const { login } = this.#options;
    if (login === undefined) return true;
    return request.headers.authorization === `Basic ${Buffer.from(login).toString("base64")}`;
  }
}

function sendImportTag(url: URL, response: ServerResponse): void {
  const name = url.pathname.split("/")[1] ?? "";
  if (name === "" || name.startsWith("missing")) {
    response.writeHead(404).end();
    return;
  }
  const content = `corp.test/${name} git http://corp.test/${name}.git`;
  response.end(`<html><head><meta name="go-import" content="${content}"></head></html>`);
}

/** RFC 3875: the request in variables and on standard input, headers and the body on standard output. */
function runBackend(
  root: string,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { "content-type": type, "content-encoding": encoding, "git-protocol": protocol } =
    request.headers;
  const backend = spawn("git", ["http-backend"], {
    stdio: ["pipe", "pipe", "ignore"],
    env: {
      PATH: process.env["PATH"],
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: "1",
      REQUEST_METHOD: request.method,
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      CONTENT_TYPE: type,
      HTTP_CONTENT_ENCODING: encoding,
      GIT_PROTOCOL: Array.isArray(protocol) ? protocol.join() : protocol,
    },
  });
  backend.stdin.on("error", () => {});
  request.pipe(backend.stdin);
  const chunks: Buffer[] = [];
  backend.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  backend.once("error", () => response.destroy());
  backend.once("close", () => {
    const output = Buffer.concat(chunks);
    const end = output.indexOf("\r\n\r\n");
    let status = 200;
    for (const line of output.subarray(0, Math.max(0, end)).toString().split("\r\n")) {
      const [name = "", value = ""] = line.split(/: */, 2);
      if (name === "Status") status = Number.parseInt(value, 10);
      else if (name !== "") response.setHeader(name, value);
    }
    response.writeHead(status).end(output.subarray(end + 4));
  });
}
