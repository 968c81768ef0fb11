import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ModuleFiles } from "../../../test/support/made_up_module.ts";
import type { Environment } from "../../../test/support/program.ts";
import { Sandbox } from "../../../test/support/sandbox.ts";
import { ModuleService } from "../../daemon/module_service.ts";
import { locateModuleCache } from "../../daemon/store_location.ts";
import { silentLogger } from "../../lib/logger.ts";
import { readProject } from "../../project/project.ts";
import { readGoSettings } from "../../upstream/go_settings.ts";
import { type PrefetchOptions, type PrefetchRequest, prefetch } from "../prefetch.ts";
import type { PrefetchSummary } from "../prefetch_event.ts";

/** Paths of the GOPROXY protocol that were asked for: .info, .mod and .zip of versions. */
export type Requests = ReadonlySet<string>;

/** The settings of go commands as a user has them: go.mod is read, not written, and no module of example.com is public. */
const SETTINGS = { GOFLAGS: "", GONOSUMDB: "example.com" };

/** A machine of its own whose proxy tells what a prefetch asks for, and what go commands do. */
export class PrefetchSandbox implements AsyncDisposable {
  readonly sandbox: Sandbox;

  private constructor(sandbox: Sandbox) {
    this.sandbox = sandbox;
  }

  static async create(): Promise<PrefetchSandbox> {
    return new PrefetchSandbox(await Sandbox.create());
  }

  /** Writes files and gives the path of their directory. */
  write(files: ModuleFiles, name = "project"): string {
    const directory = this.sandbox.path(name);
    for (const [file, text] of Object.entries(files)) {
      const path = join(directory, file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
    return directory;
  }

  /** Prefetches the projects at these paths, besides what the request names, into the sandbox's GOMODCACHE. */
  async prefetch(
    paths: readonly string[],
    request: Partial<PrefetchRequest> = {},
    options: PrefetchOptions = {},
  ): Promise<PrefetchSummary> {
    const environment = { ...this.sandbox.environment, ...SETTINGS };
    const settings = readGoSettings(environment);
    const projects = await Promise.all(paths.map((path) => readProject(path, settings)));
    const service = await ModuleService.open({
      location: locateModuleCache(this.sandbox.modcache, environment, {
        writableDirectories: false,
      }),
      settings,
      proxy: undefined,
      environment,
      sums: projects.flatMap(({ sums }) => sums),
      log: silentLogger,
    });
    try {
      return await prefetch({ modules: [], all: false, ...request, projects }, service, options);
    } finally {
      await service.close();
    }
  }

  /** What is asked for while `run` runs. */
  async requestsOf(run: () => Promise<unknown>): Promise<Requests> {
    const { requests } = this.sandbox.proxy;
    requests.clear();
    await run();
    return new Set([...requests.keys()].filter((path) => /\/@v\/.*\.(info|mod|zip)$/.test(path)));
  }

  /** What go commands ask for together that the GOMODCACHE does not have; they must succeed. */
  async requestsOfGo(directory: string, commands: readonly string[]): Promise<Requests> {
    return await this.requestsOf(async () => {
      for (const command of commands) await this.go(directory, command);
    });
  }

  /** Runs a go command, as a user has it set up. */
  async go(directory: string, command: string, variables: Environment = {}): Promise<string> {
    return await this.sandbox.go(command.split(" "), {
      directory,
      environment: { ...SETTINGS, ...variables },
      timeout: 110_000,
    });
  }

  /** Removes all modules. */
  async clear(): Promise<void> {
    await this.sandbox.go(["clean", "-modcache"]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sandbox[Symbol.asyncDispose]();
  }
}

/** Those of `requests` that are not among `others`, sorted. */
export function missingFrom(others: Requests, requests: Requests): string[] {
  return [...requests].filter((request) => !others.has(request)).sort();
}
