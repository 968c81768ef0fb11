import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../../test/support/temporary_directory.ts";
import { mayWrite, parseWritePermission } from "./write_permission.ts";

const NOBODY = { uid: undefined, token: undefined };

test("everybody may write unless somebody is named", () => {
  expect(mayWrite(parseWritePermission([], undefined), NOBODY)).toBe(true);
  expect(mayWrite({ kind: "nobody" }, { uid: 0, token: "x" })).toBe(false);
});

test("named users and tokens may write, nobody else", () => {
  using directory = temporaryDirectory();
  const file = directory.join("tokens");
  writeFileSync(file, "# the pipelines\n\nfirst-token\n  second-token  \n");
  const permission = parseWritePermission(["uid:1000", "uid:0"], file);
  const allowed = [
    { uid: 1000, token: undefined },
    { uid: 0, token: "wrong" },
    { uid: 7, token: "first-token" },
    { uid: undefined, token: "second-token" },
  ];
  const refused = [
    NOBODY,
    { uid: 1001, token: undefined },
    { uid: undefined, token: "first-toke" },
    { uid: undefined, token: "" },
    { uid: undefined, token: "# the pipelines" },
  ];
  expect(allowed.map((client) => mayWrite(permission, client))).toEqual(allowed.map(() => true));
  expect(refused.map((client) => mayWrite(permission, client))).toEqual(refused.map(() => false));
});

test("what names nobody is refused", () => {
  using directory = temporaryDirectory();
  const empty = directory.join("empty");
  writeFileSync(empty, "# nothing\n");
  expect(() => parseWritePermission(["root"], undefined)).toThrow('"root" names nobody');
  expect(() => parseWritePermission([], empty)).toThrow("is no file of tokens");
  expect(() => parseWritePermission([], directory.join("none"))).toThrow(
    "cannot read the file of tokens",
  );
});
