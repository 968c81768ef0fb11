import { GomodfsError } from "../../../lib/gomodfs_error.ts";
import { redactUserinfo } from "../../../lib/redact_url.ts";
import { printableReason } from "../../../lib/server_reason.ts";

/** What git and ssh say when nobody may be asked, or the answer was not good. */
const DENIED =
  /terminal prompts disabled|could not read (Username|Password)|Authentication failed|Permission denied|Host key verification failed|returned error: 40[13]\b/;

/** What git and the usual hosts say of repositories that are not there. */
const ABSENT: readonly RegExp[] = [
  /repository .*not found/i,
  /does not appear to be a git repository/,
  /project you were looking for could not be found/i,
  /returned error: 4(04|10)\b/,
];

const UNPROVEN = /certificate|SSL_ERROR|SSL connect error|gnutls_handshake/i;
const FORBIDDEN_PROTOCOL = /transport '([^']*)' not allowed|Protocol "([^"]*)" (?:not|disabled)/;

/** What git says when what it reads on this machine is not as it left it. */
const DAMAGED: readonly RegExp[] = [
  /not a git repository/,
  /loose object .* is corrupt|object file .* is empty|inflate: |unable to unpack|hash mismatch/,
  /packfile .* (?:is|cannot|claims|signature|does)|index file .*\.idx|bad pack|pack.*(?:corrupt|truncated)/,
  /bad object refs|missing (?:blob|tree|commit)|unable to read (?:tree|blob|object|sha1|[0-9a-f]{40})|could not read [0-9a-f]{40}/,
  /broken ref|cannot lock ref.*unable to resolve|bad config (?:line|file|value)|bad shallow|shallow file/i,
  // Left by a git that was killed: nobody else works here.
  /Unable to create '.*\.lock': File exists/,
];

/** The hint for what a program says that asks git for a repository and is not admitted; undefined for other failures. */
export function accessHint(text: string): string | undefined {
  return DENIED.test(text)
    ? "let git reach the repository without a question: a credential helper, .netrc or an SSH key"
    : undefined;
}

/** Whether git says that the repository on this machine is unfit. */
export function isDamage(stderr: string): boolean {
  // What a server says is no news of this machine.
  const own = stderr.replace(/^remote:.*$/gm, "");
  return DAMAGED.some((pattern) => pattern.test(own));
}

/**
 * The error for what git says of a remote that it could not read.
 *
 * @param what it was to do, for the message, and where, without credentials
 */
export function remoteError(what: string, stderr: string, status: number | string): GomodfsError {
  const text = redactUserinfo(stderr);
  const message = `${what}: ${gitReason(text) || `git ended with ${status}`}`;
  const forbidden = FORBIDDEN_PROTOCOL.exec(text);
  if (forbidden !== null) {
    return new GomodfsError("FORBIDDEN", message, {
      hint: `if it is to be used, name ${forbidden[1] ?? forbidden[2]} in GIT_ALLOW_PROTOCOL`,
    });
  }
  const hint = accessHint(text);
  if (hint !== undefined) return new GomodfsError("UPSTREAM", message, { hint });
  if (ABSENT.some((pattern) => pattern.test(text))) return new GomodfsError("NOT_FOUND", message);
  return new GomodfsError("UPSTREAM", message, {
    ...(UNPROVEN.test(text) && {
      hint: "let git know the certificate authority: http.sslCAInfo or GIT_SSL_CAINFO",
    }),
  });
}

/** The line that says most: git's own `fatal:` one, or what the server says before it. */
function gitReason(text: string): string {
  const lines = text
    .split(/\r?\n/)
    .filter((line) => !/^(?:From |warning: |hint: |\s*$)/.test(line));
  const shown = lines.filter((line) => /^(?:fatal|error|remote|ERROR)\b/.test(line));
  return printableReason((shown.length > 0 ? shown : lines).join("\n")).replace(/^fatal: /, "");
}
