import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { type Logger, silentLogger } from "../../lib/logger.ts";
import { formatModuleVersion, type H1, type ModuleVersion } from "../../module/module_version.ts";
import { virtualZipSize } from "../../module/zip/virtual_zip.ts";
import type { IngestPool } from "../ingest.ts";
import {
  type ModuleStore,
  type Priority,
  type ResidentModule,
  type StoredModule,
  type StoreUsage,
  type ZipBytes,
  zipSize,
} from "../module_store.ts";
import { BatchWriter } from "./batch_writer.ts";
import { CommitQueue } from "./commit_queue.ts";
import { GitStoreReader } from "./git_store_reader.ts";
import { Maintenance, type MaintenanceResult } from "./maintenance.ts";
import { refName } from "./ref_name.ts";
import { transactRefs } from "./ref_transaction.ts";
import { createRepository, type Repository } from "./repository.ts";
import type { WriteJob } from "./write_job.ts";

/** What a git store is made of. */
export interface GitStoreOptions {
  /** The repository; made if it is missing or empty. A `.git` in it is taken instead of it. */
  readonly directory: string;
  /** Takes the zips apart; the caller closes it. */
  readonly ingest: IngestPool;
  /** Where maintenance in the background says what failed. */
  readonly log?: Logger;
  /** Milliseconds without a write before maintenance begins, two seconds unless given. */
  readonly idleMilliseconds?: number;
}

const IDLE_MILLISECONDS = 2_000;

/** Bounds of x/mod (zip.MaxGoMod) and of what a .info file can sensibly be. */
const MAXIMUM_GO_MOD_SIZE = 16 * 1024 * 1024;
const MAXIMUM_INFO_SIZE = 1024 * 1024;
const PARTS = ["zip", "info", "mod"] as const;

/**
 * Modules in a git repository: files are blobs in packs that gomodfs writes itself, a ref leads to each module. It stays
 * a repository that git can check, copy and collect garbage in, and one that tailscale/gomodfs wrote can be opened.
 */
export class GitStore implements ModuleStore {
  readonly #repository: Repository;
  readonly #ingest: IngestPool;
  readonly #log: Logger;
  readonly #reader: GitStoreReader;
  readonly #queue: CommitQueue<WriteJob>;
  readonly #maintenance: Maintenance;
  /** Served bytes of modules by the objects that their refs name: these never change. */
  readonly #servedBytes = new Map<string, number>();
  readonly #idleMilliseconds: number;
  #maintaining: Promise<void> | undefined;
  #idleTimer: NodeJS.Timeout | undefined;

