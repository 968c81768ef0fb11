import { GomodfsError } from "../lib/gomodfs_error.ts";
import { runBoundedCommand } from "./bounded_command.ts";
import type { Environment } from "./go_installation.ts";
import { type CredentialSets, parseCredentialSets } from "./goauth_output.ts";
import type { RefusalHead } from "./request_credentials.ts";

/** How to run a program of GOAUTH. */
export interface GoauthProgramOptions {
  readonly environment: Environment;
  /** Milliseconds. */
  readonly timeout: number;
  readonly signal?: AbortSignal | undefined;
  /** The URL that was refused and how; both or neither. */
  readonly url?: URL;
  readonly refusal?: RefusalHead;
}

/** Bytes. */
const maxOutput = 1 << 20;

/**
 * Runs a program of GOAUTH as cmd/go/internal/auth/userauth.go does: the refused URL is one more argument, and the head
 * of the answer its standard input.
 *
 * @throws GomodfsError `UPSTREAM` if it fails, `INVALID` for what it prints, `TIMEOUT`, `TOO_LARGE`, `CANCELLED`; no
 *   message repeats its arguments or its output, which may be credentials
 */
export async function runGoauthProgram(
  argv: readonly [string, ...string[]],
  { environment, timeout, signal, url, refusal }: GoauthProgramOptions,
): Promise<CredentialSets> {
  const [name] = argv;
  const { status, stdout } = await runBoundedCommand({
    name,
    argv: url === undefined ? argv : [...argv, url.href],
    environment,
    input: refusal === undefined ? "" : spellRefusal(refusal),
    maxOutput,
    timeout,
    signal,
  });
  if (status !== 0) {
    throw new GomodfsError("UPSTREAM", `${name} ended with ${status}`, {
      hint: "run the command of GOAUTH by hand to see what it says",
    });
  }
  return parseCredentialSets(stdout.toString());
}

/** An HTTP/1.1 response without a body, with the line ends that cmd/go writes. */
function spellRefusal({ httpVersion, status, statusText, rawHeaders }: RefusalHead): string {
  let text = `HTTP/${httpVersion} ${status} ${statusText}`.trimEnd();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    text += `\n${rawHeaders[index]}: ${rawHeaders[index + 1]}`;
  }
  return `${text}\n\n`;
}
