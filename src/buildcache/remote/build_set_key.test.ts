import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../../test/support/temporary_directory.ts";
import {
  type BuildSetKey,
  buildSetKeyOfAction,
  buildSetKeys,
  isBuildSetKey,
} from "./build_set_key.ts";
import { actionId } from "./testdata/ids.ts";

/** The keys of a build as a process with such a command line would start it. */
async function keysOf(
  directory: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<readonly BuildSetKey[]> {
  // Any program with words that it waits by.
  const command = spawn("sleep", words);
  await once(command, "spawn");
  try {
    return buildSetKeys({ directory, environment, goCommand: command.pid ?? 0 });
  } finally {
    command.kill("SIGKILL");
    await once(command, "exit");
  }
}

describe("buildSetKeys()", () => {
  test("gives the same keys for the same command in any folder of any copy of a module", async () => {
    using first = temporaryDirectory();
    using second = temporaryDirectory();
    mkdirSync(second.join("folder"));
    for (const { path } of [first, second]) {
      writeFileSync(
        `${path}/go.mod`,
        "// A comment.\nmodule example.com/m // another\n\ngo 1.26\n",
      );
    }
    const keys = await keysOf(first.path, ["60", "1"]);
    expect(keys).toHaveLength(2);
    expect(keys.every(isBuildSetKey)).toBe(true);
    expect(await keysOf(second.join("folder"), ["60", "1"])).toEqual(keys);
  });

  test("tells commands apart, but has one key for all of a kind", async () => {
    using directory = temporaryDirectory();
    const [command, kind] = await keysOf(directory.path, ["60", "1"]);
    const [otherCommand, sameKind] = await keysOf(directory.path, ["60", "2"]);
    const [, otherKind] = await keysOf(directory.path, ["61", "1"]);
    expect(otherCommand).not.toBe(command);
    expect(sameKind).toBe(kind);
    expect(otherKind).not.toBe(kind);
  });

  test("tells modules and platforms apart", async () => {
    using directory = temporaryDirectory();
    const keys = await keysOf(directory.path, ["60"]);
    const windows = await keysOf(directory.path, ["60"], { GOOS: "windows" });
    writeFileSync(directory.join("go.mod"), "module example.com/m\n");
    const inModule = await keysOf(directory.path, ["60"]);
    expect(new Set([...keys, ...windows, ...inModule]).size).toBe(6);
  });

  test("does without what the surroundings do not tell", () => {
    using directory = temporaryDirectory();
    const surroundings = { directory: directory.path, environment: {}, goCommand: 2 ** 30 };
    expect(buildSetKeys(surroundings).every(isBuildSetKey)).toBe(true);
  });
});

test("buildSetKeyOfAction() tells first actions apart", () => {
  const key = buildSetKeyOfAction(actionId("a"));
  expect(isBuildSetKey(key)).toBe(true);
  expect(buildSetKeyOfAction(actionId("a"))).toBe(key);
  expect(buildSetKeyOfAction(actionId("b"))).not.toBe(key);
});
