import { GomodfsError } from "../lib/gomodfs_error.ts";
import { basicAuthorization } from "./authorization.ts";
import { runBoundedCommand } from "./bounded_command.ts";
import { type CredentialHeaders, prefixOf } from "./credential_table.ts";
import type { Environment } from "./go_installation.ts";

/** How to run `git credential`. */
export interface GitCredentialOptions {
  /** Where: its configuration chooses the helper. */
  readonly directory: string;
  readonly environment: Environment;
  /** Milliseconds. */
  readonly timeout: number;
  readonly signal?: AbortSignal | undefined;
}

/** A credential of git's. */
export interface GitCredential {
  /** The prefix of URLs that it is for, as CredentialTable has them. */
  readonly prefix: string;
  readonly headers: CredentialHeaders;
  /** What git printed, to be given back to it. */
  readonly description: string;
}

/** Bytes; git itself takes lines of 64 KiB. */
const maxOutput = 256 << 10;

/**
 * Asks git's credential helpers for a URL's user and password (`git help credential`), without a prompt.
 *
 * @throws GomodfsError `UPSTREAM` if they have none or answer for another URL, `TIMEOUT`, `TOO_LARGE`, `CANCELLED`
 */
export async function fillGitCredential(
  url: URL,
  options: GitCredentialOptions,
): Promise<GitCredential> {
  const { status, stdout } = await runGitCredential("fill", `url=${url.href}\n`, options);
  if (status !== 0) throw failure(`ended with ${status}`);
  const description = stdout.toString();
  const credential = parseGitCredential(description);
  if (credential === undefined) throw failure("did not say what its answer is for");
  const { scope, username, password } = credential;
  // cmd/go compares the texts, and so takes a host for another's prefix.
  const covers =
    scope.origin === url.origin &&
    `${prefixOf(url)}/`.startsWith(`${prefixOf(scope).replace(/\/+$/, "")}/`);
  if (!covers) throw failure("answered for another URL");
  return { prefix: prefixOf(scope), headers: basicAuthorization(username, password), description };
}

/**
 * Tells git's helpers that a credential was good, so that they keep it, or bad, so that they forget it.
 *
 * @throws GomodfsError as {@linkcode fillGitCredential}; how the helper ends does not matter
 */
export async function settleGitCredential(
  action: "approve" | "reject",
  credential: GitCredential,
  options: GitCredentialOptions,
): Promise<void> {
  await runGitCredential(action, credential.description, options);
}

/** What git prints: `key=value` lines; a `url` replaces what stands before it, unless it is none. */
export function parseGitCredential(
  text: string,
): { scope: URL; username: string; password: string } | undefined {
  let username = "";
  let password = "";
  let scope = { protocol: "", host: "", path: "" };
  for (const line of text.split("\n")) {
    const [, key = "", value = ""] = /^([^=]*)=(.*)$/.exec(line.trim()) ?? [];
    if (key === "username") username = value;
    else if (key === "password") password = value;
    else if (key === "protocol" || key === "host") scope[key] = value;
    else if (key === "path") scope.path = value.replace(/^\/?/, "/");
    else if (key === "url" && URL.canParse(value)) {
      const { protocol, host, pathname } = new URL(value);
      scope = { protocol: protocol.slice(0, -1), host, path: pathname };
    }
  }
  const spelled = `${scope.protocol}://${scope.host}${scope.path}`;
  if (scope.protocol === "" || scope.host === "" || !URL.canParse(spelled)) return undefined;
  return { scope: new URL(spelled), username, password };
}

async function runGitCredential(
  action: "fill" | "approve" | "reject",
  input: string,
  { directory, environment, timeout, signal }: GitCredentialOptions,
): ReturnType<typeof runBoundedCommand> {
  return await runBoundedCommand({
    name: `git credential ${action}`,
    argv: ["git", "credential", action],
    directory,
    // Nobody is there to be asked; cmd/go sets the same (modload/init.go).
    environment: { GCM_INTERACTIVE: "never", ...environment, GIT_TERMINAL_PROMPT: "0" },
    input,
    maxOutput,
    timeout,
    signal,
  });
}

function failure(reason: string): GomodfsError {
  return new GomodfsError("UPSTREAM", `git credential fill ${reason}`);
}
