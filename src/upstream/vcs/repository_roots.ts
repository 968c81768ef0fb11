import { LRUCache } from "lru-cache";
import { GomodfsError, isGomodfsError } from "../../lib/gomodfs_error.ts";
import { redactUrl, redactUserinfo } from "../../lib/redact_url.ts";
import type { ModulePath } from "../../module/module_version.ts";
import { matchPrefixPatterns } from "../../module/prefix_patterns.ts";
import { quote } from "../../module/quote.ts";
import type { FetchOptions } from "../module_source.ts";
import { type GoImport, isSameGoImport, matchGoImport } from "./go_import.ts";
import type { GoImportPage, GoImportPages, PageOptions } from "./go_import_pages.ts";
import type { Govcs } from "./govcs.ts";
import {
  type KnownRepository,
  knownRepository,
  knownRepositoryAfterPages,
} from "./known_repository.ts";
import { isVersionControlSystem, type VersionControlSystem } from "./version_control_system.ts";

/** Where the source code of a module is. */
export type RepositoryRoot =
  | {
      readonly kind: "git";
      /** The import path of `subdirectory`. */
      readonly root: string;
      /** The URL of the repository, with a scheme. */
      readonly url: string;
      /** Relative to the root of the repository; "" is the root itself. */
      readonly subdirectory: string;
      /** Whether its host may go unproven: GOINSECURE. */
      readonly insecure: boolean;
    }
  /** A GOPROXY that has it. */
  | { readonly kind: "proxy"; readonly root: string; readonly url: URL }
  /** A repository of another version control system. */
  | {
      readonly kind: "other";
      readonly root: string;
      readonly system: Exclude<VersionControlSystem, "git">;
    };

/** What a {@linkcode RepositoryRoots} is made of. */
export interface RepositoryRootsOptions {
  readonly pages: GoImportPages;
  readonly govcs: Govcs;
  /** The GOINSECURE setting: patterns of modules whose hosts may go unproven. */
  readonly goinsecure: string;
  /** git's GIT_ALLOW_PROTOCOL: the schemes that are then secure, separated by colons. */
  readonly allowedProtocols: string | undefined;
  /** Whether git can reach a repository at a URL. @throws GomodfsError `CANCELLED` */
  readonly isReachable: (url: string, options: ReachOptions) => Promise<boolean>;
  /** Milliseconds for which an answer is good; a minute unless given. */
  readonly freshness?: number;
}

/** How to try whether there is a repository. */
export interface ReachOptions {
  /** Whether its host may go unproven: GOINSECURE. */
  readonly insecure: boolean;
  readonly signal: AbortSignal | undefined;
}

type FindOptions = Pick<FetchOptions, "priority" | "signal">;

const MAX_KEPT = 10_000;

/** Finds the repositories of modules as cmd/go does (cmd/go/internal/vcs/vcs.go, `RepoRootForImportPath`). */
export class RepositoryRoots {
  readonly #options: RepositoryRootsOptions;
  readonly #kept: LRUCache<ModulePath, RepositoryRoot>;

  constructor(options: RepositoryRootsOptions) {
    this.#options = options;
    this.#kept = new LRUCache({ max: MAX_KEPT, ttl: options.freshness ?? 60_000 });
  }

  /**
   * The repository that has a module, if any has.
   *
   * @throws GomodfsError `NOT_FOUND` if nothing says where it is, `FORBIDDEN` by GOVCS, `UPSTREAM` for a page that
   *   contradicts another or names something unfit; `TIMEOUT`, `CANCELLED`
   */
  async find(path: ModulePath, options: FindOptions = {}): Promise<RepositoryRoot> {
    const kept = this.#kept.get(path);
    if (kept !== undefined) return kept;
    const root = await this.#find(path, options);
    this.#kept.set(path, root);
    return root;
  }

  async #find(path: ModulePath, options: FindOptions): Promise<RepositoryRoot> {
    const insecure = matchPrefixPatterns(this.#options.goinsecure, path);
    const reach = { insecure, signal: options.signal };
    const known = knownRepository(path);
    if (known !== undefined) return await this.#rootOf(known, reach);
    try {
      return await this.#findByPages(path, { ...options, insecure });
    } catch (error) {
      if (!isGomodfsError(error) || error.code === "CANCELLED") throw error;
      const fallback = knownRepositoryAfterPages(path);
      if (fallback !== undefined) return await this.#rootOf(fallback, reach);
      throw unrecognized(path, error);
    }
  }

