import { GomodfsError } from "../../../lib/gomodfs_error.ts";
import { redactUserinfo } from "../../../lib/redact_url.ts";
import { quote } from "../../../module/quote.ts";

/** A remote repository that git may be told of. */
export interface GitRemote {
  /** As git is told; may hold credentials. */
  readonly url: string;
  /** Without user information, for messages and origins. */
  readonly name: string;
  /** The protocols that git may speak, `GIT_ALLOW_PROTOCOL` (git(1)). */
  readonly protocols: readonly string[];
}

/** Which remotes are allowed. */
export interface RemoteRules {
  /** Whether the plain protocols `http` and `git` are, which prove nobody's identity: modules that match GOINSECURE. */
  readonly insecure?: boolean | undefined;
  /** Whether repositories of this machine are: for tests. */
  readonly files?: boolean | undefined;
  /** The user's own `GIT_ALLOW_PROTOCOL`, which goes before both (cmd/go/internal/vcs/vcs.go, `isSecureScheme`). */
  readonly allowedProtocols?: string | undefined;
}

/** Characters. */
const MAX_LENGTH = 4096;
/** Spaces, control characters, and what is no ASCII: git would hand them on as they are. */
const UNFIT_CHARACTER = /[^\x21-\x7e]/;
/** RFC 3986 section 3.1; git has no scheme without an authority but `transport::address`, which runs a program. */
const SCHEME = /^([a-z][a-z0-9+.-]*):\/\/[^/]/i;

/**
 * Checks the URL of a repository before git sees it.
 *
 * @throws GomodfsError `INVALID` for what is no URL, or might be taken for something else by git, ssh or a shell;
 *   `FORBIDDEN` for a protocol that is not allowed
 */
export function parseGitRemote(url: string, rules: RemoteRules = {}): GitRemote {
  const shown = quote(redactUserinfo(url.slice(0, MAX_LENGTH)));
  const scheme = SCHEME.exec(url)?.[1] ?? (url.startsWith("file:///") ? "file" : undefined);
  if (scheme === undefined || url.length > MAX_LENGTH || UNFIT_CHARACTER.test(url)) {
    // cmd/go/internal/modfetch/codehost/git.go, `newGitRepo`
    throw new GomodfsError("INVALID", `git remote ${shown} is not a URL with a scheme and a host`);
  }
  // CVE-2017-1000117: ssh takes such a host for an option. Later gits refuse it, too.
  if (/^[^:]+:\/\/(?:[^/@]*@)?-/.test(url)) {
    throw new GomodfsError("INVALID", `git remote ${shown} has a host that begins with "-"`);
  }
  const protocols = allowedProtocols(rules);
  // git takes git+ssh for ssh, and looks that up (connect.c, get_protocol).
  const protocol = scheme.toLowerCase().replace(/^(?:git\+ssh|ssh\+git)$/, "ssh");
  if (!protocols.includes(protocol) && !protocols.includes(scheme)) {
    throw new GomodfsError("FORBIDDEN", `git remote ${shown}: ${scheme} is not allowed`, {
      hint: "use https or ssh, name the module in GOINSECURE, or the protocol in GIT_ALLOW_PROTOCOL",
    });
  }
  return { url, name: withoutUserinfo(url), protocols };
}

function allowedProtocols({ insecure, files, allowedProtocols }: RemoteRules): readonly string[] {
  if (allowedProtocols) return allowedProtocols.split(":");
  return ["https", "ssh", ...(insecure ? ["http", "git"] : []), ...(files ? ["file"] : [])];
}

/** A user without a password, as in `ssh://git@host/`, is part of the name. */
function withoutUserinfo(url: string): string {
  const [, scheme = "", userinfo] = /^([^:]+):\/\/([^/?#]*)@/.exec(url) ?? [];
  const isLogin = /ssh/.test(scheme) && userinfo !== undefined && !userinfo.includes(":");
  return userinfo === undefined || isLogin ? url : url.replace(`//${userinfo}@`, "//");
}

/** Characters; file systems take names of 255 bytes. */
const MAX_REVISION_LENGTH = 1024;

/**
 * Whether a text can name a revision: what git-check-ref-format(1) allows for a reference, which holds for hashes, too.
 * `a..b`, `a^`, `a:b`, `a@{1}` and options are none.
 */
export function isRevisionName(text: string): boolean {
  return (
    text.length > 0 &&
    text.length <= MAX_REVISION_LENGTH &&
    !/[\p{Cc} ~^:?*[\\]|\.\.|@\{|\/\/|\/\.|\.lock(?:\/|$)|[/.]$|^[-/.]|^@$/u.test(text)
  );
}

/**
 * Checks a path within a repository.
 *
 * @throws GomodfsError `INVALID` unless it is relative, without `.` and `..`, and without control characters
 */
export function checkRepositoryPath(path: string): void {
  const isFit = path
    .split("/")
    .every((element) => element !== "" && element !== "." && element !== "..");
  if (isFit && path.length <= MAX_LENGTH && !/\p{Cc}/u.test(path)) return;
  throw new GomodfsError("INVALID", `${quote(path)} is not a path within a repository`);
}
