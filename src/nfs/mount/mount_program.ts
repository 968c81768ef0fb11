import { LRUCache } from "lru-cache";
import { isGomodfsError } from "../../lib/gomodfs_error.ts";
import { decodeName } from "../../tree/file_name.ts";
import { ROOT_TREE_NODE, type TreeNode } from "../../tree/tree_node.ts";
import type { NotResident, VirtualFileSystem } from "../../tree/virtual_file_system.ts";
import type { Want } from "../../tree/want.ts";
import { AuthFlavor } from "../rpc/rpc_message.ts";
import type { Deferral, RpcCaller, RpcProgram, RpcReply, WaitOutcome } from "../rpc/rpc_program.ts";
import type { FileHandles } from "../v3/file_handles.ts";
import type { XdrReader } from "../xdr/xdr_reader.ts";
import type { XdrWriter } from "../xdr/xdr_writer.ts";

/** The program number of MOUNT, and the version that goes with NFS version 3 (RFC 1813 section 5). */
export const MOUNT_PROGRAM = 100_005;
export const MOUNT_V3 = 3;

/** Procedures (RFC 1813 section 5.2). */
export const MountProcedure = {
  NULL: 0,
  MNT: 1,
  DUMP: 2,
  UMNT: 3,
  UMNTALL: 4,
  EXPORT: 5,
} as const;
const PROCEDURE_COUNT = 6;

/** `mountstat3`. */
export const MountStatus = {
  OK: 0,
  NOENT: 2,
  IO: 5,
  NOTDIR: 20,
  NAMETOOLONG: 63,
  SERVERFAULT: 10_006,
} as const;
type MountFailure = Exclude<(typeof MountStatus)[keyof typeof MountStatus], 0>;

/** The root; the second name is for clients that want one, as Windows does. */
const EXPORTS = ["/", "/gomodcache"] as const;
const EXPORT_PATTERN = /^\/gomodcache(?=\/|$)/;
/** MNTPATHLEN. */
const MAX_PATH = 1_024;
/** What is remembered for DUMP, which is for people only. */
const REMEMBERED_CLIENTS = 1_024;
const REMEMBERED_PATHS = 64;

/** What a {@linkcode MountProgram} is made of. */
export interface MountProgramOptions {
  readonly files: VirtualFileSystem;
  readonly handles: FileHandles;
  /** Sees to it that something is resident. */
  readonly fetch: (want: Want) => Promise<void>;
}

/** MOUNT version 3 (RFC 1813 section 5): gives the handle of the root, or of any directory below it. */
export class MountProgram implements RpcProgram {
  readonly number = MOUNT_PROGRAM;
  readonly version = MOUNT_V3;
  readonly procedures = PROCEDURE_COUNT;
  readonly #files: VirtualFileSystem;
  readonly #handles: FileHandles;
  readonly #fetch: (want: Want) => Promise<void>;
  readonly #mounts = new LRUCache<string, Set<string>>({ max: REMEMBERED_CLIENTS });

  constructor({ files, handles, fetch }: MountProgramOptions) {
    this.#files = files;
    this.#handles = handles;
    this.#fetch = fetch;
  }

  call(
    procedure: number,
    parameters: XdrReader,
    { writer }: RpcReply,
    caller: RpcCaller,
    waited: WaitOutcome | undefined,
  ): Deferral | undefined {
    switch (procedure) {
      case MountProcedure.MNT:
        return this.#mount(parameters, writer, caller, waited);
      case MountProcedure.DUMP:
        this.#dump(writer, caller);
        return undefined;
      case MountProcedure.UMNT:
        this.#mounts.get(caller.address)?.delete(parameters.opaque(MAX_PATH).toString("utf8"));
        return undefined;
      case MountProcedure.UMNTALL:
        this.#mounts.delete(caller.address);
        return undefined;
      case MountProcedure.EXPORT:
        exportList(writer);
        return undefined;
      default:
        return undefined;
    }
  }

  #mount(
    parameters: XdrReader,
    writer: XdrWriter,
    { address }: RpcCaller,
    waited: WaitOutcome | undefined,
  ): Deferral | undefined {
    const path = decodeName(parameters.opaque(MAX_PATH));
    const found = path === undefined ? MountStatus.NOENT : this.#directory(path);
    if (typeof found === "number") {
      writer.u32(found);
    } else if ("want" in found) {
      const status = waitStatus(waited);
      if (status === undefined) return { begin: async () => await this.#fetch(found.want) };
      writer.u32(status);
    } else {
      writer.u32(MountStatus.OK);
      writer.opaque(this.#handles.handle(found));
      writer.u32(2);
      writer.u32(AuthFlavor.AUTH_SYS);
      writer.u32(AuthFlavor.AUTH_NONE);
      this.#remember(address, path ?? "");
    }
    return undefined;
  }

  /** The directory at a path from the root of the export. */
  #directory(path: string): TreeNode | NotResident | MountFailure {
    if (!path.startsWith("/")) return MountStatus.NOENT;
    let node = ROOT_TREE_NODE;
    let isDirectory = true;
    for (const name of path.replace(EXPORT_PATTERN, "").split("/")) {
      if (name === "" || name === ".") continue;
      if (!isDirectory) return MountStatus.NOTDIR;
      const found = this.#files.lookup(node, name);
      if ("want" in found) return found;
      if ("failure" in found) {
        return found.failure === "damaged" ? MountStatus.IO : MountStatus.NOENT;
      }
      ({ node } = found);
      isDirectory = found.stat.kind === "directory";
    }
    return isDirectory ? node : MountStatus.NOTDIR;
  }

  #remember(address: string, path: string): void {
    const paths = this.#mounts.get(address) ?? new Set();
    if (paths.size < REMEMBERED_PATHS) paths.add(path);
    this.#mounts.set(address, paths);
  }

  /** Tells a client of its own mounts only: others are not its business. */
  #dump(writer: XdrWriter, { address }: RpcCaller): void {
    for (const path of this.#mounts.get(address) ?? []) {
      writer.bool(true);
      writer.string(address);
      writer.string(path);
    }
    writer.bool(false);
  }
}

/** What is exported, each to everybody: groups are a list of no names. */
function exportList(writer: XdrWriter): void {
  for (const path of EXPORTS) {
    writer.bool(true);
    writer.string(path);
    writer.bool(false);
  }
  writer.bool(false);
}

/** Undefined if it is still worth waiting. MOUNT has no status that asks to come again; clients do so by themselves. */
function waitStatus(waited: WaitOutcome | undefined): MountFailure | undefined {
  if (waited === undefined || waited.kind === "ready") return undefined;
  if (waited.kind === "late") return MountStatus.SERVERFAULT;
  const { error } = waited;
  return isGomodfsError(error, "NOT_FOUND") || isGomodfsError(error, "FORBIDDEN")
    ? MountStatus.NOENT
    : MountStatus.IO;
}
