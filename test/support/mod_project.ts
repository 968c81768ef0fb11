import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { addGraphModules } from "../../src/prefetch/testdata/made_up_graph.ts";
import type { ModuleFiles } from "./made_up_module.ts";
import { type Environment, type ProgramResult, runProgram } from "./program.ts";
import { Sandbox } from "./sandbox.ts";

/** As a user has the go command set up; no module of example.com is public. */
const SETTINGS: Environment = { GOFLAGS: "", GONOSUMDB: "example.com" };

/** Minutes that a cold go command may need for a large project. */
const TIMEOUT = 280_000;

/** A machine of its own with projects on which the go command and `gomodfs mod` are compared. */
export class ModProject implements AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly directory: string;

  private constructor(sandbox: Sandbox) {
    this.sandbox = sandbox;
    this.directory = sandbox.makeDirectory("project");
    addGraphModules(sandbox.proxy);
  }

  static async create(files: ModuleFiles = {}): Promise<ModProject> {
    const project = new ModProject(await Sandbox.create());
    project.write(files);
    return project;
  }

  /** Writes files of the project. */
  write(files: ModuleFiles): void {
    for (const [name, content] of Object.entries(files)) {
      const path = join(this.directory, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    }
  }

  /** What the go command prints, which must succeed. */
  async go(args: readonly string[], variables: Environment = {}): Promise<string> {
    return await this.sandbox.go(args, {
      directory: this.directory,
      environment: { ...SETTINGS, ...variables },
      timeout: TIMEOUT,
    });
  }

  /** How the go command ends. */
  async tryGo(args: readonly string[], variables: Environment = {}): Promise<ProgramResult> {
    return await runProgram(["go", ...args], {
      directory: this.directory,
      environment: { ...this.sandbox.environment, ...SETTINGS, ...variables },
    });
  }

  /** How `gomodfs mod` ends. */
  async mod(args: readonly string[], variables: Environment = {}): Promise<ProgramResult> {
    return await this.sandbox.gomodfs(["mod", ...args], {
      directory: this.directory,
      environment: { ...SETTINGS, ...variables },
      timeout: TIMEOUT,
    });
  }

  /** What `gomodfs mod` prints, which must succeed without a word besides. */
  async print(args: readonly string[], variables: Environment = {}): Promise<string> {
    const { status, stdout, stderr } = await this.mod(args, variables);
    if (status === 0 && stderr === "") return stdout;
    throw new Error(`gomodfs mod ${args.join(" ")} ended with ${status}\n${stdout}\n${stderr}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sandbox[Symbol.asyncDispose]();
  }
}
