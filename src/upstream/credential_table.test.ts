import { describe, expect, it } from "vitest";
import { CredentialTable, prefixOf } from "./credential_table.ts";

function tableOf(prefixes: readonly string[]): CredentialTable {
  const table = new CredentialTable();
  for (const prefix of prefixes) table.set(prefix, { authorization: prefix });
  return table;
}

describe("CredentialTable", () => {
  const table = tableOf([
    "example.com",
    "example.com/team",
    "example.com:8443",
    "example.net/foo/",
  ]);

  // The last five from cmd/go/internal/auth/auth_test.go, BSD-3-Clause.
  it.each([
    ["https://example.com/x/@v/list", "example.com"],
    ["https://example.com", "example.com"],
    ["https://EXAMPLE.com:443/", "example.com"],
    ["https://example.com/team", "example.com/team"],
    ["https://example.com/team/x?team=/other", "example.com/team"],
    ["https://example.com/teams/x", "example.com"],
    ["https://user:secret@example.com/team/x", "example.com/team"],
    ["https://example.com:8443/team/x", "example.com:8443"],
    ["https://example.com:9443/", undefined],
    ["https://sub.example.com/", undefined],
    ["https://example.net/foo/bar/", "example.net/foo/"],
    ["https://example.net/foo", "example.net/foo/"],
    ["https://example.net/?/../example.com/", undefined],
    ["https://example.net/../example.com/", undefined],
    ["https://example.net/../example.com", undefined],
  ])("for %s knows %s", (url, prefix) => {
    expect(table.find(new URL(url))).toEqual(
      prefix === undefined ? undefined : { authorization: prefix },
    );
  });

  it("forgets a prefix that is set to no headers", () => {
    const forgetful = tableOf(["example.com", "example.com/team"]);
    forgetful.set("example.com/team/", {});
    expect(forgetful.find(new URL("https://example.com/team/x"))).toEqual({
      authorization: "example.com",
    });
  });

  it("names the prefix of a URL", () => {
    expect(prefixOf(new URL("https://u:p@Example.com:443/api/?x#y"))).toBe("example.com/api");
    expect(prefixOf(new URL("https://example.com:8443"))).toBe("example.com:8443");
  });
});
