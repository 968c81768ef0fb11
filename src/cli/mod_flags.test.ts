import { expect, it } from "vitest";
import { withDoubleDashes } from "./mod_flags.ts";

it.each([
  ["mod graph -go=1.17 -json", "mod graph --go=1.17 --json"],
  ["mod why -m -vendor x", "mod why -m --vendor x"],
  ["mod list -C dir --json -- -json", "mod list -C dir --json -- -json"],
  ["list -json", "list -json"],
])("%s is read as %s", (given, expected) => {
  const argv = withDoubleDashes(["node", "gomodfs", ...given.split(" ")]);
  expect(argv.slice(2).join(" ")).toBe(expected);
});
