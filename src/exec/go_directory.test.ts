import { expect, test } from "vitest";
import { goDirectory } from "./go_directory.ts";

test.each([
  [["go", "build", "-C", "sub", "./..."], "/src/sub"],
  [["go", "-C", "/other", "env"], "/other"],
  [["/usr/bin/go", "mod", "tidy", "--C=../x"], "/x"],
  [["go", "mod", "-C=sub"], "/src/sub"],
  [["go", "work", "sync", "-C", "a b"], "/src/a b"],
  [["go", "test", "-v", "-C", "sub"], "/src"],
  [["go", "run", "main.go", "-C", "sub"], "/src"],
  [["go", "build", "-Cover"], "/src"],
  [["go", "build", "-C"], "/src"],
  [["go"], "/src"],
  [["make", "-C", "sub"], "/src"],
] as const)("goDirectory(%j) is %s", (argv, directory) => {
  const [name, ...args] = argv;
  expect(goDirectory([name, ...args], "/src")).toBe(directory);
});
