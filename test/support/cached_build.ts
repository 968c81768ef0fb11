import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseActionRecord } from "../../src/buildcache/disk/action_record.ts";
import { GOMODFS } from "./gomodfs_mount.ts";
import {
  type Environment,
  type ProgramOptions,
  type ProgramResult,
  runProgram,
} from "./program.ts";
import { TemporaryDirectory } from "./temporary_directory.ts";

/** Files of a program that uses all that a build cache is asked for: several packages, cgo, tests, a fuzz test. */
const FILES: Readonly<Record<string, string>> = {
  "go.mod": "module example.com/program\n\ngo 1.24\n",
  "main.go": `package main

import (
	"fmt"

	"example.com/program/answer"
)

func main() { fmt.Println("the answer is", answer.Value()) }
`,
  "answer/answer.go": `package answer

// Value is what everybody asks for.
func Value() int { return 42 }

// Double is not covered by a test.
func Double() int { return 2 * Value() }
`,
  "answer/answer_test.go": `package answer

import "testing"

func TestValue(t *testing.T) {
	if Value() != 42 {
		t.Fatal(Value())
	}
}

func FuzzValue(f *testing.F) {
	f.Add(1)
	f.Fuzz(func(t *testing.T, n int) { _ = n + Value() })
}
`,
  "native/native.go": `package main

// static int twice(int n) { return 2 * n; }
import "C"

import "fmt"

func main() { fmt.Println(C.twice(21)) }
`,
};

/** A made-up Go program, a home, and the means to build it with one cache or another. */
export class CachedBuild implements Disposable {
  readonly #directory = new TemporaryDirectory("gomodfs-test-build-");

  constructor() {
    for (const [name, content] of Object.entries(FILES)) this.write(name, content);
  }

  /** The path of something in the directory of the test. */
  path(...names: readonly string[]): string {
    return this.#directory.join(...names);
  }

  /** The directory of the program. */
  get program(): string {
    return this.path("program");
  }

  /** Where gomodfs has its local cache unless told otherwise. */
  get cache(): string {
    return this.path("home/.cache/gomodfs/build");
  }

  /** Writes a file of the program. */
  write(name: string, content: string): void {
    const path = join(this.program, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }

  /** The environment in which gomodfs is the build cache. @param command what stands behind `gomodfs` */
  through(command: string, variables: Environment = {}): Environment {
    return { ...this.environment, GOCACHEPROG: `${GOMODFS} ${command}`, ...variables };
  }

  /** The environment in which the go command's own cache is. */
  get environment(): Environment {
    const home = this.path("home");
    return {
      PATH: process.env["PATH"],
      HOME: home,
      XDG_CACHE_HOME: join(home, ".cache"),
      XDG_CONFIG_HOME: join(home, ".config"),
      GOCACHE: this.path("gocache"),
      GOPROXY: "off",
      GOTOOLCHAIN: "local",
      GOFLAGS: "",
      GOTELEMETRY: "off",
      LC_ALL: "C.UTF-8",
    };
  }

  /** Runs the go command in the directory of the program. */
  async go(args: readonly string[], options: ProgramOptions): Promise<ProgramResult> {
    return await runProgram(["go", ...args], {
      directory: this.program,
      timeout: 110_000,
      ...options,
    });
  }

  /** Builds the program and gives its bytes. @throws Error if that fails */
  async build(environment: Environment, args: readonly string[] = ["."]): Promise<Buffer> {
    const output = this.path("binary");
    const result = await this.go(["build", "-o", output, ...args], { environment });
    if (result.status !== 0) throw new Error(`go build: ${result.stderr}`);
    return readFileSync(output);
  }

  [Symbol.dispose](): void {
    this.#directory[Symbol.dispose]();
  }
}

/** What `--metrics` printed, the last line of standard error that is JSON. */
export function metricsOf({
  stderr,
}: Pick<ProgramResult, "stderr">): Readonly<Record<string, unknown>> {
  const line = stderr.split("\n").findLast((text) => text.startsWith("{"));
  const value: unknown = JSON.parse(line ?? "null");
  if (typeof value === "object" && value !== null) return { ...value };
  throw new Error(`no metrics: ${stderr}`);
}

/** All that is wrong in the directory of a build cache: nothing, whatever happened to those who wrote. */
export function faultsOf(cache: string): readonly string[] {
  const faults: string[] = [];
  for (const path of filesBelow(join(cache, "output"))) {
    const sha256 = createHash("sha256").update(readFileSync(path)).digest("hex");
    if (!path.endsWith(`/${sha256.slice(0, 2)}/${sha256}`)) faults.push(`${path} has ${sha256}`);
    if ((statSync(path).mode & 0o777) !== 0o555) faults.push(`${path} is not executable`);
  }
  for (const path of filesBelow(join(cache, "action"))) {
    const record = parseActionRecord(readFileSync(path, "latin1"), () => new Date());
    if (record === undefined) faults.push(`${path} is no record`);
  }
  return faults;
}

/** The files below a directory, sorted. */
export function filesBelow(directory: string): readonly string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) => join(parentPath, name)).toSorted();
}
