import { readFileSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runSuccessfully } from "../../test/support/program.ts";
import { rejection } from "../../test/support/rejection.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../test/support/temporary_directory.ts";
import { basicAuthorization } from "./authorization.ts";
import {
  fillGitCredential,
  type GitCredentialOptions,
  parseGitCredential,
  settleGitCredential,
} from "./git_credential.ts";

describe("parseGitCredential()", () => {
  const known = "protocol=https\nhost=example.com\nusername=bob\npassword=secr3t\n";

  // The first five from cmd/go/internal/auth/gitauth_test.go, BSD-3-Clause.
  it.each([
    [`\n${known}`, "https://example.com/"],
    [`${known}url=invalid\n`, "https://example.com/"],
    [`${known}url=https://go.dev\n`, "https://go.dev/"],
    ["\n", undefined],
    [known.replaceAll("=", ":"), undefined],
    [`${known}path=team/x.git\n`, "https://example.com/team/x.git"],
    [`${known}password=a=b=\n`, "https://example.com/"],
    [known.replace("example.com", "a b"), undefined],
  ])("reads %j", (text, scope) => {
    expect(parseGitCredential(text)?.scope.href).toBe(scope);
  });

  it("reads the login", () => {
    expect(parseGitCredential(`${known}password=a=b=\n`)).toMatchObject({
      username: "bob",
      password: "a=b=",
    });
  });
});

describe("with the real git", () => {
  let directory: TemporaryDirectory;
  let options: GitCredentialOptions;

  beforeEach(() => {
    directory = temporaryDirectory();
    const { PATH } = process.env;
    options = {
      directory: directory.path,
      environment: { PATH, HOME: directory.path, GIT_CONFIG_NOSYSTEM: "1" },
      timeout: 30_000,
    };
  });

  afterEach(() => {
    directory[Symbol.dispose]();
  });

  async function configureHelper(helper: string): Promise<void> {
    await runSuccessfully(["git", "init", "--quiet"], options);
    await runSuccessfully(["git", "config", "credential.helper", helper], options);
  }

  const url = new URL("https://example.com/team/x/@v/list");

  it("asks the helper that the directory's configuration names", async () => {
    await configureHelper("store --file=logins");
    writeFileSync(directory.join("logins"), "https://bob:secr3t@example.com\n");
    expect(await fillGitCredential(url, options)).toMatchObject({
      prefix: "example.com",
      headers: basicAuthorization("bob", "secr3t"),
    });
  });

  it("tells it what was good and what was bad", async () => {
    await configureHelper("store --file=logins");
    writeFileSync(directory.join("logins"), "https://bob:secr3t@example.com\n");
    const credential = await fillGitCredential(url, options);
    await settleGitCredential("reject", credential, options);
    expect(readFileSync(directory.join("logins"), "utf8")).toBe("");
    await settleGitCredential("approve", credential, options);
    expect(readFileSync(directory.join("logins"), "utf8")).toContain("bob:secr3t@example.com");
  });

  it("never prompts", async () => {
    await configureHelper("store --file=logins");
    await expect(fillGitCredential(url, options)).rejects.toEqual(
      rejection("UPSTREAM", "git credential fill ended with 128"),
    );
  });

  it.each(["example.org", "example.com.org", "ample.com"])(
    "refuses a credential of %s",
    async (host) => {
      await configureHelper(`!printf 'host=${host}\\nusername=u\\npassword=s3cret\\n' #`);
      const failure = fillGitCredential(url, options);
      await expect(failure).rejects.toEqual(rejection("UPSTREAM", "another URL"));
      await expect(failure).rejects.not.toThrow("s3cret");
    },
  );

  it("takes one for a part of the host, and refuses one for another part", async () => {
    const answer = (path: string): string =>
      `!printf 'path=${path}\\nusername=u\\npassword=p\\n' #`;
    await configureHelper(answer("team"));
    expect(await fillGitCredential(url, options)).toMatchObject({ prefix: "example.com/team" });
    await configureHelper(answer("tea"));
    await expect(fillGitCredential(url, options)).rejects.toEqual(
      rejection("UPSTREAM", "another URL"),
    );
  });
});
