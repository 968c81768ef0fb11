import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { escapePath, escapeVersion } from "../module/escape.ts";
import type { H1, ModuleVersion } from "../module/module_version.ts";
import type { StoredModule } from "../store/module_store.ts";
import { checkExistingGoMod, checkExistingInfo, checkExistingModule } from "./existing_part.ts";
import type { ExportTarget } from "./export_target.ts";
import { checkRebuilt, RebuiltZip } from "./rebuilt_zip.ts";
import { StagedFiles } from "./staged_files.ts";
import { listVersions } from "./version_list.ts";

/** Computes the h1 hash of a module zip, checking it by the rules of golang.org/x/mod/zip. */
export type HashZip = (id: ModuleVersion, path: string, size: number) => Promise<H1>;

/** A GOPROXY tree (https://go.dev/ref/mod#goproxy-protocol) in a directory. */
export class ProxyTree implements ExportTarget {
  readonly #root: string;
  readonly #hashZip: HashZip;
  readonly #files: StagedFiles;
  /** Directories of modules that may have new versions. */
  readonly #touched = new Set<string>();

  constructor(root: string, hashZip: HashZip) {
    this.#root = root;
    this.#hashZip = hashZip;
    this.#files = new StagedFiles(root);
  }

  async putInfo(id: ModuleVersion, info: Uint8Array): Promise<number | undefined> {
    const path = this.#path(id, "info");
    const existing = await readExisting(path);
    if (existing === undefined) return await this.#write(path, info);
    checkExistingInfo({ id, place: path }, existing);
    return undefined;
  }

  async putGoMod(id: ModuleVersion, goMod: Uint8Array): Promise<number | undefined> {
    const path = this.#path(id, "mod");
    const existing = await readExisting(path);
    if (existing === undefined) return await this.#write(path, goMod);
    checkExistingGoMod({ id, place: path }, existing, goMod);
    return undefined;
  }

  async putModule(module: StoredModule): Promise<number | undefined> {
    const { id, h1 } = module;
    const path = this.#path(id, "zip");
    const size = await sizeOfExisting(path);
    if (size !== undefined) {
      checkExistingModule({ id, place: path }, await this.#hashZip(id, path, size), h1);
      return undefined;
    }
    const zip = new RebuiltZip(module);
    await this.#files.place(path, async (temporary) => {
      await zip.writeTo(temporary);
      checkRebuilt(id, await this.#hashZip(id, temporary, zip.size()), h1);
    });
    return zip.size();
  }

  async finish(): Promise<void> {
    for (const directory of this.#touched) {
      const { list, latest } = await listVersions(join(directory, "@v"));
      await this.#update(join(directory, "@v", "list"), Buffer.from(list));
      if (latest !== undefined) {
        await this.#update(join(directory, "@latest"), await readFile(latest));
      }
    }
  }

  async close(): Promise<void> {
    await this.#files.close();
  }

  #path({ path, version }: ModuleVersion, extension: "info" | "mod" | "zip"): string {
    const directory = join(this.#root, escapePath(path));
    this.#touched.add(directory);
    return join(directory, "@v", `${escapeVersion(version)}.${extension}`);
  }

  async #write(path: string, content: Uint8Array): Promise<number> {
    await this.#files.place(path, async (temporary) => await writeFile(temporary, content));
    return content.length;
  }

  async #update(path: string, content: Uint8Array): Promise<void> {
    const existing = await readExisting(path);
    if (existing === undefined || Buffer.compare(existing, content) !== 0) {
      await this.#write(path, content);
    }
  }
}

async function sizeOfExisting(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    return ignoreMissing(path, error);
  }
}

async function readExisting(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    return ignoreMissing(path, error);
  }
}

function ignoreMissing(path: string, cause: unknown): undefined {
  if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
  throw new GomodfsError("STORE", `cannot read ${path}`, { cause });
}