  private constructor({
    directory,
    ingest,
    log = silentLogger,
    idleMilliseconds = IDLE_MILLISECONDS,
  }: GitStoreOptions) {
    this.#idleMilliseconds = idleMilliseconds;
    this.#repository = createRepository(directory);
    this.#ingest = ingest;
    this.#log = log;
    this.#reader = new GitStoreReader(this.#repository);
    const writer = new BatchWriter(this.#repository, this.#reader);
    this.#maintenance = new Maintenance(this.#repository, this.#reader.database, this.#reader.refs);
    this.#queue = new CommitQueue(async (jobs) => {
      const outcomes = await writer.write(jobs);
      this.#maintainWhenDue();
      return outcomes;
    });
  }

  /**
   * Opens the store at a directory, which is made if need be.
   *
   * @throws GomodfsError `STORE` if the directory holds something else or is read-only, `UNSUPPORTED` for a repository
   *   of another format
   */
  static async open(options: GitStoreOptions): Promise<GitStore> {
    return new GitStore(options);
  }

  openModule(id: ModuleVersion): StoredModule | undefined {
    return this.#reader.openModule(id);
  }

  readInfo(id: ModuleVersion): Uint8Array | undefined {
    return this.#reader.readInfo(id);
  }

  readGoMod(id: ModuleVersion): Uint8Array | undefined {
    return this.#reader.readGoMod(id);
  }

  list(): ResidentModule[] {
    return this.#reader.list();
  }

  refresh(): void {
    this.#reader.refresh();
  }

  expectModule(): void {
    this.#ingest.expect();
  }

  async putInfo(id: ModuleVersion, info: Uint8Array): Promise<void> {
    checkSize(`${formatModuleVersion(id)}.info`, info, MAXIMUM_INFO_SIZE);
    await this.#queue.add({ kind: "info", id, content: info, size: info.length });
  }

  async putGoMod(id: ModuleVersion, goMod: Uint8Array): Promise<void> {
    checkSize(`${formatModuleVersion(id)}.mod`, goMod, MAXIMUM_GO_MOD_SIZE);
    await this.#queue.add({ kind: "mod", id, content: goMod, size: goMod.length });
  }

  async putModule(
    id: ModuleVersion,
    zip: ZipBytes,
    verify: (h1: H1) => void | Promise<void>,
    priority?: Priority,
  ): Promise<H1> {
    const module = await this.#ingest.ingest(id, zip, priority);
    await verify(module.h1);
    await this.#queue.add({ kind: "zip", id, module, size: zipSize(module.zip) });
    return module.h1;
  }

  async remove(id: ModuleVersion): Promise<void> {
    const { refs } = this.#reader;
    await transactRefs(this.#repository, refs, () => {
      const names = PARTS.map((part) => refName(id, part));
      const present = names.filter((name) => refs.get(name) !== undefined);
      return new Map(present.map((name) => [name, undefined]));
    });
  }

  /** Stored are the packs and packed-refs; served the files and the zip of each module. */
  usage(): StoreUsage {
    const residents = this.list();
    const zips = residents.filter((resident) => resident.zip);
    return {
      modules: residents.length,
      zips: zips.length,
      storedBytes: this.#storedBytes(),
      servedBytes: zips.reduce((sum, { id }) => sum + this.#servedBytesOf(id), 0),
    };
  }

  /**
   * Copies many small packs into one. The store does so by itself after writing.
   *
   * @param many what many packs are; a sensible number unless given
   */
  async consolidate(many?: number): Promise<MaintenanceResult> {
    return await this.#maintenance.consolidate(many);
  }

  /**
   * Gives the space of removed modules back.
   *
   * @param minimumAge milliseconds; younger packs are left as they are
   */
  async compact(minimumAge?: number): Promise<MaintenanceResult> {
    return await this.#maintenance.compact(minimumAge);
  }

  /** Waits for what is being written. */
  async close(): Promise<void> {
    await this.#queue.close();
    clearTimeout(this.#idleTimer);
    await this.#maintaining;
    this.#reader.close();
  }

  /** Copying packs competes with a build for disk and processor, so it waits until nobody writes. */
  #maintainWhenDue(): void {
    clearTimeout(this.#idleTimer);
    const { due } = this.#maintenance;
    if (due === "now") this.#maintainInBackground();
    if (due !== "when-idle") return;
    this.#idleTimer = setTimeout(() => this.#maintainInBackground(), this.#idleMilliseconds);
    this.#idleTimer.unref();
  }

  #maintainInBackground(): void {
    if (this.#maintaining !== undefined) return;
    this.#maintaining = this.#maintenance
      .consolidate()
      .then(
        () => {},
        (error: unknown) => this.#log.warn("cannot consolidate the store", { error }),
      )
      .finally(() => {
        this.#maintaining = undefined;
      });
  }

  #storedBytes(): number {
    const { directory, packDirectory } = this.#repository;
    const paths = readdirSync(packDirectory).map((name) => join(packDirectory, name));
    return [...paths, join(directory, "packed-refs")].reduce(
      (sum, path) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
  }

  #servedBytesOf(id: ModuleVersion): number {
    const tree = this.#reader.refs.get(refName(id, "zip"));
    if (tree === undefined) return 0;
    const known = this.#servedBytes.get(tree);
    if (known !== undefined) return known;
    const manifest = this.openModule(id)?.manifest;
    if (manifest === undefined) return 0;
    const bytes = manifest.totalSize + virtualZipSize(`${formatModuleVersion(id)}/`, manifest);
    this.#servedBytes.set(tree, bytes);
    return bytes;
  }
}

function checkSize(what: string, content: Uint8Array, maximum: number): void {
  if (content.length > maximum) {
    throw new GomodfsError("TOO_LARGE", `${what} has more than ${maximum} bytes`);
  }
}
