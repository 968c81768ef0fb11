import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { findCommand, findSystemProgram } from "./command_lookup.ts";
import { Scratch } from "./fixtures/start.ts";

/** Directories `one` (a file x that cannot be executed), `two` (x can) and `three` (x is a directory). */
function makeTree(root: string): { one: string; two: string; three: string } {
  const [one, two, three] = [join(root, "one"), join(root, "two"), join(root, "three")];
  for (const directory of [one, two, join(three, "x")]) mkdirSync(directory, { recursive: true });
  writeFileSync(join(one, "x"), "", { mode: 0o644 });
  writeFileSync(join(two, "x"), "", { mode: 0o755 });
  return { one, two, three };
}

describe("findCommand()", () => {
  test("searches on after what cannot be executed, and reports it if nothing else is found", () => {
    using scratch = new Scratch();
    const { one, two, three } = makeTree(scratch.path);
    const file = join(two, "x");
    expect(findCommand("x", `${one}:${three}:${two}`, "/")).toEqual({ kind: "found", file });
    expect(findCommand("x", `${one}:${three}`, "/")).toEqual({
      kind: "not-executable",
      file: join(one, "x"),
    });
    expect(findCommand("y", `${one}:${two}`, "/")).toEqual({ kind: "missing" });
  });

  test("takes an empty or relative element of PATH from the working directory", () => {
    using scratch = new Scratch();
    const { two } = makeTree(scratch.path);
    const found = { kind: "found", file: join(two, "x") };
    expect(findCommand("x", "/nonesuch:", two)).toEqual(found);
    expect(findCommand("x", "two", scratch.path)).toEqual(found);
    expect(findCommand("x", "/nonesuch", two)).toEqual({ kind: "missing" });
  });

  test("takes a name with a slash for a path", () => {
    using scratch = new Scratch();
    const { two } = makeTree(scratch.path);
    expect(findCommand("two/x", "/nonesuch", scratch.path)).toMatchObject({ kind: "found" });
    expect(findCommand("./x", two, scratch.path)).toEqual({ kind: "missing" });
    expect(findCommand("two/x/y", two, scratch.path)).toEqual({ kind: "missing" });
  });

  test("bears no PATH, no name and hostile names", () => {
    expect(findCommand("sh", undefined, "/")).toMatchObject({ kind: "found" });
    expect(findCommand("", "/bin", "/")).toEqual({ kind: "missing" });
    expect(findCommand("a\0b", "/bin", "/")).toEqual({ kind: "missing" });
    expect(findCommand("x".repeat(100_000), "/bin", "/")).toEqual({ kind: "missing" });
  });
});

test("findSystemProgram() looks beyond the PATH, and never in the working directory", () => {
  using scratch = new Scratch();
  writeFileSync(join(scratch.path, "mount"), "", { mode: 0o755 });
  expect(findSystemProgram("mount", "/nonesuch")).toMatch(/^\/(usr\/)?s?bin\/mount$/);
  expect(findSystemProgram("mount", scratch.path)).toBe(join(scratch.path, "mount"));
  expect(findSystemProgram("mount", ":.:relative")).toMatch(/^\/(usr\/)?s?bin\/mount$/);
  expect(findSystemProgram("nonesuch-program", undefined)).toBeUndefined();
});
