import { writeFile } from "node:fs/promises";
import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { formatModuleVersion, type H1, type ModuleVersion } from "../../module/module_version.ts";
import { MAX_GO_MOD } from "../../module/zip_rules.ts";
import type { Extractor } from "../extraction.ts";
import type {
  ModuleStore,
  Priority,
  ResidentModule,
  StoredModule,
  StoreUsage,
  ZipBytes,
} from "../module_store.ts";
import {
  DirStoreReader,
  type DirStoreReaderOptions,
  MAXIMUM_INFO_SIZE,
} from "./dir_store_reader.ts";
import { DirUsage } from "./dir_usage.ts";
import { cannotWrite } from "./directory_error.ts";
import { LockedFile } from "./locked_file.ts";
import { makeDirectories } from "./make_directories.ts";
import { ModuleCacheLayout, type ModuleCachePaths } from "./module_cache_layout.ts";
import { removeFile } from "./remove_file.ts";
import { removeTree } from "./remove_tree.ts";
import { statusOf } from "./residency.ts";
import { replaceFile } from "./small_file.ts";
import { VersionLists } from "./version_lists.ts";
import { ZipWriter } from "./zip_writer.ts";

/** What a directory store is made of. */
export interface DirStoreOptions extends DirStoreReaderOptions {
  /** Takes the zips apart; the caller closes it. */
  readonly extractor: Extractor;
  /** Directories of extracted modules keep mode 0755, as with the go command's -modcacherw; false unless given. */
  readonly writableDirectories?: boolean;
}

/**
 * A real GOMODCACHE as a store: it reads what the go command wrote, and what it writes the go command takes for its own.
 * With `extract: false` it writes only what is below `cache/download`, which then serves as a GOPROXY.
 *
 * Like the go command it flushes nothing to the disk: a process that is killed at any moment leaves something that is
 * complete or made anew, a machine that crashes may lose the contents of files that were just written. (To flush
 * the 21,000 files of a large project would take longer than to fetch them.)
 */
export class DirStore implements ModuleStore {
  readonly #layout: ModuleCacheLayout;
  readonly #reader: DirStoreReader;
  readonly #extractor: Extractor;
  readonly #writer: ZipWriter;
  readonly #usage: DirUsage;
  readonly #lists = new VersionLists();
  readonly #writing = new Set<Promise<unknown>>();

  /** The directory is made when something is written. */
  constructor(options: DirStoreOptions) {
    this.#layout = new ModuleCacheLayout(options);
    this.#reader = new DirStoreReader(options);
    this.#usage = new DirUsage(this.#layout, this.#reader);
    this.#extractor = options.extractor;
    this.#writer = new ZipWriter({
      extractor: options.extractor,
      extract: options.extract ?? true,
      writableDirectories: options.writableDirectories ?? false,
    });
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
    this.#extractor.expect();
  }

  async putInfo(id: ModuleVersion, info: Uint8Array): Promise<void> {
    checkSize(`${formatModuleVersion(id)}.info`, info, MAXIMUM_INFO_SIZE);
    const { info: path, downloadDirectory } = this.#layout.paths(id);
    if (statusOf(path) !== undefined) return;
    await makeDirectories(downloadDirectory);
    replaceFile(path, info);
  }

  async putGoMod(id: ModuleVersion, goMod: Uint8Array): Promise<void> {
    checkSize(`${formatModuleVersion(id)}.mod`, goMod, MAX_GO_MOD);
    const { goMod: path, downloadDirectory } = this.#layout.paths(id);
    if (statusOf(path) !== undefined) return;
    await makeDirectories(downloadDirectory);
    replaceFile(path, goMod);
    await this.#finish(this.#lists.update(downloadDirectory));
  }

  /** @throws GomodfsError also `SECURITY` if the directory has another hash of the module than the one verified */
  async putModule(
    id: ModuleVersion,
    zip: ZipBytes,
    verify: (h1: H1) => void | Promise<void>,
    priority?: Priority,
  ): Promise<H1> {
    const paths = this.#layout.paths(id);
    return await this.#finish(this.#writer.write({ id, paths, zip, verify, priority }));
  }

  async remove(id: ModuleVersion): Promise<void> {
    const paths = this.#layout.paths(id);
    if (statusOf(paths.downloadDirectory) === undefined) return;
    await this.#finish(this.#remove(paths));
  }

  usage(): StoreUsage {
    return this.#usage.measure();
  }

  /** Waits for what is being written. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#writing);
  }

  async #finish<T>(writing: Promise<T>): Promise<T> {
    this.#writing.add(writing);
    try {
      return await writing;
    } finally {
      this.#writing.delete(writing);
    }
  }

  /** In an order in which the module is incomplete from the first step to the last, for go commands too. */
  async #remove(paths: ModuleCachePaths): Promise<void> {
    {
      await using _lock = await LockedFile.open(paths.lock);
      try {
        await writeFile(paths.partial, "");
      } catch (cause) {
        throw cannotWrite(paths.partial, cause);
      }
      await removeTree(paths.directory);
      for (const file of [paths.zip, paths.zipHash, paths.info, paths.goMod, paths.partial]) {
        await removeFile(file);
      }
    }
    await this.#lists.update(paths.downloadDirectory);
  }
}

function checkSize(what: string, content: Uint8Array, maximum: number): void {
  if (content.length > maximum) {
    throw new GomodfsError("TOO_LARGE", `${what} has more than ${maximum} bytes`);
  }
}
