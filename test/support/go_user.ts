import { readFile } from "node:fs/promises";
import { ModuleService } from "../../src/daemon/module_service.ts";
import { locateStore } from "../../src/daemon/store_location.ts";
import { isGomodfsError } from "../../src/lib/gomodfs_error.ts";
import { describeError, type LogFields, type Logger } from "../../src/lib/logger.ts";
import type { ModulePath, ModuleVersion } from "../../src/module/module_version.ts";
import { readGoSettings } from "../../src/upstream/go_settings.ts";
import { turnTelemetryOff } from "../../src/upstream/testdata/go_home.ts";
import { type Environment, runProgram } from "./program.ts";
import { type TemporaryDirectory, temporaryDirectory } from "./temporary_directory.ts";

/** What `go mod download` says of a version, or why there is none. */
export type GoDownload =
  | {
      readonly version: string;
      readonly h1: string;
      /** The `.info` file. */
      readonly info: string;
      /** The `.mod` file. */
      readonly goMod: string;
    }
  | { readonly error: string };

/** gomodfs as a user has it, and all that its log was told. */
export interface OpenedService {
  readonly service: ModuleService;
  readonly told: string[];
}

/** A user with a home of its own, who asks go and gomodfs with the same settings. */
export class GoUser implements AsyncDisposable {
  readonly home: TemporaryDirectory = temporaryDirectory();
  readonly #settings: Environment;
  readonly #services: ModuleService[] = [];

  /** @param settings variables besides PATH and HOME */
  constructor(settings: Environment) {
    this.#settings = settings;
    turnTelemetryOff(this.home.join(".config"));
  }

  environment(settings: Environment = {}): Environment {
    return {
      PATH: process.env["PATH"],
      HOME: this.home.path,
      GOTOOLCHAIN: "local",
      GIT_CONFIG_NOSYSTEM: "1",
      ...this.#settings,
      ...settings,
    };
  }

  /** What `go mod download` makes of `PATH@QUERY`, in a GOMODCACHE of its own. */
  async download(query: string, settings: Environment = {}): Promise<GoDownload> {
    const said = await this.#go(["mod", "download", "-json", query], settings, async (output) => ({
      version: output.text("Version"),
      h1: output.text("Sum"),
      info: await output.file("Info"),
      goMod: await output.file("GoMod"),
    }));
    return said;
  }

  /** The version that `PATH@QUERY` means to `go list -m`, or what go says instead. */
  async resolve(query: string, settings: Environment = {}): Promise<string> {
    const said = await this.#go(["list", "-m", "-json", query], settings, (output) =>
      Promise.resolve(output.text("Version")),
    );
    return typeof said === "string" ? said : said.error;
  }

  /** The tagged versions that `go list -m -versions` tells of. */
  async versions(path: ModulePath, settings: Environment = {}): Promise<readonly string[]> {
    const args = ["list", "-m", "-versions", "-retracted", "-json", path];
    const said = await this.#go(args, settings, (output) =>
      Promise.resolve(output.texts("Versions")),
    );
    return "error" in said ? [] : said;
  }

  /** gomodfs with the same settings, over the store below `home`. Ends with this. */
  async openService(settings: Environment = {}): Promise<OpenedService> {
    const environment = this.environment(settings);
    const told: string[] = [];
    const tell = (message: string, fields: LogFields = {}): void => {
      told.push(`${message} ${JSON.stringify(describeError(fields["error"]))}`);
    };
    const log: Logger = { debug: tell, info: tell, warn: tell, error: tell };
    const service = await ModuleService.open({
      location: locateStore(this.home.join("store"), environment),
      settings: readGoSettings(environment),
      proxy: undefined,
      environment,
      sums: [],
      log,
    });
    this.#services.push(service);
    return { service, told };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const service of this.#services) await service.close();
    this.home[Symbol.dispose]();
  }

  async #go<T>(
    args: readonly string[],
    settings: Environment,
    read: (output: GoOutput) => Promise<T>,
  ): Promise<T | { readonly error: string }> {
    using cache = temporaryDirectory();
    const { stdout, stderr } = await runProgram(["go", ...args], {
      directory: cache.path,
      environment: {
        ...this.environment(settings),
        GOMODCACHE: cache.join("mod"),
        GOFLAGS: "-mod=mod -modcacherw",
      },
    });
    const output = new GoOutput(stdout === "" ? { Error: stderr } : JSON.parse(stdout));
    const error = output.text("Error");
    return error === "" ? await read(output) : { error };
  }
}

/** The object that a go command printed. */
class GoOutput {
  readonly #fields: object;

  constructor(printed: unknown) {
    this.#fields = typeof printed === "object" && printed !== null ? printed : {};
  }

  /** A field of text, or "". The `Error` of go list is an object of its own. */
  text(name: string): string {
    const value: unknown = Reflect.get(this.#fields, name);
    if (typeof value === "string") return value;
    return value === undefined ? "" : JSON.stringify(value);
  }

  texts(name: string): readonly string[] {
    const value: unknown = Reflect.get(this.#fields, name);
    return Array.isArray(value) ? value.map(String) : [];
  }

  /** The content of the file that a field names. */
  async file(name: string): Promise<string> {
    return await readFile(this.text(name), "utf8");
  }
}

/** The same of gomodfs. */
export async function serviceDownload(
  service: ModuleService,
  id: ModuleVersion,
): Promise<GoDownload> {
  try {
    const [info, goMod] = await Promise.all([
      service.cache.read(id, "info"),
      service.cache.read(id, "mod"),
      service.cache.ensure(id, "zip"),
    ]);
    return {
      version: id.version,
      h1: service.store.openModule(id)?.h1 ?? "",
      info: Buffer.from(info).toString(),
      goMod: Buffer.from(goMod).toString(),
    };
  } catch (error) {
    return { error: failureText(error) };
  }
}

/** `CODE MESSAGE` of what was thrown; "" if nothing was. */
export async function failureOf(answer: Promise<unknown>): Promise<string> {
  return await answer.then(() => "", failureText);
}

function failureText(error: unknown): string {
  return isGomodfsError(error) ? `${error.code} ${error.message}` : String(error);
}
