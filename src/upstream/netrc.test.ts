import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseNetrc } from "./netrc.ts";

// From cmd/go/internal/auth/netrc_test.go, BSD-3-Clause.
const testNetrc = `
machine incomplete
password none

machine api.github.com
  login user
  password pwd

machine incomlete.host
  login justlogin

machine test.host
login user2
password pwd2

machine oneline login user3 password pwd3

machine ignore.host macdef ignore
  login nobody
  password nothing

machine hasmacro.too macdef ignore-next-lines login user4 password pwd4
  login nobody
  password nothing

default
login anonymous
password gopher@golang.org

machine after.default
login oops
password too-late-in-file
`;

describe("parseNetrc()", () => {
  it("reads what cmd/go reads", () => {
    expect(parseNetrc(testNetrc)).toEqual([
      { machine: "api.github.com", login: "user", password: "pwd" },
      { machine: "test.host", login: "user2", password: "pwd2" },
      { machine: "oneline", login: "user3", password: "pwd3" },
      { machine: "hasmacro.too", login: "user4", password: "pwd4" },
    ]);
  });

  it("reads any text without failing", () => {
    const token = fc.constantFrom("machine", "login", "password", "default", "macdef", "x", "\n");
    fc.assert(
      fc.property(fc.array(fc.oneof(token, fc.string())), (tokens) => {
        for (const entry of parseNetrc(tokens.join(" "))) {
          expect(Object.values(entry)).not.toContain("");
        }
      }),
    );
  });
});
