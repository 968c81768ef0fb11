import { mkdirSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { rejection } from "../../test/support/rejection.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../test/support/temporary_directory.ts";
import { readConfigurationFile } from "./configuration_file.ts";

let directory: TemporaryDirectory;

beforeEach(() => {
  directory = temporaryDirectory();
  for (const place of ["xdg/gomodfs", "home/.config/gomodfs"]) {
    mkdirSync(directory.join(place), { recursive: true });
    writeFileSync(directory.join(place, "gomodfs.toml"), `# ${place}`);
  }
  writeFileSync(directory.join("named.toml"), "# named");
  writeFileSync(directory.join("variable.toml"), "# variable");
});

afterEach(() => {
  directory[Symbol.dispose]();
});

async function found(named: string | undefined, variables: Record<string, string>) {
  const environment = { HOME: directory.join("home"), ...variables };
  return (await readConfigurationFile(named, environment))?.text;
}

it("is the one that is named, then the variable's, then the user's", async () => {
  const XDG_CONFIG_HOME = directory.join("xdg");
  const GOMODFS_CONFIG = directory.join("variable.toml");
  const named = directory.join("named.toml");
  expect(await found(named, { XDG_CONFIG_HOME, GOMODFS_CONFIG })).toBe("# named");
  expect(await found(undefined, { XDG_CONFIG_HOME, GOMODFS_CONFIG })).toBe("# variable");
  expect(await found(undefined, { XDG_CONFIG_HOME, GOMODFS_CONFIG: "" })).toBe("# xdg/gomodfs");
  expect(await found(undefined, { XDG_CONFIG_HOME: "xdg" })).toBe("# home/.config/gomodfs");
});

it("that is named and not there is an error", async () => {
  const missing = directory.join("missing.toml");
  const error = rejection("USAGE", `there is no file of configuration ${missing}`);
  await expect(found(missing, {})).rejects.toEqual(error);
  await expect(found(undefined, { GOMODFS_CONFIG: missing })).rejects.toEqual(error);
});
