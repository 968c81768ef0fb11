import { expect, test } from "vitest";
import { goDirectory } from "./go_directory.ts";

test.each([
  [["go", "build", "-C", "sub", "./..."], "/work/sub"],
  [["go", "-C", "/other", "env"], "/other"],
  [["/usr/bin/go", "mod", "tidy", "--C=../x"], "/x"],
  [["go", "mod", "-C=sub"], "/work/sub"],
  [["go", "work", "sync", "-C", "a b"], "/work/a b"],
  [["go", "test", "-v", "-C", "sub"], "/work"],
  [["go", "run", "main.go", "-C", "sub"], "/work"],
  [["go", "build", "-Cover"], "/work"],
  [["go", "build", "-C"], "/work"],
  [["go"], "/work"],
  [["make", "-C", "sub"], "/work"],
] as const)("goDirectory(%j) is %s", (argv, directory) => {
  const [name, ...args] = argv;
  expect(goDirectory([name, ...args], "/work")).toBe(directory);
});
