import { describe, expect, it } from "vitest";
import { isGomodfsError } from "../../lib/gomodfs_error.ts";
import { knownRepository, knownRepositoryAfterPages } from "./known_repository.ts";

/** `SYSTEM LOCATION`, the code of an error, or `page`. */
function found(path: string): string {
  try {
    const known = knownRepository(path);
    return known === undefined ? "page" : `${known.system} ${known.location}`;
  } catch (error) {
    return isGomodfsError(error) ? error.code : String(error);
  }
}

describe("knownRepository()", () => {
  // cmd/go/internal/vcs/vcs_test.go, TestRepoRootForImportPath
  it.each([
    ["github.com/golang/groupcache", "git https://github.com/golang/groupcache"],
    ["github.com/golang/groupcache/sub/v2", "git https://github.com/golang/groupcache"],
    ["github.com/user/unicode/испытание", "NOT_FOUND"],
    ["github.com/golang", "NOT_FOUND"],
    ["github.com/a/b.git", "NOT_FOUND"],
    ["github.com/a/b.hg/c", "NOT_FOUND"],
    ["github.company.test/a/b", "page"],
    ["bitbucket.org/workspace/pkgname", "git https://bitbucket.org/workspace/pkgname"],
    ["hub.jazz.net/git/user1/pkgname", "git https://hub.jazz.net/git/user1/pkgname"],
    ["hub.jazz.net/git/user1/pkgname/sub/sub/sub", "git https://hub.jazz.net/git/user1/pkgname"],
    ["hub.jazz.net", "page"],
    ["hubajazz.net", "page"],
    ["hub2.jazz.net", "page"],
    ["hub.jazz.net/someotherprefix/user1/pkgname", "page"],
    ["hub.jazz.net/git/User 1/pkgname", "NOT_FOUND"],
    ["hub.jazz.net/git/user1/pkg name", "NOT_FOUND"],
    ["hub.jazz.net/git/user.1/pkgname", "NOT_FOUND"],
    ["hub.jazz.net/git/user/pkg.name", "git https://hub.jazz.net/git/user/pkg.name"],
    ["hub.jazz.net/git/USER/pkgname", "NOT_FOUND"],
    ["git.openstack.org/openstack/swift", "git https://git.openstack.org/openstack/swift"],
    ["git.openstack.org/openstack/swift.git", "git https://git.openstack.org/openstack/swift.git"],
    ["git.openstack.org/openstack/swift/go/h", "git https://git.openstack.org/openstack/swift"],
    ["git.openstack.org", "NOT_FOUND"],
    ["git.openstack.org/openstack", "NOT_FOUND"],
    ["git.apache.org/package name/path/to/lib", "NOT_FOUND"],
    ["git.apache.org/package-name/path/to/lib", "NOT_FOUND"],
    ["gitbapache.org", "page"],
    ["git.apache.org/package-name.git", "git https://git.apache.org/package-name.git"],
    ["git.apache.org/p-n_2.x.git/path/to/lib", "git https://git.apache.org/p-n_2.x.git"],
    [
      "chiselapp.com/user/kyle/repository/fossilgg",
      "fossil https://chiselapp.com/user/kyle/repository/fossilgg",
    ],
    ["chiselapp.com/kyle/repository/fossilgg", "NOT_FOUND"],
    ["chiselapp.com/user/kyle/fossilgg", "NOT_FOUND"],
    ["corp.test/lib", "page"],
    ["corp.test/lib.git", "git corp.test/lib"],
    ["corp.test/lib.git/sub/v2", "git corp.test/lib"],
    ["corp.test/~ann/lib.hg/sub", "hg corp.test/~ann/lib"],
    ["corp.test/a.svn/b.git", "svn corp.test/a"],
    ["corp.test/a.git.git", "git corp.test/a.git"],
    ["corp.test/a.b.bzr", "bzr corp.test/a.b"],
    ["corp.test/.git", "page"],
    ["corp.git/a", "page"],
    ["corp.test/lib.git2/a", "page"],
    ["corp.test/a~b/lib.git", "page"],
  ])("%s: %s", (path, expected) => {
    expect(found(path)).toBe(expected);
  });

  it("tells the root of what a suffix marks", () => {
    expect(knownRepository("corp.test/lib.git/sub")).toEqual({
      system: "git",
      root: "corp.test/lib.git",
      location: "corp.test/lib",
      hasScheme: false,
    });
  });

  it("takes little time for a long path", () => {
    const path = `${"a.".repeat(50_000)}b/c.gitx${"/d.x".repeat(50_000)}`;
    const start = performance.now();
    expect(knownRepository(path)).toBeUndefined();
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});

describe("knownRepositoryAfterPages()", () => {
  it.each([
    ["launchpad.net/project", "launchpad.net/project"],
    ["launchpad.net/project/series/sub", "launchpad.net/project/series"],
    ["launchpad.net/~user/project/branch/sub", "launchpad.net/~user/project/branch"],
    ["launchpad.net/~user/+junk/branch", "launchpad.net/~user/+junk/branch"],
  ])("%s is in the bzr repository %s", (path, root) => {
    expect(knownRepositoryAfterPages(path)).toMatchObject({ system: "bzr", root });
  });

  it("knows nothing else", () => {
    expect(knownRepositoryAfterPages("corp.test/lib")).toBeUndefined();
  });
});
