import { chmodSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { rejection } from "../../test/support/rejection.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../test/support/temporary_directory.ts";
import { GoWorkspace } from "./go_workspace.ts";

let directory: TemporaryDirectory;

beforeEach(() => {
  directory = temporaryDirectory();
});

afterEach(() => {
  directory[Symbol.dispose]();
});

describe("GoWorkspace", () => {
  it("gives a main module for each run", async () => {
    const workspace = await GoWorkspace.create(directory.path);
    const [one, other] = [await workspace.makeMainModule(), await workspace.makeMainModule()];
    expect(one).not.toBe(other);
    expect(await readFile(join(one, "go.mod"), "utf8")).toContain("module ");
    expect(readdirSync(workspace.moduleCache)).toEqual([]);
  });

  it("removes everything, read-only directories too", async () => {
    const workspace = await GoWorkspace.create(directory.path);
    const extracted = join(workspace.moduleCache, "corp.test/lib@v1.0.0/sub");
    mkdirSync(extracted, { recursive: true });
    writeFileSync(join(extracted, "sub.go"), "package sub\n");
    chmodSync(extracted, 0o555);
    chmodSync(join(extracted, ".."), 0o555);
    await workspace.remove();
    expect(readdirSync(directory.path)).toEqual([]);
  });

  it("removes what was abandoned days ago, and nothing else", async () => {
    const old = new Date(Date.now() - 25 * 60 * 60 * 1000);
    for (const name of ["go-command-old", "go-command-new", "other.zip"]) {
      mkdirSync(directory.join(name, "mod"), { recursive: true });
    }
    for (const name of ["go-command-old", "other.zip"]) utimesSync(directory.join(name), old, old);
    const workspace = await GoWorkspace.create(directory.path);
    await workspace.remove();
    expect(readdirSync(directory.path)).toEqual(["go-command-new", "other.zip"]);
  });

  it("says where it cannot be made", async () => {
    writeFileSync(directory.join("file"), "");
    await expect(GoWorkspace.create(directory.join("file/spool"))).rejects.toEqual(
      rejection("STORE", "file/spool"),
    );
  });
});
