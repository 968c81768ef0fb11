import { readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { systemErrorCode } from "../lib/retry_policy.ts";
import { escapePath, escapeVersion } from "../module/escape.ts";
import { formatModuleVersion, type ModuleVersion } from "../module/module_version.ts";
import type { ZipBytes } from "../store/module_store.ts";
import { type GoCommand, goError } from "./go_command.ts";
import { type GoWorkspace, removeModuleTree } from "./go_workspace.ts";
import { maxGoModBytes, maxInfoBytes, maxZipBytes } from "./module_limits.ts";
import { spoolError, spoolPath } from "./spool_receiver.ts";
import type { ZipSpool } from "./zip_receiver.ts";

/** A file, or why there is none. */
type DownloadedFile =
  | { readonly kind: "file"; readonly path: string; readonly size: number }
  | { readonly kind: "failed"; readonly error: GomodfsError };

/** What one run of `go mod download` brought of a module version. Its files live as long as the workspace at most. */
export class GoDownload {
  readonly #info: DownloadedFile;
  readonly #goMod: DownloadedFile;
  #zip: DownloadedFile | undefined;

  constructor(info: DownloadedFile, goMod: DownloadedFile, zip: DownloadedFile) {
    this.#info = info;
    this.#goMod = goMod;
    this.#zip = zip;
  }

  /** Whether nothing failed and the zip has not been taken. */
  get complete(): boolean {
    return [this.#info, this.#goMod, this.#zip].every((file) => file?.kind === "file");
  }

  /** Bytes of the zip; 0 if there is none or somebody has taken it. */
  get zipSize(): number {
    return this.#zip?.kind === "file" ? this.#zip.size : 0;
  }

  /** The `.info` file. @throws GomodfsError why there is none */
  async info(): Promise<Uint8Array> {
    return await readDownloaded(this.#info);
  }

  /** The `.mod` file. @throws GomodfsError why there is none */
  async goMod(): Promise<Uint8Array> {
    return await readDownloaded(this.#goMod);
  }

  /**
   * Moves the zip to a spool file, which is the caller's then; undefined if somebody has it already.
   *
   * @throws GomodfsError why there is none, or `STORE`
   */
  async takeZip(spool: ZipSpool): Promise<ZipBytes | undefined> {
    const zip = this.#zip;
    if (zip === undefined) return undefined;
    if (zip.kind === "failed") throw zip.error;
    this.#zip = undefined;
    const path = spoolPath(spool.directory);
    try {
      await rename(zip.path, path);
    } catch (error) {
      throw spoolError(spool.directory, error);
    }
    return { kind: "file", path, size: zip.size };
  }

  /** Removes the zip, if nobody took it. */
  async discard(): Promise<void> {
    const zip = this.#zip;
    this.#zip = undefined;
    if (zip?.kind === "file") await rm(zip.path, { force: true });
  }
}

/**
 * Fetches a module with `go mod download`.
 *
 * @throws GomodfsError as {@linkcode GoCommand} says. What fails only for some of the files is told where they are
 *   asked for
 */
export async function downloadModule(
  go: GoCommand,
  id: ModuleVersion,
  workspace: GoWorkspace,
  signal: AbortSignal,
): Promise<GoDownload> {
  const args = ["mod", "download", "-json", formatModuleVersion(id)];
  const { Error: reason } = await go.run(args, id.path, workspace, signal);
  const text = typeof reason === "string" ? reason : "it brought no such file";
  const absent = goError(args, text, workspace);
  const path = escapePath(id.path);
  const version = escapeVersion(id.version);
  const base = join(workspace.moduleCache, "cache/download", path, "@v", version);
  const info = await findDownloaded(`${base}.info`, maxInfoBytes, absent);
  const goMod = await findDownloaded(`${base}.mod`, maxGoModBytes, absent);
  const zip = await findDownloaded(`${base}.zip`, maxZipBytes, absent);
  // A later run must not find the module half there. It is extracted beside the zip, which nobody reads.
  await rm(`${base}.ziphash`, { force: true });
  await removeModuleTree(join(workspace.moduleCache, `${path}@${version}`));
  return new GoDownload(info, goMod, await setAside(zip, workspace));
}

async function findDownloaded(
  path: string,
  maxBytes: number,
  absent: GomodfsError,
): Promise<DownloadedFile> {
  try {
    const { size } = await stat(path);
    if (size <= maxBytes) return { kind: "file", path, size };
    const message = `${path} is larger than ${maxBytes} bytes`;
    return { kind: "failed", error: new GomodfsError("TOO_LARGE", message) };
  } catch (cause) {
    if (systemErrorCode(cause) === "ENOENT") return { kind: "failed", error: absent };
    throw new GomodfsError("STORE", `cannot read ${path}`, { cause });
  }
}

async function setAside(zip: DownloadedFile, workspace: GoWorkspace): Promise<DownloadedFile> {
  if (zip.kind === "failed") return zip;
  const path = workspace.newFile(".zip");
  await rename(zip.path, path);
  return { ...zip, path };
}

async function readDownloaded(file: DownloadedFile): Promise<Uint8Array> {
  if (file.kind === "failed") throw file.error;
  try {
    return await readFile(file.path);
  } catch (cause) {
    throw new GomodfsError("STORE", `cannot read ${file.path}`, { cause });
  }
}
