import { GomodfsError } from "../lib/gomodfs_error.ts";
import { escapeVersion } from "../module/escape.ts";
import type { ModuleVersion } from "../module/module_version.ts";
import type { GoPlatform } from "../module/toolchain.ts";
import { MAX_GO_MOD_BYTES, readBoundedFile } from "../project/bounded_file.ts";
import { lookUpDirective } from "../project/go_directive_lookup.ts";
import { findMainModule, type MainModuleSettings } from "../project/main_module.ts";
import {
  type ToolchainLines,
  toolchainModule,
  wantedToolchain,
} from "../project/wanted_toolchain.ts";
import type { Environment } from "./child_command.ts";
import { findCommand } from "./command_lookup.ts";

/** What decides which Go a command gets. */
export interface ToolchainRequest {
  readonly argv: readonly [string, ...string[]];
  /** The working directory of the go command, absolute. */
  readonly directory: string;
  readonly environment: Environment;
  readonly settings: MainModuleSettings & { readonly GOTOOLCHAIN: string };
  readonly platform: GoPlatform;
  /** The versions of golang.org/toolchain that the module proxy lists; undefined if no proxy is known. */
  readonly versions: (() => Promise<readonly string[]>) | undefined;
}

/**
 * The toolchain module that a command needs because it is `go` or `gofmt` and none is on the PATH: the one that the
 * main module's go.mod or go.work asks for.
 *
 * @returns undefined if no module is needed
 * @throws GomodfsError `USAGE` if it cannot be fetched for want of a proxy or GOTOOLCHAIN is malformed, `NOT_FOUND` if the
 * proxy lists no fitting one, and what `versions` throws
 */
export async function chooseToolchain(
  request: ToolchainRequest,
): Promise<ModuleVersion | undefined> {
  const { argv, environment, directory, platform, versions } = request;
  const [name] = argv;
  if (name !== "go" && name !== "gofmt") return undefined;
  if (findCommand(name, environment["PATH"], directory).kind === "found") return undefined;
  if (versions === undefined) {
    throw new GomodfsError(
      "USAGE",
      `there is no ${name} on the PATH and no module proxy to fetch it from`,
      {
        hint: "install Go and put it on the PATH, or set GOPROXY to the URL of a Go module proxy and GOSUMDB to its checksum database",
      },
    );
  }
  const lines = await readToolchainLines(request);
  const wanted = wantedToolchain({ setting: request.settings.GOTOOLCHAIN, lines });
  return await toolchainModule(wanted, versions, platform);
}

/** The environment in which a toolchain module of `moduleCache` (GOMODCACHE) is the Go on the PATH. */
export function toolchainEnvironment(
  environment: Environment,
  moduleCache: string,
  { path, version }: ModuleVersion,
): Environment {
  const bin = `${moduleCache}/${path}@${escapeVersion(version)}/bin`;
  const rest = environment["PATH"];
  return {
    ...environment,
    PATH: rest === undefined || rest === "" ? bin : `${bin}:${rest}`,
    // It would name another installation's files.
    GOROOT: undefined,
  };
}

/** The lines of go.work or go.mod, which the go command reads before it can parse the file. */
async function readToolchainLines({
  directory,
  settings,
}: ToolchainRequest): Promise<ToolchainLines | undefined> {
  const main = findMainModule(directory, settings);
  if (main === undefined) return undefined;
  const file = main.kind === "workspace" ? main.goWork : main.goMod;
  const text = (await readBoundedFile(file, MAX_GO_MOD_BYTES)) ?? "";
  return { file, go: lookUpDirective(text, "go"), toolchain: lookUpDirective(text, "toolchain") };
}
