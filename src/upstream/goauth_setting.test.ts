import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { temporaryDirectory } from "../../test/support/temporary_directory.ts";
import { isGomodfsError } from "../lib/gomodfs_error.ts";
import { parseGoauth } from "./goauth_setting.ts";

describe("parseGoauth()", () => {
  it("reads lists in their order", () => {
    using directory = temporaryDirectory();
    expect(
      parseGoauth(`netrc ; git  ${directory.path};helper --user "a b" 'c;d'`.replace("c;d", "c d")),
    ).toEqual([
      { kind: "netrc" },
      { kind: "git", directory: directory.path },
      { kind: "program", argv: ["helper", "--user", "a b", "c d"] },
    ]);
    expect(parseGoauth(" off ")).toEqual([]);
  });

  it.each([
    ["netrc;", "empty command"],
    ["", "empty command"],
    ["off; netrc", "off beside"],
    ["netrc;off", "off beside"],
    ["git", "without one absolute directory"],
    ["git relative", "without one absolute directory"],
    ["git / /", "without one absolute directory"],
    ["git /dev/null", "which is not a directory"],
    ["git /dev/null/none", "which is not a directory"],
    ["helper 's3cret", "quote that does not end"],
    ["'' x", "without a name"],
  ])("refuses %j", (goauth, message) => {
    const parse = (): unknown => parseGoauth(goauth);
    expect(parse).toThrow(
      expect.toSatisfy(
        (error) => isGomodfsError(error, "USAGE") && error.message.includes(message),
      ),
    );
    expect(parse).not.toThrow("s3cret");
  });

  it("reads any text or refuses it as USAGE", () => {
    fc.assert(
      fc.property(fc.string(), (goauth) => {
        expect(outcomeOf(() => parseGoauth(goauth))).toMatch(/^(commands|USAGE)$/);
      }),
    );
  });
});

function outcomeOf(parse: () => unknown): string {
  try {
    return Array.isArray(parse()) ? "commands" : "something else";
  } catch (error) {
    return isGomodfsError(error) ? error.code : String(error);
  }
}
