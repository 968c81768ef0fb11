import { mkdirSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../test/support/temporary_directory.ts";
import { readNetrcFile } from "./netrc_file.ts";

let directory: TemporaryDirectory;

beforeEach(() => {
  directory = temporaryDirectory();
  for (const name of [".netrc", "_netrc", "named"]) {
    writeFileSync(directory.join(name), `machine ${name} login u password p\n`);
  }
});

afterEach(() => {
  directory[Symbol.dispose]();
});

describe("readNetrcFile()", () => {
  const machines = (env: Record<string, string>, platform: NodeJS.Platform): string[] =>
    readNetrcFile(env, platform).map(({ machine }) => machine);

  it("finds the file as cmd/go does", () => {
    const HOME = directory.path;
    const NETRC = directory.join("named");
    expect(machines({ HOME }, "linux")).toEqual([".netrc"]);
    expect(machines({ HOME, NETRC }, "linux")).toEqual(["named"]);
    expect(machines({ HOME, NETRC: "" }, "linux")).toEqual([".netrc"]);
    expect(machines({ HOME, NETRC: directory.join("missing") }, "linux")).toEqual([]);
    expect(machines({}, "linux")).toEqual([]);
  });

  it("says which file it cannot read", () => {
    mkdirSync(directory.join("unreadable"));
    expect(() => machines({ NETRC: directory.join("unreadable") }, "linux")).toThrow(
      `cannot read ${directory.join("unreadable")}`,
    );
  });
});
