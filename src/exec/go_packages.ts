import { basename } from "node:path";
import { parseGoFlags } from "../upstream/go_flags.ts";

/** What a command line says about the packages that are built. */
export interface GoPackages {
  /** As findBuildImports takes them; none: all packages may be built. */
  readonly patterns: readonly string[];
  readonly tests: boolean;
  /** Build tags of the command line, or else of GOFLAGS. */
  readonly tags: readonly string[];
}

/** Commands that build tests. */
const TEST_COMMANDS: ReadonlySet<string> = new Set(["test", "vet"]);
/** Commands that work on the package in the working directory if none is named. */
const PACKAGE_COMMANDS: ReadonlySet<string> = new Set([
  "build",
  "install",
  "list",
  "run",
  "test",
  "vet",
]);

/**
 * The packages that a command will build, as far as its arguments tell: those of a go command, all for any other
 * command, such as `make`.
 */
export function goPackages(argv: readonly [string, ...string[]], goflags: string): GoPackages {
  const [name, ...args] = argv;
  const tags = tagsOf(args) ?? tagsOf(goflagWords(goflags)) ?? [];
  if (basename(name) !== "go") return { patterns: [], tests: true, tags };
  const command = args.find((arg) => !arg.startsWith("-")) ?? "";
  const named = args.filter(isLocal);
  const isOfDirectory = named.length === 0 && PACKAGE_COMMANDS.has(command);
  return {
    patterns: isOfDirectory ? ["."] : named,
    tests: TEST_COMMANDS.has(command) || args.some((arg) => /^--?test$/.test(arg)),
    tags,
  };
}

/** Paths of packages and files; an import path could as well be the value of a flag. */
function isLocal(arg: string): boolean {
  return arg === "." || arg === ".." || /^\.{0,2}\//.test(arg) || /^[^-].*\.go$/.test(arg);
}

function tagsOf(args: readonly string[]): string[] | undefined {
  const index = args.findIndex((arg) => /^--?tags(?:=|$)/.test(arg));
  const flag = args[index];
  if (flag === undefined) return undefined;
  const value = flag.includes("=") ? flag.slice(flag.indexOf("=") + 1) : (args[index + 1] ?? "");
  return value.split(/[\s,]+/).filter((tag) => tag !== "");
}

function goflagWords(goflags: string): string[] {
  return parseGoFlags(goflags).map(({ name, value }) =>
    value === undefined ? `-${name}` : `-${name}=${value}`,
  );
}
