import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { dirname } from "node:path";
import { TLSSocket } from "node:tls";
import { runSuccessfully } from "../../../test/support/program.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../../test/support/temporary_directory.ts";
import type { TestCertificate } from "../../../test/support/test_certificate.ts";
import type { Environment } from "../go_installation.ts";
import { answerWithGit } from "./git_backend.ts";
import { NameGateway } from "./name_gateway.ts";

/** Files of a commit: names relative to the root of the repository to contents. */
export type CommitFiles = Readonly<Record<string, string>>;

/** How to start a {@linkcode GitForge}. */
export interface GitForgeOptions {
  /** `user:password` that git must give; nobody is asked unless given. */
  readonly login?: string;
  /** Whether pages want the login too. */
  readonly guardsPages?: boolean;
  /** For https, with the names of the hosts; plain http unless given. */
  readonly certificate?: TestCertificate;
}

/**
 * The host `corp.test`, and any other: real git repositories behind `git http-backend`, and go-import tags that name them.
 * It is an HTTP proxy on 127.0.0.1, so that programs find names that exist nowhere.
 */
export class GitForge implements AsyncDisposable {
  /** `GET http://corp.test/lib?go-get=1` and the like, in the order in which they came. */
  readonly requests: string[] = [];
  readonly #directory: TemporaryDirectory = temporaryDirectory();
  readonly #options: GitForgeOptions;
  readonly #pages = new Map<string, RequestListener>();
  #gateway: NameGateway | undefined;

  private constructor(options: GitForgeOptions) {
    this.#options = options;
  }

  static async start(options: GitForgeOptions = {}): Promise<GitForge> {
    const forge = new GitForge(options);
    const listener: RequestListener = (request, response) => forge.#serve(request, response);
    forge.#gateway = await NameGateway.start(listener, options.certificate);
    return forge;
  }

  /** Variables with which go and git reach it, besides PATH and HOME. */
  get environment(): Environment {
    const proxy = this.#gateway?.url ?? "";
    const authorityFile = this.#options.certificate?.authorityFile;
    return {
      // libcurl, and so git, reads the name in lower case only (CVE-2016-5385).
      HTTP_PROXY: proxy,
      http_proxy: proxy,
      HTTPS_PROXY: proxy,
      GIT_CONFIG_NOSYSTEM: "1",
      ...(authorityFile === undefined
        ? { GOINSECURE: "corp.test" }
        : { SSL_CERT_FILE: authorityFile, GIT_SSL_CAINFO: authorityFile }),
    };
  }

  /** `http` or `https`. */
  get scheme(): string {
    return this.#options.certificate === undefined ? "http" : "https";
  }

  /** The work tree of the repository of `corp.test/NAME`. */
  workTree(name: string): string {
    return this.#directory.join("work", name);
  }

  /** The repository of `corp.test/NAME`, which is served. */
  repository(name: string): string {
    return this.#directory.join(`${name}.git`);
  }

  /** Commits files to the repository of `corp.test/NAME`, on top of what is there, and tags the commit if it is to be. */
  async commit(name: string, tag: string | undefined, files: CommitFiles): Promise<void> {
    const work = this.workTree(name);
    mkdirSync(work, { recursive: true });
    for (const [file, content] of Object.entries(files)) {
      mkdirSync(dirname(`${work}/${file}`), { recursive: true });
      writeFileSync(`${work}/${file}`, content);
    }
    const repository = this.repository(name);
    if (!existsSync(repository)) {
      const options = ["--quiet", "--initial-branch=main", "--separate-git-dir", repository];
      await this.git(name, ["init", ...options]);
    }
    await this.git(name, ["add", "--all"]);
    await this.git(name, ["commit", "--quiet", "--allow-empty", "--message", tag ?? "untagged"]);
    if (tag !== undefined) await this.git(name, ["tag", tag]);
  }

  /**
   * Runs git in the work tree of a repository, and gives what it prints.
   *
   * @param date of a commit that it makes, RFC 3339
   */
  async git(
    name: string,
    args: readonly string[],
    date = "2020-01-02T03:04:05Z",
  ): Promise<string> {
    return await runSuccessfully(
      ["git", "-c", "user.name=t", "-c", "user.email=t@t.test", ...args],
      {
        directory: this.workTree(name),
        environment: {
          PATH: process.env["PATH"],
          HOME: this.#directory.path,
          GIT_CONFIG_NOSYSTEM: "1",
          GIT_AUTHOR_DATE: date,
          GIT_COMMITTER_DATE: date,
        },
      },
    );
  }

  /** Has pages of `HOST/PATH?go-get=1` answered in another way. */
  setPage(importPath: string, answer: RequestListener): void {
    this.#pages.set(importPath, answer);
  }

  /** Has a page carry these go-import tags, each `PREFIX VCS REPOSITORY`. */
  setImports(importPath: string, ...contents: readonly string[]): void {
    this.setPage(importPath, (_request, response) => response.end(importPage(contents)));
  }

  /** Number of requests that match. */
  requestsMatching(pattern: RegExp): number {
    return this.requests.filter((request) => pattern.test(request)).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#gateway?.[Symbol.asyncDispose]();
    this.#directory[Symbol.dispose]();
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const scheme = request.socket instanceof TLSSocket ? "https" : "http";
    const url = new URL(request.url ?? "", `${scheme}://${request.headers.host}`);
    this.requests.push(`${request.method} ${url.href}`);
    const isPage = url.searchParams.has("go-get");
    if ((!isPage || this.#options.guardsPages === true) && !this.#admits(request)) {
      response.writeHead(401, { "www-authenticate": 'Basic realm="forge"' }).end();
    } else if (isPage) {
      const answer = this.#pages.get(`${url.host}${url.pathname}`.replace(/\/$/, ""));
      if (answer === undefined) this.#sendPage(url, response);
      else answer(request, response);
    } else {
      answerWithGit(this.#directory.path, url, request, response);
    }
  }

  #admits(request: IncomingMessage): boolean {
    const { login } = this.#options;
    if (login === undefined) return true;
    return request.headers.authorization === `Basic ${Buffer.from(login).toString("base64")}`;
  }

  #sendPage(url: URL, response: ServerResponse): void {
    const name = url.pathname.split("/")[1] ?? "";
    if (name === "" || name.startsWith("missing")) response.writeHead(404).end();
    else {
      const repository = `${this.scheme}://${url.host}/${name}.git`;
      response.end(importPage([`${url.host}/${name} git ${repository}`]));
    }
  }
}

/** A page with these go-import tags. */
export function importPage(contents: readonly string[]): string {
  const tags = contents.map((content) => `<meta name="go-import" content="${content}">`);
  return `<html><head>${tags.join("")}</head></html>`;
}
