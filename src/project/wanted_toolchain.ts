import { GomodfsError } from "../lib/gomodfs_error.ts";
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

/** What decides on a toolchain. */
export interface ToolchainWish {
  /** The GOTOOLCHAIN setting. */
  readonly setting: string;
  /** The go and toolchain lines of go.work or go.mod, "" for none; undefined without a file. */
  readonly lines: ToolchainLines | undefined;
}

/** The lines of a go.work or go.mod file that name toolchains. */
export interface ToolchainLines {
  /** Names the file in messages. */
  readonly file: string;
  readonly go: string;
  readonly toolchain: string;
}

/** A toolchain that is named, or the newest release of a language version ("1.24"), or of all. */
export type WantedToolchain =
  | { readonly kind: "exact"; readonly name: string }
  | { readonly kind: "newest"; readonly language: string | undefined };

/**
 * The choice of cmd/go/internal/toolchain Select, without a local toolchain to start from.
 *
 * @throws GomodfsError `USAGE` if GOTOOLCHAIN is malformed, `INVALID` if the toolchain line is
 */
export function wantedToolchain({ setting, lines }: ToolchainWish): WantedToolchain {
  const { minimum, fixed } = parseGotoolchain(setting);
  const names = minimum === undefined ? [] : [minimum];
  if (!fixed && lines !== undefined) names.push(...namesInLines(lines, minimum !== undefined));
  const [first, ...others] = names;
  if (first === undefined) return { kind: "newest", language: undefined };
  const name = others.reduce((best, other) => (isNewer(other, best) ? other : best), first);
  const version = goVersionOfToolchain(name) ?? "";
  return goLanguageVersion(version) === version && name === `go${version}`
    ? { kind: "newest", language: version }
    : { kind: "exact", name };
}

/**
 * Whether the go command would leave the local toolchain for what is wanted, and download it (cmd/go/internal/toolchain
 * Select).
 *
 * @param local the version of the local toolchain ("1.26.8"); undefined if there is none
 */
export function isToolchainDownloaded(
  setting: string,
  wanted: WantedToolchain,
  local: string | undefined,
): boolean {
  if (local === undefined) return true;
  if (setting === "local" || setting.endsWith("path")) return false;
  const version =
    wanted.kind === "exact" ? goVersionOfToolchain(wanted.name) : (wanted.language ?? "");
  const { minimum } = parseGotoolchain(setting);
  return minimum === undefined
    ? compareGoVersions(version ?? "", local) > 0
    : wanted.kind !== "exact" || wanted.name !== `go${local}`;
}

/**
 * The toolchain module of a platform that is wanted.
 *
 * @param versions the versions of {@linkcode TOOLCHAIN_PATH} that the module proxy lists; asked only if they decide
 * @throws GomodfsError `NOT_FOUND` if the proxy lists no fitting one, `INVALID` for what is no name of a toolchain, and
 * what `versions` throws
 */
export async function toolchainModule(
  wanted: WantedToolchain,
  versions: () => Promise<readonly string[]>,
  platform: GoPlatform,
): Promise<ModuleVersion> {
  const name =
    wanted.kind === "exact"
      ? wanted.name
      : newestRelease(wanted.language, await versions(), platform);
  const version = toolchainVersion({ name, ...platform });
  if (version !== undefined) return { path: TOOLCHAIN_PATH, version };
  throw new GomodfsError("INVALID", `${name} is not the name of a Go toolchain`);
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

function namesInLines(lines: ToolchainLines, hasDefault: boolean): string[] {
  const { file, go, toolchain } = lines;
  // "toolchain default": whatever the go line says, the default toolchain of the user.
  if (toolchain === "default" && hasDefault) return [];
  const names = isValidGoVersion(go) ? [`go${go}`] : [];
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
