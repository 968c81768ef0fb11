import { mkdirSync, readFileSync } from "node:fs";
import { runProgram } from "../../../../../test/support/program.ts";
import { temporaryDirectory } from "../../../../../test/support/temporary_directory.ts";
import type { Origin } from "../../../../module/revision_info.ts";
import type { Environment } from "../../../go_installation.ts";
import type { GitForge } from "../../../testdata/git_forge.ts";

/** What there is to compare of a version, or why there is none. */
export type DownloadedVersion =
  | {
      readonly version: string;
      readonly info: string;
      /** Of the query. */
      readonly origin: Origin | undefined;
      readonly goMod: string;
      readonly h1: string;
    }
  | { readonly error: string };

/**
 * Asks the go command for modules, each `PATH@QUERY`, with an empty GOMODCACHE and straight from the forge: one run, since
 * most of its time goes into the first look at a repository.
 */
export async function goDownloads(
  forge: GitForge,
  asks: readonly string[],
): Promise<DownloadedVersion[]> {
  const outputs = await runGo(forge, ["mod", "download", "-json", ...asks]);
  if (outputs.length !== asks.length) {
    throw new Error(`go mod download says this of ${asks.join()}: ${JSON.stringify(outputs)}`);
  }
  return outputs.map(({ Version, Info, GoMod, Sum, Origin: origin, Error: reason }) => {
    if (reason !== undefined) return { error: reason };
    if (Version === undefined || Info === undefined || GoMod === undefined || Sum === undefined) {
      throw new Error(`go mod download does not say all of ${Version}`);
    }
    return { version: Version, info: Info, origin, goMod: GoMod, h1: Sum };
  });
}

/** Asks the go command for the tagged versions of a module. */
export async function goVersions(forge: GitForge, path: string): Promise<readonly string[]> {
  const args = ["list", "-m", "-versions", "-retracted", "-json", path];
  const [output] = await runGo(forge, args);
  return output?.Versions ?? [];
}

/** The fields that are looked at; those that name files have the files' contents. */
interface GoOutput {
  readonly Version?: string;
  readonly Versions?: readonly string[];
  readonly Info?: string;
  readonly GoMod?: string;
  readonly Origin?: Origin;
  readonly Sum?: string;
  readonly Error?: string;
}

async function runGo(forge: GitForge, args: readonly string[]): Promise<GoOutput[]> {
  using directory = temporaryDirectory();
  mkdirSync(directory.join("work"));
  const { stdout } = await runProgram(["go", ...args], {
    directory: directory.join("work"),
    environment: environment(forge, directory.path),
  });
  return stdout
    .split(/^(?=\{)/m)
    .filter((text) => text !== "")
    .map((text) => {
      // What `go help mod download` and `go help list` document.
      const output = JSON.parse(text) as GoOutput;
      const { Info, GoMod } = output;
      return {
        ...output,
        ...(Info !== undefined && { Info: readFileSync(Info, "utf8") }),
        ...(GoMod !== undefined && { GoMod: readFileSync(GoMod, "utf8") }),
      };
    });
}

function environment(forge: GitForge, home: string): Environment {
  return {
    ...forge.environment,
    PATH: process.env["PATH"],
    HOME: home,
    GOINSECURE: "*",
    GOPROXY: "direct",
    GOSUMDB: "off",
    GOTOOLCHAIN: "local",
    GOFLAGS: "-mod=mod -modcacherw",
    GOMODCACHE: `${home}/mod`,
    GOCACHE: `${home}/cache`,
    GO111MODULE: "on",
  };
}