  async #rootOf(known: KnownRepository, options: ReachOptions): Promise<RepositoryRoot> {
    const { insecure } = options;
    const { system, root, location, hasScheme } = known;
    this.#options.govcs.check(system, root);
    if (system !== "git") return { kind: "other", system, root };
    const url = hasScheme ? location : await this.#urlOf(location, options);
    return { kind: "git", root, url, subdirectory: "", insecure };
  }

  /** `repoRootFromVCSPaths`: the first of git's schemes that the settings allow and that works. */
  async #urlOf(location: string, options: ReachOptions): Promise<string> {
    const { insecure } = options;
    for (const scheme of GIT_SCHEMES) {
      if (!insecure && !this.#isSecureScheme(scheme)) continue;
      const url = `${scheme}://${location}`;
      if (await this.#options.isReachable(url, options)) return url;
    }
    throw new GomodfsError(
      "NOT_FOUND",
      `no ${insecure ? "" : "secure "}protocol found for repository ${location}`,
    );
  }

  #isSecureScheme(scheme: string): boolean {
    const { allowedProtocols } = this.#options;
    if (allowedProtocols) return allowedProtocols.split(":").includes(scheme);
    return SECURE_SCHEMES.has(scheme);
  }

  /** `repoRootForImportDynamic` */
  async #findByPages(path: ModulePath, options: PageOptions): Promise<RepositoryRoot> {
    const page = await this.#options.pages.read(path, options);
    const match = matchGoImport(page.imports, path);
    if (match === undefined) throw noneMatches(page, path);
    // Who serves a part of a host must not speak for the whole of it.
    if (match.prefix !== path) await this.#confirm(match, page, path, options);
    if (/^[/-]/.test(match.subdirectory)) {
      throw unfit(page, `invalid subdirectory ${quote(match.subdirectory)}`);
    }
    return this.#rootOfImport(match, page, options);
  }

  /** Checks that the page of the prefix says the same. */
  async #confirm(
    match: GoImport,
    page: GoImportPage,
    path: ModulePath,
    options: PageOptions,
  ): Promise<void> {
    const authority = await this.#options.pages.read(match.prefix, options);
    if (isSameGoImport(match, matchGoImport(authority.imports, path))) return;
    throw new GomodfsError(
      "UPSTREAM",
      `${page.url} and ${authority.url} disagree about go-import for ${match.prefix}`,
    );
  }

  #rootOfImport(
    { prefix, system, repository, subdirectory }: GoImport,
    page: GoImportPage,
    { insecure }: PageOptions,
  ): RepositoryRoot {
    const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(repository)?.[1]?.toLowerCase();
    const shown = quote(withoutUser(repository));
    if (scheme === undefined) throw unfit(page, `invalid repo root ${shown}: no scheme`);
    if (scheme === "file") throw unfit(page, `invalid repo root ${shown}: file scheme disallowed`);
    if (system === "mod") {
      return { kind: "proxy", root: prefix, url: proxyUrl(repository, page) };
    }
    if (!isVersionControlSystem(system)) throw unfit(page, `unknown vcs ${quote(system)}`);
    this.#options.govcs.check(system, prefix);
    if (system !== "git") return { kind: "other", root: prefix, system };
    // cmd/go/internal/modfetch/codehost/git.go, `newGitRepo`
    if (!repository.includes("://")) {
      throw unfit(page, `git remote ${shown} must not be local directory`);
    }
    // A page may end the prefix of all that its host has in a slash, and cmd/go takes that for the same.
    const root = prefix.replace(/\/$/, "");
    return { kind: "git", root, url: repository, subdirectory, insecure };
  }
}

/** cmd/go/internal/vcs/vcs.go, `vcsGit`, in the order in which they are tried. */
const GIT_SCHEMES = ["git", "https", "http", "git+ssh", "ssh"] as const;
/** `defaultSecureScheme` */
const SECURE_SCHEMES: ReadonlySet<string> = new Set(["https", "git+ssh", "ssh"]);

/** What a page names as a repository may hold a password, in a URL or as `user:password@host:path`. */
function withoutUser(repository: string): string {
  return redactUserinfo(repository).replace(/^[^/]*@/, "xxxxx@");
}

/** cmd/go/internal/modfetch/proxy.go, `newProxyRepo` */
function proxyUrl(text: string, page: GoImportPage): URL {
  const shown = quote(withoutUser(text));
  if (!URL.canParse(text)) throw unfit(page, `invalid proxy URL ${shown}`);
  const url = new URL(text);
  if (url.protocol === "https:" || url.protocol === "http:") return url;
  throw unfit(page, `invalid proxy URL scheme (must be https, http): ${redactUrl(url)}`);
}

function noneMatches(page: GoImportPage, path: ModulePath): GomodfsError {
  const found = page.imports.slice(0, 10).map(({ prefix }) => {
    return `meta tag ${prefix.slice(0, 200)} did not match import path ${path}`;
  });
  return new GomodfsError(
    "NOT_FOUND",
    `parse ${page.url}: no go-import meta tags (${found.join(", ")})`,
  );
}

function unfit(page: GoImportPage, problem: string): GomodfsError {
  return new GomodfsError("UPSTREAM", `${page.url}: ${problem}`);
}

function unrecognized(path: ModulePath, error: GomodfsError): GomodfsError {
  return new GomodfsError(error.code, `unrecognized import path ${quote(path)}: ${error.message}`, {
    ...(error.hint !== undefined && { hint: error.hint }),
    cause: error,
  });
}
