import { type BuildConstraint, evaluateConstraint } from "./build_constraint.ts";

/** What decides which files of a package are built (go/build Context). Plain data: threads may be given it. */
export interface BuildSettings {
  /** As `go env` names them: "linux", "amd64". */
  readonly goos: string;
  readonly goarch: string;
  readonly cgoEnabled: boolean;
  /** Those of -tags, and tool tags such as "goexperiment.jsonv2" if they matter. */
  readonly tags: readonly string[];
  /** N of the Go release 1.N: the tags go1.1 to go1.N are set. */
  readonly goMinor: number;
}

/** What of a Go file's header decides whether it is built. */
export interface BuildHeader {
  readonly packageName: string;
  readonly imports: readonly string[];
  readonly constraint: BuildConstraint | undefined;
}

/** The variables of the go command's settings that a build depends on. */
export interface BuildEnvironment {
  readonly GOOS?: string | undefined;
  readonly GOARCH?: string | undefined;
  readonly CGO_ENABLED?: string | undefined;
}

// Past, present and future values (internal/syslist of Go 1.26).
const KNOWN_OS: ReadonlySet<string> = new Set(
  "aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris wasip1 windows zos".split(
    " ",
  ),
);
const UNIX_OS: ReadonlySet<string> = new Set(
  "aix android darwin dragonfly freebsd hurd illumos ios linux netbsd openbsd solaris".split(" "),
);
const KNOWN_ARCH: ReadonlySet<string> = new Set(
  "386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le ppc ppc64 ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm".split(
    " ",
  ),
);
/** The tags that an operating system brings besides its own name (go/build matchTag). */
const IMPLIED_OS: ReadonlyMap<string, string> = new Map([
  ["android", "linux"],
  ["illumos", "solaris"],
  ["ios", "darwin"],
]);
const TEST_SUFFIX = "_test.go";
/** Node's names of what Go calls otherwise. */
const NODE_ARCH: ReadonlyMap<string, string> = new Map([
  ["x64", "amd64"],
  ["ia32", "386"],
]);
const NODE_OS: ReadonlyMap<string, string> = new Map([
  ["win32", "windows"],
  ["sunos", "solaris"],
]);
const MAX_GO_MINOR = 1000;

/**
 * The settings of builds in an environment; this machine's where it is silent. Where CGO_ENABLED is silent, cgo is used
 * in builds for this machine, as the go command does where it finds a C compiler.
 *
 * @param goMinor N of the Go release 1.N
 */
export function buildSettings(
  { GOOS, GOARCH, CGO_ENABLED }: BuildEnvironment,
  tags: readonly string[],
  goMinor: number,
): BuildSettings {
  const native = {
    goos: NODE_OS.get(process.platform) ?? process.platform,
    goarch: NODE_ARCH.get(process.arch) ?? process.arch,
  };
  const goos = GOOS || native.goos;
  const goarch = GOARCH || native.goarch;
  const isNative = goos === native.goos && goarch === native.goarch;
  return {
    goos,
    goarch,
    cgoEnabled: CGO_ENABLED ? CGO_ENABLED === "1" : isNative,
    tags,
    goMinor: Math.min(goMinor, MAX_GO_MINOR),
  };
}

/** Says which Go files are built, as go/build's Context does for the compiler gc. */
export class BuildContext {
  readonly #cgoEnabled: boolean;
  readonly #tags: ReadonlySet<string>;
  readonly #hasTag = (tag: string): boolean => this.hasTag(tag);

  constructor(settings: BuildSettings) {
    this.#cgoEnabled = settings.cgoEnabled;
    this.#tags = satisfiedTags(settings);
  }

  hasTag(tag: string): boolean {
    // An old name (go/build matchTag).
    return this.#tags.has(tag === "boringcrypto" ? "goexperiment.boringcrypto" : tag);
  }

  /**
   * Whether a file of this name can be a Go file of a package here: `x_windows_arm64.go` cannot everywhere, and names
   * that begin with `_` or `.` nowhere.
   *
   * @param name without a directory
   */
  matchesFileName(name: string): boolean {
    return (
      name.endsWith(".go") &&
      !name.startsWith("_") &&
      !name.startsWith(".") &&
      this.#matchesSystem(name)
    );
  }

  /** Whether a file with such a header, whose name matches, is built. */
  matchesHeader({ packageName, imports, constraint }: BuildHeader): boolean {
    // Documentation of a package in a package of its own (go/build Import).
    if (packageName === "documentation") return false;
    if (!this.#cgoEnabled && imports.includes("C")) return false;
    return constraint === undefined || evaluateConstraint(constraint, this.#hasTag);
  }

  /** Whether a file is built: {@linkcode matchesFileName} and {@linkcode matchesHeader}, and no test. */
  matchesFile(name: string, header: BuildHeader): boolean {
    return !isTestFile(name) && this.matchesFileName(name) && this.matchesHeader(header);
  }

  /** By the suffixes _GOOS, _GOARCH and _GOOS_GOARCH (go/build goodOSArchFile). */
  #matchesSystem(name: string): boolean {
    // What stands before the first underscore is never a suffix: "linux.go" is for all systems.
    const [, ...words] = name.slice(0, name.indexOf(".")).split("_");
    if (words.at(-1) === "test") words.pop();
    const last = words.at(-1);
    if (last === undefined) return true;
    if (KNOWN_OS.has(last)) return this.hasTag(last);
    if (!KNOWN_ARCH.has(last)) return true;
    const system = words.at(-2);
    return (
      this.hasTag(last) && (system === undefined || !KNOWN_OS.has(system) || this.hasTag(system))
    );
  }
}

/** Whether a Go file belongs to the tests of a package. */
export function isTestFile(name: string): boolean {
  return name.endsWith(TEST_SUFFIX);
}

function satisfiedTags({ goos, goarch, cgoEnabled, tags, goMinor }: BuildSettings): Set<string> {
  const satisfied = new Set([...tags, goos, goarch, "gc"]);
  const implied = IMPLIED_OS.get(goos);
  if (implied !== undefined) satisfied.add(implied);
  if (UNIX_OS.has(goos)) satisfied.add("unix");
  if (cgoEnabled) satisfied.add("cgo");
  for (let minor = 1; minor <= goMinor; minor++) satisfied.add(`go1.${minor}`);
  return satisfied;
}
