import { describe, expect, it } from "vitest";
import { isDamage, remoteError } from "./git_error.ts";

describe("remoteError()", () => {
  // What git 2.39, ssh and well-known hosts say.
  it.each([
    ["fatal: repository 'https://corp.test/a.git/' not found", "NOT_FOUND", /^$/],
    ["remote: Not Found\nfatal: repository 'https://corp.test/a/' not found", "NOT_FOUND", /^$/],
    [
      "ERROR: Repository not found.\nfatal: Could not read from remote repository.",
      "NOT_FOUND",
      /^$/,
    ],
    ["fatal: '/srv/a' does not appear to be a git repository", "NOT_FOUND", /^$/],
    [
      "fatal: could not read Username for 'https://corp.test': terminal prompts disabled",
      "UPSTREAM",
      /credential helper/,
    ],
    ["fatal: Authentication failed for 'https://corp.test/a'", "UPSTREAM", /credential helper/],
    ["git@corp.test: Permission denied (publickey).", "UPSTREAM", /SSH key/],
    ["Host key verification failed.", "UPSTREAM", /SSH key/],
    [
      "fatal: unable to access 'https://corp.test/a/': Could not resolve host: corp.test",
      "UPSTREAM",
      /^$/,
    ],
    [
      "fatal: unable to access 'https://corp.test/a/': SSL certificate problem: self-signed",
      "UPSTREAM",
      /http.sslCAInfo/,
    ],
    ["fatal: transport 'file' not allowed", "FORBIDDEN", /name file in GIT_ALLOW_PROTOCOL/],
  ])("of %j is %s", (stderr, code, hint) => {
    const error = remoteError("git ls-remote https://corp.test/a", stderr, 128);
    expect(error.code).toBe(code);
    expect(error.hint ?? "").toMatch(hint);
  });

  it("shows what matters, without credentials and control characters", () => {
    const stderr =
      "warning: redirecting\nremote: \u001b[31mno\nfatal: unable to access 'https://u:s3cret@corp.test/a/'\n";
    expect(remoteError("git fetch x", stderr, 128).message).toBe(
      "git fetch x: remote:  [31mno fatal: unable to access 'https://xxxxx@corp.test/a/'",
    );
    expect(remoteError("git fetch x", "", "SIGKILL").message).toBe(
      "git fetch x: git ended with SIGKILL",
    );
  });
});

describe("isDamage()", () => {
  it("is about this machine, not about the remote", () => {
    expect(isDamage("fatal: not a git repository: '.'")).toBe(true);
    expect(isDamage("error: inflate: data stream error (incorrect header check)")).toBe(true);
    expect(isDamage("fatal: Unable to create '/x/shallow.lock': File exists.")).toBe(true);
    expect(isDamage("remote: fatal: not a git repository")).toBe(false);
    expect(isDamage("fatal: repository 'https://corp.test/a/' not found")).toBe(false);
    expect(isDamage("fatal: bad object 0123456789012345678901234567890123456789")).toBe(false);
  });
});
