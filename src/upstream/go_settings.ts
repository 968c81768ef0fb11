import { readFileSync } from "node:fs";
import { posix, win32 } from "node:path";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { parseGoEnvFile } from "./go_env_file.ts";
import { type ModuleFlags, moduleFlags, parseGoFlags } from "./go_flags.ts";
import { type Environment, findGoInstallation } from "./go_installation.ts";

/** The settings of the go command, under the names and with the values that `go env` prints. */
export interface GoSettings {
  /** Undefined where neither the environment nor a file sets it; see {@linkcode requireGoproxy}. */
  readonly GOPROXY: string | undefined;
  readonly GOSUMDB: string | undefined;
  readonly GOPRIVATE: string;
  readonly GONOPROXY: string;
  readonly GONOSUMDB: string;
  readonly GOINSECURE: string;
  readonly GOVCS: string;
  readonly GOAUTH: string;
  readonly GOFLAGS: string;
  /** Undefined without a GOPATH. */
  readonly GOMODCACHE: string | undefined;
  /** Undefined where no home directory is known. */
  readonly GOPATH: string | undefined;
  readonly GOROOT: string | undefined;
  readonly GOTOOLCHAIN: string;
  /** `off`, a path, or empty: the go.work file is then searched for. */
  readonly GOWORK: string;
  /** The file of `go env -w`; undefined if GOENV is `off` or no place for it is known. */
  readonly GOENV: string | undefined;
  /** What GOFLAGS says about modules. */
  readonly flags: ModuleFlags;
  /** The first `go` on the PATH. */
  readonly goCommand: string | undefined;
}

/**
 * What cmd/go would use, found as cmd/go/internal/cfg finds it but without running Go: the environment (an empty value
 * counts as none), then the GOENV file, then `$GOROOT/go.env`, then defaults derived from other settings.
 *
 * @throws GomodfsError `USAGE` if GOFLAGS cannot be read
 */
export function readGoSettings(
  env: Environment,
  platform: NodeJS.Platform = process.platform,
): GoSettings {
  const path = platform === "win32" ? win32 : posix;
  const installation = findGoInstallation(env, platform);
  const envFile = goEnvFile(env, platform);
  const userSettings = readSettings(envFile);
  // The file's GOROOT goes before the environment's when go.env is looked for (cfg.initEnvCache), not otherwise.
  const root = userSettings.get("GOROOT") || env["GOROOT"];
  const goroot = root ? path.normalize(root).replace(/(?<=.)[\\/]$/, "") : installation.goroot;
  const rootSettings = readSettings(goroot && path.join(goroot, "go.env"));

  const setting = (name: string): string =>
    env[name] || (userSettings.get(name) ?? rootSettings.get(name) ?? "");
  const GOROOT = env["GOROOT"] || goroot;
  const GOPRIVATE = setting("GOPRIVATE");
  const GOPATH = setting("GOPATH") || defaultGopath(env, platform, GOROOT);
  const GOFLAGS = setting("GOFLAGS");
  const firstGopath = GOPATH?.split(path.delimiter)[0];
  return {
    GOPROXY: setting("GOPROXY") || undefined,
    GOSUMDB: setting("GOSUMDB") || undefined,
    GOPRIVATE,
    GONOPROXY: setting("GONOPROXY") || GOPRIVATE,
    GONOSUMDB: setting("GONOSUMDB") || GOPRIVATE,
    GOINSECURE: setting("GOINSECURE"),
    GOVCS: setting("GOVCS"),
    GOAUTH: setting("GOAUTH") || "netrc",
    GOFLAGS,
    GOMODCACHE:
      setting("GOMODCACHE") || (firstGopath ? path.join(firstGopath, "pkg/mod") : undefined),
    GOPATH,
    GOROOT,
    GOTOOLCHAIN: setting("GOTOOLCHAIN"),
    GOWORK: setting("GOWORK"),
    GOENV: envFile,
    flags: moduleFlags(parseGoFlags(GOFLAGS)),
    goCommand: installation.goCommand,
  };
}

/**
 * The GOPROXY setting.
 *
 * @throws GomodfsError `USAGE` where nothing sets it, which says what to set: gomodfs knows no proxy by itself
 */
export function requireGoproxy(settings: GoSettings): string {
  if (settings.GOPROXY !== undefined) return settings.GOPROXY;
  const reason =
    settings.goCommand === undefined
      ? "it is not in the environment and no Go installation with a go.env file was found"
      : `it is neither in the environment nor in the settings of ${settings.goCommand}`;
  throw new GomodfsError("USAGE", `no module proxy is known: GOPROXY is not set (${reason})`, {
    hint: "set GOPROXY to the URL of a Go module proxy, for example to what `go env GOPROXY` prints elsewhere",
  });
}

function readSettings(file: string | undefined): Map<string, string> {
  if (!file) return new Map();
  try {
    return parseGoEnvFile(readFileSync(file, "utf8"));
  } catch {
    // cmd/go takes a file that it cannot read as one that is not there (cfg.readEnvFile).
    return new Map();
  }
}

/** cmd/go/internal/cfg `EnvFile`, with os.UserConfigDir. */
function goEnvFile(env: Environment, platform: NodeJS.Platform): string | undefined {
  const file = env["GOENV"];
  if (file) return file === "off" ? undefined : file;
  if (platform === "win32") return env["AppData"] && win32.join(env["AppData"], "go/env");
  const configHome = env["XDG_CONFIG_HOME"];
  if (platform !== "darwin" && configHome) {
    return posix.isAbsolute(configHome) ? posix.join(configHome, "go/env") : undefined;
  }
  const configDirectory = platform === "darwin" ? "Library/Application Support" : ".config";
  return env["HOME"] && posix.join(env["HOME"], configDirectory, "go/env");
}

/** go/build `defaultGOPATH`: never the same directory as GOROOT. */
function defaultGopath(
  env: Environment,
  platform: NodeJS.Platform,
  goroot: string | undefined,
): string | undefined {
  const home = env[platform === "win32" ? "USERPROFILE" : "HOME"];
  if (!home) return undefined;
  const gopath = (platform === "win32" ? win32 : posix).join(home, "go");
  return gopath === goroot ? undefined : gopath;
}
