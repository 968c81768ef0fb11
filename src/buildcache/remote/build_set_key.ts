import { hash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Environment } from "../../lib/environment.ts";
import type { ActionId } from "../identifier.ts";

declare const buildSetKeyBrand: unique symbol;

/** Which build a build set is about; 64 hexadecimal digits in lower case. */
export type BuildSetKey = string & { readonly [buildSetKeyBrand]: true };

/** Where a cache program finds out which build it serves. */
export interface BuildSurroundings {
  /** The go command's: it hands it on to the cache program. */
  readonly directory: string;
  readonly environment: Environment;
  /** The process id of the go command. */
  readonly goCommand: number;
}

/** What of the environment makes a build another one. */
const VARIABLES = [
  "GOOS",
  "GOARCH",
  "GOFLAGS",
  "GOEXPERIMENT",
  "GOAMD64",
  "GOARM64",
  "CGO_ENABLED",
  "CGO_CFLAGS",
  "CGO_LDFLAGS",
  "CC",
] as const;
const MODULE_LINE = /^\s*module\s+(\S+)/m;
const HEXADECIMAL = /^[0-9a-f]{64}$/;

/** Whether text is a build set's key. */
export function isBuildSetKey(text: string): text is BuildSetKey {
  return HEXADECIMAL.test(text);
}

/**
 * The keys of a build, the most telling first: that of the very command in this module on this platform, and that of the
 * kind of command (build, vet, test). GOCACHEPROG says nothing of it, so it is read from the surroundings, which nothing
 * depends on: with another set, less is fetched ahead.
 */
export function buildSetKeys(surroundings: BuildSurroundings): readonly BuildSetKey[] {
  const { directory, environment, goCommand } = surroundings;
  const place = [
    modulePath(directory) ?? directory,
    process.platform,
    process.arch,
    goVersion(goCommand) ?? "",
    ...VARIABLES.map((name) => `${name}=${environment[name] ?? ""}`),
  ];
  const [, ...words] = commandLine(goCommand);
  const verb = words.find((word) => !word.startsWith("-")) ?? "";
  return [keyOf("command", ...place, ...words), keyOf("verb", ...place, verb)];
}

/** The key of a build of which only the first action that it asked for is known. */
export function buildSetKeyOfAction(id: ActionId): BuildSetKey {
  return keyOf("action", id);
}

function keyOf(...facts: readonly string[]): BuildSetKey {
  return hash("sha256", JSON.stringify(facts), "hex") as BuildSetKey; // 64 digits
}

/** The main module's path, from the go.mod in the directory or above it. */
function modulePath(directory: string): string | undefined {
  const goMod = readOrUndefined(join(directory, "go.mod"));
  if (goMod !== undefined) return MODULE_LINE.exec(goMod)?.[1];
  return dirname(directory) === directory ? undefined : modulePath(dirname(directory));
}

/** The first line of $GOROOT/VERSION, beside the program that runs: `go1.26.8`. */
function goVersion(goCommand: number): string | undefined {
  try {
    const executable = readlinkSync(`/proc/${goCommand}/exe`);
    return readOrUndefined(join(dirname(executable), "../VERSION"))?.split("\n")[0];
  } catch {
    return undefined;
  }
}

/** The words of a process's command line; none where there is no /proc. */
function commandLine(process: number): string[] {
  return readOrUndefined(`/proc/${process}/cmdline`)?.split("\0").slice(0, -1) ?? [];
}

function readOrUndefined(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
