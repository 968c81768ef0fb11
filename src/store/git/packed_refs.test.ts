import { readFileSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../test/support/temporary_directory.ts";
import { git, gitText } from "./git_for_tests.ts";
import { hashObject, type ObjectId } from "./object_id.ts";
import { PackedRefs } from "./packed_refs.ts";
import { holdsOrIsRefused } from "./refusal_for_tests.ts";

const EMPTY = new PackedRefs(Buffer.alloc(0));
const name = fc.stringMatching(/^refs\/gomod\/[a-c%.]{1,6}@v1(\(mod\))?$/);
const id = fc.nat(1000).map((number) => hashObject("blob", Buffer.from(`${number}`)));
const changes = fc
  .array(fc.tuple(name, fc.option(id, { nil: undefined })))
  .map((rows) => new Map<string, ObjectId | undefined>(rows));

describe("PackedRefs", () => {
  test("holds what a map would after the same changes", () => {
    fc.assert(
      fc.property(changes, changes, name, (first, second, other) => {
        const refs = new PackedRefs(new PackedRefs(EMPTY.with(first)).with(second));
        const expected = new Map([...first, ...second]);
        for (const [key, value] of expected) expect(refs.get(key)).toBe(value);
        expect(refs.get(other)).toBe(expected.get(other));
        const present = [...expected].filter(([, value]) => value !== undefined);
        expect([...refs.names("refs/gomod/")]).toEqual(present.map(([key]) => key).toSorted());
      }),
    );
  });

  test("is read by git, and reads what git writes, with the peeled values of tags", () => {
    using directory = temporaryDirectory();
    git(directory.path, ["init", "-q", "--bare"]);
    const blob = gitText(directory.path, ["hash-object", "-w", "--stdin"], "x");
    const tree = gitText(directory.path, ["mktree"], "");
    const commit = gitText(directory.path, ["commit-tree", "-m", "x", tree]);
    for (const ref of ["refs/gomod/b@v1", "refs/gomod/a@v1", "refs/zzz/later"]) {
      git(directory.path, ["update-ref", ref, blob]);
    }
    git(directory.path, ["tag", "-a", "-m", "x", "v1", commit]);
    git(directory.path, ["tag", "-a", "-m", "x", "v2", commit]);
    git(directory.path, ["pack-refs", "--all"]);
    const path = directory.join("packed-refs");
    const refs = new PackedRefs(readFileSync(path));
    expect([...refs.names("refs/gomod/")]).toEqual(["refs/gomod/a@v1", "refs/gomod/b@v1"]);
    for (const line of gitText(directory.path, ["show-ref"]).split("\n")) {
      const [value, ref] = line.split(" ");
      expect(refs.get(ref ?? "")).toBe(value);
    }
    const added = new Map([["refs/gomod/a@v0", hashObject("blob", Buffer.from("x"))]]);
    writeFileSync(path, refs.with(added));
    expect(gitText(directory.path, ["show-ref", "-d"]).split("\n").length).toBe(8);
    expect(gitText(directory.path, ["rev-parse", "refs/gomod/a@v0"])).toBe(blob);
    expect(gitText(directory.path, ["rev-parse", "v2^{}"])).toBe(commit);
  });

  test("puts the lines of an unsorted file into order", () => {
    const a = hashObject("blob", Buffer.from("a"));
    const lines = ["refs/tags/z", "refs/heads/b", "refs/heads/a"].map((ref) => `${a} ${ref}\n`);
    const refs = new PackedRefs(Buffer.from(`# pack-refs with: peeled \n${lines.join("")}^${a}\n`));
    expect(refs.get("refs/heads/a")).toBe(a);
    expect(refs.get("refs/tags/z")).toBe(a);
    expect(refs.with(new Map()).toString()).toBe(
      `# pack-refs with: peeled fully-peeled sorted \n${a} refs/heads/a\n^${a}\n${a} refs/heads/b\n${a} refs/tags/z\n`,
    );
  });

  test("refuses damaged files with STORE", () => {
    expect(() => new PackedRefs(Buffer.from("abc"))).toThrow("packed-refs is damaged");
    const good = EMPTY.with(new Map([["refs/gomod/a", hashObject("blob", Buffer.from(""))]]));
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, value) => {
        const bytes = Buffer.from(good);
        bytes[at] = value;
        const check = () => {
          const refs = new PackedRefs(bytes);
          refs.get("refs/gomod/a");
          return [...refs.entries()].length <= 2;
        };
        expect(holdsOrIsRefused(check)).toBe(true);
      }),
    );
  });

  test("finds one of 30,000 refs without having parsed them", () => {
    const value = hashObject("blob", Buffer.from("x"));
    const rows = Array.from({ length: 30_000 }, (_, n): [string, ObjectId] => [
      `refs/gomod/example.com%2Fm${n}@v1.0.0`,
      value,
    ]);
    const bytes = EMPTY.with(new Map(rows));
    const start = performance.now();
    const refs = new PackedRefs(bytes);
    expect(refs.get("refs/gomod/example.com%2Fm17@v1.0.0")).toBe(value);
    expect(performance.now() - start).toBeLessThan(15);
  });
});
