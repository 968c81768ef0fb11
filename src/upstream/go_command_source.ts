import { LRUCache } from "lru-cache";
import type { Logger } from "../lib/logger.ts";
import { RequestQueue } from "../lib/request_queue.ts";
import {
  formatModuleVersion,
  type ModulePath,
  type ModuleVersion,
} from "../module/module_version.ts";
import type { ZipBytes } from "../store/module_store.ts";
import { GoCommand, type GoCommandOptions, type GoOutput } from "./go_command.ts";
import { downloadModule, type GoDownload } from "./go_download.ts";
import { infoFromOutput, listFromOutput } from "./go_list_output.ts";
import type { GoWorkspace } from "./go_workspace.ts";
import { IdleWorkspace } from "./idle_workspace.ts";
import type { FetchOptions, VersionControlSource } from "./module_source.ts";
import { SharedFlights } from "./shared_flights.ts";

/** What a {@linkcode GoCommandSource} is made of. */
export interface GoCommandSourceOptions extends GoCommandOptions {
  /** Directory for clones, and for zips on their way in. */
  readonly spoolDirectory: string;
  readonly log: Logger;
  /** Milliseconds without a question after which clones and files that nobody took go; five minutes unless given. */
  readonly idleTime?: number;
}

/** go commands at once: each may run several of git's. */
const maxRuns = 4;
/** Downloads whose files may still be asked for: number, and bytes of their zips. */
const maxKept = 512;
const maxKeptBytes = 2 ** 30;
/** Module versions that the log has named already. */
const maxNamed = 10_000;

/**
 * Modules from version control, fetched by the installed go command. One run brings `.info`, `.mod` and `.zip` of a
 * version, whichever is asked for first. Repositories stay cloned while questions come.
 */
export class GoCommandSource implements VersionControlSource, AsyncDisposable {
  readonly #spoolDirectory: string;
  readonly #log: Logger;
  readonly #go: GoCommand;
  readonly #workspace: IdleWorkspace;
  readonly #queue = new RequestQueue({ slots: maxRuns });
  readonly #downloads = new SharedFlights<GoDownload>();
  readonly #questions = new SharedFlights<GoOutput>();
  readonly #kept = new LRUCache<string, GoDownload>({
    max: maxKept,
    maxSize: maxKeptBytes,
    sizeCalculation: (download) => download.zipSize + 1,
    dispose: (download) => void download.discard().catch(() => undefined),
  });
  readonly #named = new LRUCache<string, true>({ max: maxNamed });
  readonly #closing = new AbortController();

  constructor(options: GoCommandSourceOptions) {
    this.#spoolDirectory = options.spoolDirectory;
    this.#log = options.log;
    this.#go = new GoCommand(options);
    this.#workspace = new IdleWorkspace({
      spoolDirectory: options.spoolDirectory,
      idleTime: options.idleTime ?? 300_000,
      onRemove: () => this.#kept.clear(),
    });
  }

  async info(id: ModuleVersion, options: FetchOptions = {}): Promise<Uint8Array> {
    return await this.#withDownload(id, options, async (download) => await download.info());
  }

  async goMod(id: ModuleVersion, options: FetchOptions = {}): Promise<Uint8Array> {
    return await this.#withDownload(id, options, async (download) => await download.goMod());
  }

  async zip(id: ModuleVersion, options: FetchOptions = {}): Promise<ZipBytes> {
    for (;;) {
      const zip = await this.#withDownload(id, options, async (download) => {
        return await this.#takeZip(id, download);
      });
      if (zip !== undefined) return zip;
    }
  }

  async versions(path: ModulePath, options: FetchOptions = {}): Promise<Uint8Array> {
    // A proxy's list has retracted versions too.
    const args = ["list", "-m", "-versions", "-retracted", "-json", path];
    return listFromOutput(await this.#ask(args, path, options));
  }

  async latest(path: ModulePath, options: FetchOptions = {}): Promise<Uint8Array> {
    const args = ["list", "-m", "-json", `${path}@latest`];
    return infoFromOutput(await this.#ask(args, path, options));
  }

  async revision(
    path: ModulePath,
    revision: string,
    options: FetchOptions = {},
  ): Promise<Uint8Array> {
    const args = ["list", "-m", "-json", `${path}@${revision}`];
    return infoFromOutput(await this.#ask(args, path, options));
  }

  /** Ends what runs, and removes all files that nobody has taken. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#workspace.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #withDownload<T>(
    id: ModuleVersion,
    options: FetchOptions,
    use: (download: GoDownload) => Promise<T>,
  ): Promise<T> {
    const key = formatModuleVersion(id);
    // Its files must stay until they are read.
    return await this.#workspace.use(async () => {
      const run: Run<GoDownload> = async (workspace, signal) =>
        await this.#download(id, workspace, signal);
      const download =
        this.#kept.get(key) ?? (await this.#share(this.#downloads, key, options, run));
      return await use(download);
    });
  }

  async #download(
    id: ModuleVersion,
    workspace: GoWorkspace,
    signal: AbortSignal,
  ): Promise<GoDownload> {
    this.#nameOnce(id);
    const download = await downloadModule(this.#go, id, workspace, signal);
    if (download.complete) this.#kept.set(formatModuleVersion(id), download);
    return download;
  }

  /** Undefined if somebody else who waited for the same run has it: the next run is ours. */
  async #takeZip(id: ModuleVersion, download: GoDownload): Promise<ZipBytes | undefined> {
    const key = formatModuleVersion(id);
    const zip = await download.takeZip({ directory: this.#spoolDirectory, maxMemory: 0 });
    if (this.#kept.peek(key) === download) {
      this.#kept.delete(key);
      // Counted anew, now without the zip. A download that has none to give is kept no longer.
      if (zip !== undefined) this.#kept.set(key, download);
    }
    return zip;
  }

  async #ask(args: readonly string[], path: ModulePath, options: FetchOptions): Promise<GoOutput> {
    const run: Run<GoOutput> = async (workspace, signal) =>
      await this.#go.run(args, path, workspace, signal);
    return await this.#share(this.#questions, args.join(" "), options, run);
  }

  /** One run for all who want the same, when its turn has come. */
  async #share<T>(
    flights: SharedFlights<T>,
    key: string,
    { priority = "demand", signal }: FetchOptions,
    run: Run<T>,
  ): Promise<T> {
    return await flights.join(key, signal, async (flight) => {
      const either = AbortSignal.any([flight, this.#closing.signal]);
      return await this.#queue.run(priority, either, async () => {
        // Used by the run itself: those who wait for it may leave before it has ended.
        return await this.#workspace.use(async (workspace) => await run(workspace, either));
      });
    });
  }

  #nameOnce(id: ModuleVersion): void {
    const name = formatModuleVersion(id);
    if (this.#named.has(name)) return;
    this.#named.set(name, true);
    this.#log.info(`the go command fetches ${name} from version control`);
  }
}

type Run<T> = (workspace: GoWorkspace, signal: AbortSignal) => Promise<T>;
