import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isGomodfsError } from "../../lib/gomodfs_error.ts";
import { Govcs } from "./govcs.ts";
import type { VersionControlSystem } from "./version_control_system.ts";

/** `allowed`, or what the error says. */
function verdict(govcs: Govcs, system: VersionControlSystem, root: string): string {
  try {
    govcs.check(system, root);
    return "allowed";
  } catch (error) {
    if (!isGomodfsError(error)) return String(error);
    return error.code === "FORBIDDEN" ? "forbidden" : error.code;
  }
}

describe("Govcs", () => {
  // cmd/go/internal/vcs/vcs_test.go, `govcsTests`, whose "zzz" is fossil here; and the defaults of `go help vcs`.
  it.each([
    ["private:all", "is-public.com/foo", "fossil", "forbidden"],
    ["private:all", "is-private.com/foo", "fossil", "allowed"],
    ["public:all", "is-public.com/foo", "fossil", "allowed"],
    ["public:all,private:none", "is-public.com/foo", "fossil", "allowed"],
    ["public:all,private:none", "is-private.com/foo", "fossil", "forbidden"],
    ["*:all", "is-public.com/foo", "fossil", "allowed"],
    ["golang.test:git", "golang.test/x/text", "fossil", "forbidden"],
    ["golang.test:git", "golang.test/x/text", "git", "allowed"],
    ["golang.test:fossil", "golang.test/x/text", "fossil", "allowed"],
    ["golang.test:fossil", "golang.test/x/text", "git", "forbidden"],
    ["golang.test:git|hg", "golang.test/x/text", "hg", "allowed"],
    ["golang.test:git|hg", "golang.test/x/text", "git", "allowed"],
    ["golang.test:git|hg", "golang.test/x/text", "fossil", "forbidden"],
    ["golang.test:all", "golang.test/x/text", "fossil", "allowed"],
    ["other.xyz/p:none,golang.test/x:git", "other.xyz/p/x", "git", "forbidden"],
    ["other.xyz/p:none,golang.test/x:git", "golang.test/x/text", "fossil", "forbidden"],
    ["other.xyz/p:none,golang.test/x:git", "golang.test/x/text", "git", "allowed"],
    ["other.xyz/p:none,golang.test/x:fossil", "golang.test/x/text", "git", "forbidden"],
    ["other.xyz/p:none,golang.test/x:all", "golang.test/y/text", "fossil", "forbidden"],
    ["other.xyz/p:none,golang.test/x:none", "golang.test/y/text", "git", "allowed"],
    ["golang.test/x/inner:git,golang.test:svn|hg", "golang.test/x", "git", "forbidden"],
    [" golang.test : svn | hg , private : none ", "golang.test/x", "hg", "allowed"],
    ["", "is-public.com/foo", "git", "allowed"],
    ["", "is-public.com/foo", "hg", "allowed"],
    ["", "is-public.com/foo", "svn", "forbidden"],
    ["", "is-public.com/foo", "bzr", "forbidden"],
    ["", "is-public.com/foo", "fossil", "forbidden"],
    ["", "is-private.com/foo", "svn", "allowed"],
  ] as const)("%j for %s: %s is %s", (setting, root, system, expected) => {
    expect(verdict(new Govcs(setting, "is-private.com"), system, root)).toBe(expected);
  });

  it("says what it forbids in the words of cmd/go", () => {
    // cmd/go/testdata/script/govcs.txt
    const govcs = new Govcs("*:none", "corp.test");
    expect(() => govcs.check("git", "example.com/a")).toThrow(
      "GOVCS disallows using git for public example.com/a; see 'go help vcs'",
    );
    expect(() => govcs.check("svn", "corp.test/a")).toThrow(
      "GOVCS disallows using svn for private corp.test/a; see 'go help vcs'",
    );
  });

  // cmd/go/internal/vcs/vcs_test.go, `govcsErrors`
  it.each([
    [",", "empty entry in GOVCS"],
    [",x", "empty entry in GOVCS"],
    ["x,", 'malformed entry in GOVCS (missing colon): "x"'],
    ["x:y,", "empty entry in GOVCS"],
    ["x", 'malformed entry in GOVCS (missing colon): "x"'],
    ["x:", 'empty VCS list in GOVCS: "x:"'],
    [":x", 'empty pattern in GOVCS: ":x"'],
    ["x:|", 'empty VCS name in GOVCS: "x:|"'],
    ["x:y|", 'empty VCS name in GOVCS: "x:y|"'],
    ["x:|y", 'empty VCS name in GOVCS: "x:|y"'],
    ["x:y,z:", 'empty VCS list in GOVCS: "z:"'],
    ["x:y,z:w||v", 'empty VCS name in GOVCS: "z:w||v"'],
    ["x:y,x:z", 'unreachable pattern in GOVCS: "x:z" after "x:y"'],
    ["./x:git", 'relative pattern not allowed in GOVCS: "./x"'],
    ["..:git", 'relative pattern not allowed in GOVCS: ".."'],
  ])("refuses %j", (setting, message) => {
    expect(() => new Govcs(setting, "").check("git", "corp.test/a")).toThrow(message);
  });

  it("reads any text or refuses it as USAGE", () => {
    fc.assert(
      fc.property(fc.string(), (setting) => {
        const said = verdict(new Govcs(setting, ""), "git", "corp.test/a");
        expect(said).toMatch(/^(allowed|forbidden|USAGE)$/);
      }),
    );
  });
});
