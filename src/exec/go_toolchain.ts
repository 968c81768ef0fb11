import { GomodfsError } from "../lib/gomodfs_error.ts";
import { escapeVersion } from "../module/escape.ts";
import {
  compareGoVersions,
  goLanguageVersion,
  goVersionOfToolchain,
  isValidGoVersion,
} from "../module/go_version.ts";
import type { ModuleVersion } from "../module/module_version.ts";
import {
  type GoPlatform,
  parseToolchainVersion,
  TOOLCHAIN_PATH,
  toolchainVersion,
} from "../module/toolchain.ts";
import { readBoundedFile } from "./bounded_file.ts";
import type { Environment } from "./child_command.ts";
import { findCommand } from "./command_lookup.ts";
import { lookUpDirective } from "./go_directive_lookup.ts";
import { findMainModule, type MainModuleSettings } from "./main_module.ts";

/** What decides which Go a command gets. */
export interface ToolchainRequest {
  readonly argv: readonly [string, ...string[]];
  /** The working directory of the go command, absolute. */
  readonly directory: string;
  readonly environment: Environment;
  readonly settings: MainModuleSettings & { readonly GOTOOLCHAIN: string };
  readonly platform: GoPlatform;
  /** The versions of {@linkcode TOOLCHAIN_PATH} that the module proxy lists; undefined if no proxy is known. */
  readonly versions: (() => Promise<readonly string[]>) | undefined;
}

const MAX_GO_MOD_BYTES = 16 << 20;

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
  const wanted = await wantedToolchain(request);
  const toolchain =
    wanted.kind === "exact"
      ? wanted.name
      : newestRelease(wanted.language, await versions(), platform);
  const version = toolchainVersion({ name: toolchain, ...platform });
  if (version === undefined) {
    throw new GomodfsError("INVALID", `${toolchain} is not the name of a Go toolchain`);
  }
  return { path: TOOLCHAIN_PATH, version };
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

type WantedToolchain =
  | { readonly kind: "exact"; readonly name: string }
  /** The newest release of a language version ("1.24"), or of all. */
  | { readonly kind: "newest"; readonly language: string | undefined };

/** The choice of cmd/go/internal/toolchain Select, without a local toolchain to start from. */
async function wantedToolchain({
  directory,
  settings,
}: ToolchainRequest): Promise<WantedToolchain> {
  const { minimum, fixed } = parseGotoolchain(settings.GOTOOLCHAIN);
  const names = minimum === undefined ? [] : [minimum];
  if (!fixed) names.push(...(await namesInFile(directory, settings, minimum !== undefined)));
  const [first, ...others] = names;
  if (first === undefined) return { kind: "newest", language: undefined };
  const name = others.reduce((best, other) => (isNewer(other, best) ? other : best), first);
  const version = goVersionOfToolchain(name) ?? "";
  return goLanguageVersion(version) === version && name === `go${version}`
    ? { kind: "newest", language: version }
    : { kind: "exact", name };
}

/** GOTOOLCHAIN: `auto`, `path`, `local`, `NAME`, `NAME+auto`, `NAME+path`. */
function parseGotoolchain(setting: string): { minimum: string | undefined; fixed: boolean } {
  if (setting === "" || setting === "auto" || setting === "path") {
    return { minimum: undefined, fixed: false };
  }
  const [name = "", suffix] = setting.split("+", 2);
  const known = suffix === undefined || suffix === "auto" || suffix === "path";
  const local = name === "local";
  if (!known || (!local && goVersionOfToolchain(name) === undefined)) {
    throw new GomodfsError("USAGE", `GOTOOLCHAIN is ${setting}, which names no toolchain`, {
      hint: "set GOTOOLCHAIN to auto, or to a name such as go1.24.3",
    });
  }
  // "local" is whatever Go there is: here, what the file asks for.
  return { minimum: local ? undefined : name, fixed: !local && suffix === undefined };
}

/** The toolchains that the toolchain line and the go line of go.work or go.mod name. */
async function namesInFile(
  directory: string,
  settings: MainModuleSettings,
  hasDefault: boolean,
): Promise<string[]> {
  const main = findMainModule(directory, settings);
  if (main === undefined) return [];
  const file = main.kind === "workspace" ? main.goWork : main.goMod;
  const text = (await readBoundedFile(file, MAX_GO_MOD_BYTES)) ?? "";
  const toolchain = lookUpDirective(text, "toolchain");
  // "toolchain default": whatever the go line says, the default toolchain of the user.
  if (toolchain === "default" && hasDefault) return [];
  const goVersion = lookUpDirective(text, "go");
  const names = isValidGoVersion(goVersion) ? [`go${goVersion}`] : [];
  if (toolchain === "" || toolchain === "default") return names;
  if (goVersionOfToolchain(toolchain) === undefined) {
    throw new GomodfsError(
      "INVALID",
      `the toolchain line of ${file} names ${toolchain}, which is no toolchain`,
    );
  }
  return [toolchain, ...names];
}

function isNewer(name: string, than: string): boolean {
  return compareGoVersions(goVersionOfToolchain(name) ?? "", goVersionOfToolchain(than) ?? "") > 0;
}

/** The newest release for the platform, of one language version if it is given; a preview only where no release is. */
function newestRelease(
  language: string | undefined,
  versions: readonly string[],
  platform: GoPlatform,
): string {
  const forPlatform = versions
    .flatMap((version) => releaseFor(platform, version) ?? [])
    .toSorted(compareGoVersions);
  const ofLanguage = forPlatform.filter(
    (version) => language === undefined || goLanguageVersion(version) === language,
  );
  // Before Go 1.21 the go line was no minimum for the toolchain, and not all releases of that time are modules.
  const old = language !== undefined && compareGoVersions(language, "1.21") < 0;
  const candidates = ofLanguage.length === 0 && old ? forPlatform : ofLanguage;
  const best = candidates.findLast((version) => !/[a-z]/.test(version)) ?? candidates.at(-1);
  if (best !== undefined) return `go${best}`;
  const { goos, goarch } = platform;
  throw new GomodfsError(
    "NOT_FOUND",
    `the module proxy lists no Go toolchain ${language ?? ""} for ${goos}/${goarch}`.replace(
      "  ",
      " ",
    ),
    { hint: "install Go, or set GOPROXY to a module proxy that has golang.org/toolchain" },
  );
}

/** The Go version of a version of the toolchain module; undefined for other platforms and for vendors' variants. */
function releaseFor(platform: GoPlatform, version: string): string | undefined {
  const toolchain = parseToolchainVersion(version);
  if (toolchain?.goos !== platform.goos || toolchain.goarch !== platform.goarch) return undefined;
  const goVersion = goVersionOfToolchain(toolchain.name);
  return toolchain.name === `go${goVersion}` ? goVersion : undefined;
}
