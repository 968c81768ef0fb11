import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { quote } from "../../module/quote.ts";
import { VERSION_CONTROL_SYSTEMS, type VersionControlSystem } from "./version_control_system.ts";

/** A repository that an import path itself names, without a look at any page. */
export interface KnownRepository {
  readonly system: VersionControlSystem;
  /** The import path of its root directory. */
  readonly root: string;
  /** `https://HOST/PATH`, or `HOST/PATH` where it is to be found out which scheme it can be had with. */
  readonly location: string;
  readonly hasScheme: boolean;
}

/** How import paths of a code host name repositories (cmd/go/internal/vcs/vcs.go, `vcsPath`). */
interface KnownHost {
  /** All paths from here on are its. */
  readonly prefix: string;
  /** The root in its first group. */
  readonly pattern: RegExp;
  readonly system: VersionControlSystem;
  /** Whether names of repositories that end like `.git` are mistakes. */
  readonly refusesSuffix: boolean;
}

/** cmd/go/internal/vcs/vcs.go, `vcsPaths` */
const KNOWN_HOSTS: readonly KnownHost[] = [
  {
    prefix: "github.com",
    pattern: /^(github\.com\/[\w.-]+\/[\w.-]+)(?:\/[\w.-]+)*$/,
    system: "git",
    refusesSuffix: true,
  },
  {
    prefix: "bitbucket.org",
    pattern: /^(bitbucket\.org\/[\w.-]+\/[\w.-]+)(?:\/[\w.-]+)*$/,
    system: "git",
    refusesSuffix: true,
  },
  {
    prefix: "hub.jazz.net/git",
    pattern: /^(hub\.jazz\.net\/git\/[a-z0-9]+\/[\w.-]+)(?:\/[\w.-]+)*$/,
    system: "git",
    refusesSuffix: true,
  },
  {
    prefix: "git.apache.org",
    pattern: /^(git\.apache\.org\/[a-z0-9_.-]+\.git)(?:\/[\w.-]+)*$/,
    system: "git",
    refusesSuffix: false,
  },
  {
    prefix: "git.openstack.org",
    pattern: /^(git\.openstack\.org\/[\w.-]+\/[\w.-]+)(?:\.git)?(?:\/[\w.-]+)*$/,
    system: "git",
    refusesSuffix: false,
  },
  {
    prefix: "chiselapp.com",
    pattern: /^(chiselapp\.com\/user\/[A-Za-z0-9]+\/repository\/[\w.-]+)$/,
    system: "fossil",
    refusesSuffix: false,
  },
];

/**
 * cmd/go/internal/vcs/vcs.go, `vcsPathsAfterDynamic`. There it is also asked whether the second element is a series or a
 * directory, which matters to bzr only and is left to the go command.
 */
const HOSTS_AFTER_PAGES: readonly KnownHost[] = [
  {
    prefix: "launchpad.net",
    pattern:
      /^(launchpad\.net\/(?:~[\w.-]+\/(?:\+junk|[\w.-]+)\/[\w.-]+|[\w.-]+(?:\/[\w.-]+)?))(?:\/[\w.-]+)*$/,
    system: "bzr",
    refusesSuffix: false,
  },
];

/**
 * The repository that an import path names because its host is well known, or because an element ends in `.git` or the
 * like; undefined if only a page of its host can tell.
 *
 * @throws GomodfsError `NOT_FOUND` for a path that cannot be one of its well-known host
 */
export function knownRepository(importPath: string): KnownRepository | undefined {
  return repositoryOfHosts(KNOWN_HOSTS, importPath) ?? repositoryWithSuffix(importPath);
}

/** The repository that an import path names if no page says anything else. @throws as {@linkcode knownRepository} */
export function knownRepositoryAfterPages(importPath: string): KnownRepository | undefined {
  return repositoryOfHosts(HOSTS_AFTER_PAGES, importPath);
}

function repositoryOfHosts(
  hosts: readonly KnownHost[],
  importPath: string,
): KnownRepository | undefined {
  const host = hosts.find(({ prefix }) => `${importPath}/`.startsWith(`${prefix}/`));
  if (host === undefined) return undefined;
  const { prefix, pattern, system, refusesSuffix } = host;
  const [, root] = pattern.exec(importPath) ?? [];
  if (root === undefined) {
    throw new GomodfsError("NOT_FOUND", `invalid ${prefix} import path ${quote(importPath)}`);
  }
  if (refusesSuffix && VERSION_CONTROL_SYSTEMS.some((name) => root.endsWith(`.${name}`))) {
    throw new GomodfsError(
      "NOT_FOUND",
      `invalid version control suffix in ${prefix}/ path ${quote(importPath)}`,
    );
  }
  return { system, root, location: `https://${root}`, hasScheme: true };
}

const HOST = /^(?:[a-z0-9-]+\.)+[a-z0-9-]+(?::[0-9]+)?$/;
const ELEMENT = /^~?[\w.-]+$/;
const ELEMENT_WITH_SUFFIX = /^~?[\w.-]+\.(bzr|fossil|git|hg|svn)$/;

/**
 * "General syntax for any server" of `vcsPaths`, `HOST/PATH.VCS/DIRECTORY`, element by element: cmd/go's expression as a
 * whole takes exponential time with a backtracking matcher.
 */
function repositoryWithSuffix(importPath: string): KnownRepository | undefined {
  const [host = "", ...elements] = importPath.split("/");
  if (!HOST.test(host) || !elements.every((element) => ELEMENT.test(element))) return undefined;
  for (const [index, element] of elements.entries()) {
    const [, suffix] = ELEMENT_WITH_SUFFIX.exec(element) ?? [];
    const system = VERSION_CONTROL_SYSTEMS.find((name) => name === suffix);
    if (system === undefined) continue;
    const root = [host, ...elements.slice(0, index + 1)].join("/");
    const location = root.slice(0, -`.${system}`.length);
    return { system, root, location, hasScheme: false };
  }
  return undefined;
}
