import { describe, expect, it } from "vitest";
import { gitEnvironment } from "./git_environment.ts";
import { parseGitRemote } from "./git_remote.ts";

const remote = parseGitRemote("https://user:s3cret@corp.test/a.git");

describe("gitEnvironment()", () => {
  it("removes what leads git elsewhere, and keeps the rest", () => {
    const environment = gitEnvironment({
      base: {
        GIT_DIR: "/elsewhere",
        GIT_WORK_TREE: "/elsewhere",
        GIT_OBJECT_DIRECTORY: "/elsewhere",
        GIT_TRACE_CURL: "1",
        GIT_TRACE: "1",
        GIT_ASKPASS: "/bin/askpass",
        GIT_SSL_CAINFO: "/ca.pem",
        HOME: "/home/user",
        LC_ALL: "de_DE.UTF-8",
      },
      hasSshCommand: false,
      remote,
    });
    expect(environment).toMatchObject({
      GIT_DIR: ".",
      GIT_ASKPASS: "/bin/askpass",
      GIT_SSL_CAINFO: "/ca.pem",
      GIT_TERMINAL_PROMPT: "0",
      GIT_ALLOW_PROTOCOL: "https:ssh",
      GIT_SSH_COMMAND: "ssh -o ControlMaster=no -o BatchMode=yes",
      HOME: "/home/user",
      LC_ALL: "C",
    });
    for (const name of ["GIT_WORK_TREE", "GIT_OBJECT_DIRECTORY", "GIT_TRACE_CURL", "GIT_TRACE"]) {
      expect(environment).not.toHaveProperty(name);
    }
  });

  it("leaves the user's ssh and settings in force", () => {
    const base = {
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: "http.extraHeader",
      GIT_CONFIG_VALUE_0: "X: y",
    };
    const environment = gitEnvironment({ base, hasSshCommand: true, remote });
    expect(environment).not.toHaveProperty("GIT_SSH_COMMAND");
    expect(environment).toMatchObject({ GIT_CONFIG_KEY_0: "http.extraHeader" });
    const count = Number(environment["GIT_CONFIG_COUNT"]);
    expect(environment[`GIT_CONFIG_KEY_${count - 1}`]).toBe("remote.origin.url");
    expect(environment[`GIT_CONFIG_VALUE_${count - 1}`]).toBe(remote.url);
    const ownSsh = gitEnvironment({ base: { GIT_SSH: "plink" }, hasSshCommand: false, remote });
    expect(ownSsh).not.toHaveProperty("GIT_SSH_COMMAND");
  });

  it("lets git speak to nobody without a remote", () => {
    const environment = gitEnvironment({ base: {}, hasSshCommand: false, remote: undefined });
    expect(environment["GIT_ALLOW_PROTOCOL"]).toBe("");
    expect(JSON.stringify(environment)).not.toContain("remote.origin.url");
  });
});
