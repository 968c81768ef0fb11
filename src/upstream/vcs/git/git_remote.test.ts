import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkRepositoryPath, isRevisionName, parseGitRemote } from "./git_remote.ts";

describe("parseGitRemote()", () => {
  it.each([
    ["https://corp.test/a.git", "https://corp.test/a.git"],
    ["https://user:secret@corp.test/a.git", "https://corp.test/a.git"],
    ["https://token@corp.test/a.git", "https://corp.test/a.git"],
    ["https://a@b:secret@corp.test/a.git", "https://corp.test/a.git"],
    ["ssh://git@corp.test:22/a.git", "ssh://git@corp.test:22/a.git"],
    ["ssh://git:secret@corp.test/a.git", "ssh://corp.test/a.git"],
    ["git+ssh://git@corp.test/a.git", "git+ssh://git@corp.test/a.git"],
  ])("names %s without its secrets", (url, name) => {
    expect(parseGitRemote(url)).toEqual({ url, name, protocols: ["https", "ssh"] });
  });

  it.each([
    "--upload-pack=touch x",
    "-oProxyCommand=x",
    "ext::sh -c touch",
    "ext::https://corp.test/a",
    "corp.test:a.git",
    "git@corp.test:a.git",
    "/srv/a.git",
    "a.git",
    "https://",
    "https:///a",
    "https://corp.test/a b",
    "https://corp.test/a\nb",
    "https://corp.test/\u00fc",
    `https://corp.test/${"a".repeat(5000)}`,
    "",
  ])("refuses %j", (url) => {
    expect(() => parseGitRemote(url)).toThrow(expect.objectContaining({ code: "INVALID" }));
  });

  it.each(["ssh://-oProxyCommand=x/a", "ssh://git@-oProxyCommand=x/a", "https://-x/a"])(
    "refuses the host of %s",
    (url) => {
      expect(() => parseGitRemote(url)).toThrow('has a host that begins with "-"');
    },
  );

  it("allows plain protocols only where that is wanted", () => {
    for (const url of ["http://corp.test/a", "git://corp.test/a"]) {
      expect(() => parseGitRemote(url)).toThrow("is not allowed");
      expect(parseGitRemote(url, { insecure: true }).protocols).toContain(url.split(":")[0]);
    }
    for (const url of ["file:///srv/a", "ftp://corp.test/a"]) {
      expect(() => parseGitRemote(url, { insecure: true })).toThrow("is not allowed");
    }
    expect(parseGitRemote("file:///srv/a", { files: true }).name).toBe("file:///srv/a");
  });

  it("lets GIT_ALLOW_PROTOCOL decide", () => {
    const allowedProtocols = "http:ssh";
    expect(parseGitRemote("http://corp.test/a", { allowedProtocols }).protocols).toEqual([
      "http",
      "ssh",
    ]);
    expect(() => parseGitRemote("https://corp.test/a", { allowedProtocols })).toThrow(
      "not allowed",
    );
  });

  it("never shows a password", () => {
    const text = fc.stringMatching(/^[a-z0-9.:/-]{0,20}$/);
    fc.assert(
      fc.property(text, text, (scheme, rest) => {
        const url = `${scheme}://user:s3cret@${rest}`;
        let shown: string;
        try {
          shown = parseGitRemote(url, { insecure: true }).name;
        } catch (error) {
          shown = String(error);
        }
        expect(shown).not.toContain("s3cret");
      }),
    );
  });
});

describe("isRevisionName()", () => {
  it.each(["HEAD", "v1.0.0", "feature/x", "sub/v1.0.0-rc.1+incompatible", "a@b", "0123abc", "é"])(
    "takes %s",
    (name) => {
      expect(isRevisionName(name)).toBe(true);
    },
  );

  it("agrees with git-check-ref-format(1) on what is refused", () => {
    const refused = ["-x", "a..b", "a~1", "a^", "a:b", "a?", "a*", "a[b", "a\\b", "a b", "a\u007f"];
    refused.push("/a", "a/", "a//b", ".a", "a/.b", "a.lock", "a.lock/b", "a.", "@", "a@{1}", "");
    expect(refused.filter(isRevisionName)).toEqual([]);
    expect(isRevisionName("a".repeat(2000))).toBe(false);
  });
});

describe("checkRepositoryPath()", () => {
  it("takes relative paths without surprises only", () => {
    for (const path of ["go.mod", "a/b/go.mod", ":(glob)x", "-x", "a:b"]) checkRepositoryPath(path);
    for (const path of ["", "/a", "a/", "a//b", ".", "a/../b", "./a", "a\0b", "a\nb"]) {
      expect(() => checkRepositoryPath(path)).toThrow("is not a path within a repository");
    }
  });
});
