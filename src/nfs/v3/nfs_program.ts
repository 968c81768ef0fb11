import { isGomodfsError } from "../../lib/gomodfs_error.ts";
import { decodeName } from "../../tree/file_name.ts";
import type { TreeNode } from "../../tree/tree_node.ts";
import type {
  FoundNode,
  NodeStat,
  NotResident,
  TreeFailure,
  VirtualFileSystem,
} from "../../tree/virtual_file_system.ts";
import type { VirtualPath } from "../../tree/virtual_path.ts";
import type { Want } from "../../tree/want.ts";
import type { Deferral, RpcCaller, RpcProgram, RpcReply, WaitOutcome } from "../rpc/rpc_program.ts";
import type { XdrReader } from "../xdr/xdr_reader.ts";
import type { XdrWriter } from "../xdr/xdr_writer.ts";
import { AttributesWriter } from "./attributes_writer.ts";
import type { FileHandles } from "./file_handles.ts";
import { encodeListing, type ListingRequest } from "./listing_encoder.ts";
import { Listings } from "./listings.ts";
import {
  Access,
  type FailureStatus,
  FSF3_HOMOGENEOUS,
  MAX_HANDLE,
  MAX_LISTING,
  MAX_NAME,
  MAX_READ,
  MAX_STRING,
  MAX_WRITE,
  NFS_PROGRAM,
  NFS_V3,
  PROCEDURE_COUNT,
  Procedure,
  Status,
  VERIFIER_SIZE,
} from "./nfs_constants.ts";
import type { NfsCounters } from "./nfs_counters.ts";
import { READ_ONLY_REFUSALS } from "./read_only_refusals.ts";

/** What an {@linkcode NfsProgram} is made of. */
export interface NfsProgramOptions {
  readonly files: VirtualFileSystem;
  readonly handles: FileHandles;
  readonly counters: NfsCounters;
  /** Sees to it that something is resident. */
  readonly fetch: (want: Want) => Promise<void>;
}

/** A procedure came upon a file that is not as it needs it. */
type Problem = TreeFailure | NotResident | { readonly status: FailureStatus };

const FAILURE_STATUS: Readonly<Record<TreeFailure["failure"], FailureStatus>> = {
  never: Status.NOENT,
  missing: Status.NOENT,
  "not-a-directory": Status.NOTDIR,
  "is-a-directory": Status.ISDIR,
  damaged: Status.IO,
};
/** Every listing can be gone on with for ever, so one verifier holds for all; another form of cookies needs another. */
const COOKIE_VERIFIER = Buffer.from("gomodfs1");
/** Units of time in attributes, in nanoseconds. */
const TIME_DELTA = 1;
/** What is best asked for at a time: a listing's rows are not many, and what is read is read whole. */
const PREFERRED_LISTING = 64 * 1024;
const READ_MULTIPLE = 4_096;

/** NFS version 3 (RFC 1813) over the virtual GOMODCACHE, read-only. */
export class NfsProgram implements RpcProgram {
  readonly number = NFS_PROGRAM;
  readonly version = NFS_V3;
  readonly procedures = PROCEDURE_COUNT;
  readonly #files: VirtualFileSystem;
  readonly #handles: FileHandles;
  readonly #attributes: AttributesWriter;
  readonly #listings: Listings;
  readonly #counters: NfsCounters;
  readonly #fetch: (want: Want) => Promise<void>;

  constructor({ files, handles, counters, fetch }: NfsProgramOptions) {
    this.#files = files;
    this.#handles = handles;
    this.#counters = counters;
    this.#fetch = fetch;
    this.#attributes = new AttributesWriter(handles, (node) => files.nameCount(node));
    this.#listings = new Listings(files);
  }

  call(
    procedure: number,
    parameters: XdrReader,
    reply: RpcReply,
    _caller: RpcCaller,
    waited: WaitOutcome | undefined,
  ): Deferral | undefined {
    const start = reply.writer.length;
    const problem = this.#carryOut(procedure, parameters, reply);
    if (problem === undefined) {
      this.#counters.answered(procedure, Status.OK);
      return undefined;
    }
    const status = this.#statusOf(problem, waited);
    if (typeof status !== "number") return status;
    reply.writer.truncate(start);
    reply.writer.u32(status);
    reply.writer.zeros(failureUnits(procedure));
    this.#counters.answered(procedure, status);
    return undefined;
  }

  #statusOf(problem: Problem, waited: WaitOutcome | undefined): FailureStatus | Deferral {
    if ("status" in problem) return problem.status;
    if ("failure" in problem) return FAILURE_STATUS[problem.failure];
    if (waited?.kind === "late") return Status.JUKEBOX;
    if (waited?.kind === "failed") return failedStatus(waited.error);
    this.#counters.deferred();
    return { begin: async () => await this.#fetch(problem.want) };
  }

  #carryOut(procedure: number, parameters: XdrReader, reply: RpcReply): Problem | undefined {
    const { writer } = reply;
    switch (procedure) {
      case Procedure.NULL:
        return undefined;
      case Procedure.GETATTR:
        return this.#getAttributes(parameters, writer);
      case Procedure.LOOKUP:
        return this.#lookup(parameters, writer);
      case Procedure.ACCESS:
        return this.#access(parameters, writer);
      case Procedure.READLINK:
        return this.#readLink(parameters);
      case Procedure.READ:
        return this.#read(parameters, reply);
      case Procedure.READDIR:
        return this.#readDirectory(parameters, writer, false);
      case Procedure.READDIRPLUS:
        return this.#readDirectory(parameters, writer, true);
      case Procedure.FSSTAT:
        return this.#fileSystemStatus(parameters, writer);
      case Procedure.FSINFO:
        return this.#fileSystemInformation(parameters, writer);
      case Procedure.PATHCONF:
        return this.#pathConfiguration(parameters, writer);
      default:
        return this.#refuseToWrite(procedure, parameters, writer);
    }
  }

  #getAttributes(parameters: XdrReader, writer: XdrWriter): Problem | undefined {
    const found = this.#object(parameters);
    if (!("node" in found)) return found;
    writer.u32(Status.OK);
    this.#attributes.attributes(writer, found.node, found.stat);
    return undefined;
  }

  #lookup(parameters: XdrReader, writer: XdrWriter): Problem | undefined {
    const directory = this.#object(parameters);
    const name = parameters.opaque(MAX_STRING);
    if (!("node" in directory)) return directory;
    if (name.length > MAX_NAME) return { status: Status.NAMETOOLONG };
    const found = this.#child(directory.node, name);
    if (!("node" in found)) return found;
    writer.u32(Status.OK);
    writer.opaque(this.#handles.handle(found.node));
    this.#attributes.postOperation(writer, found.node, found.stat);
    this.#attributes.postOperation(writer, directory.node, directory.stat);
    return undefined;
  }

  #child(directory: TreeNode, bytes: Uint8Array): FoundNode | Problem {
    const name = decodeName(bytes);
    if (name === undefined) return { status: Status.NOENT };
    if (name === "") return { status: Status.INVAL };
    if (name === "." || name === "..") {
      const parent = this.#files.parent(directory);
      if ("failure" in parent) return parent;
      return this.#stat(name === "." ? directory : parent);
    }
    return this.#files.lookup(directory, name);
  }

  #access(parameters: XdrReader, writer: XdrWriter): Problem | undefined {
    const found = this.#object(parameters);
    const asked = parameters.u32();
    if (!("node" in found)) return found;
    writer.u32(Status.OK);
    this.#attributes.postOperation(writer, found.node, found.stat);
    writer.u32(asked & allowedAccess(found.stat));
    return undefined;
  }

  /** There are no symbolic links: a module zip cannot hold any. */
  #readLink(parameters: XdrReader): Problem {
    const found = this.#object(parameters);
    return "node" in found ? { status: Status.INVAL } : found;
  }

  #read(parameters: XdrReader, reply: RpcReply): Problem | undefined {
    const found = this.#object(parameters);
    const offset = parameters.u64();
    const length = Math.min(parameters.u32(), MAX_READ);
    if (!("node" in found)) return found;
    const { node, stat } = found;
    if (stat.kind === "directory") return { status: Status.ISDIR };
    const content = offset < stat.size ? this.#files.read(node, offset, length) : NOTHING;
    if ("failure" in content) return content;
    const { writer } = reply;
    writer.u32(Status.OK);
    this.#attributes.postOperation(writer, node, stat);
    writer.u32(content.length);
    writer.bool(offset + content.length >= stat.size);
    reply.endWith(ownMemory(content));
    this.#counters.read(content.length);
    return undefined;
  }

  #readDirectory(
    parameters: XdrReader,
    writer: XdrWriter,
    withAttributes: boolean,
  ): Problem | undefined {
    const directory = this.#object(parameters);
    const cookie = parameters.u64();
    const verifier = parameters.fixedOpaque(VERIFIER_SIZE);
    const nameBytes = withAttributes ? parameters.u32() : MAX_LISTING;
    const maximum = Math.min(parameters.u32(), MAX_LISTING);
    if (!("node" in directory)) return directory;
    if (directory.stat.kind !== "directory") return { status: Status.NOTDIR };
    if (cookie !== 0 && !verifier.equals(COOKIE_VERIFIER)) return { status: Status.BAD_COOKIE };
    const rows = this.#listings.after(directory.node, cookie);
    if ("failure" in rows) return this.#orMissing(directory.node, rows);
    const request: ListingRequest = { nameBytes, maximum, withAttributes };
    writer.u32(Status.OK);
    this.#attributes.postOperation(writer, directory.node, directory.stat);
    writer.fixedOpaque(COOKIE_VERIFIER);
    const parts = { handles: this.#handles, attributes: this.#attributes };
    return encodeListing(writer, rows, request, parts) ? undefined : { status: Status.TOOSMALL };
  }

  /** Shows no blocks and no files, as FUSE does: how many there could be has no bound. */
  #fileSystemStatus(parameters: XdrReader, writer: XdrWriter): Problem | undefined {
    const found = this.#object(parameters);
    if (!("node" in found)) return found;
    writer.u32(Status.OK);
    this.#attributes.postOperation(writer, found.node, found.stat);
    writer.zeros(12); // six numbers of 64 bits
    writer.u32(0); // seconds in which that may not change
    return undefined;
  }

  #fileSystemInformation(parameters: XdrReader, writer: XdrWriter): Problem | undefined {
    const found = this.#object(parameters);
    if (!("node" in found)) return found;
    writer.u32(Status.OK);
    this.#attributes.postOperation(writer, found.node, found.stat);
    writer.u32(MAX_READ);
    writer.u32(MAX_READ);
    writer.u32(READ_MULTIPLE);
    writer.u32(MAX_WRITE);
    writer.u32(MAX_WRITE);
    writer.u32(READ_MULTIPLE);
    writer.u32(PREFERRED_LISTING);
    writer.u64(Number.MAX_SAFE_INTEGER); // the largest file
    writer.u32(0);
    writer.u32(TIME_DELTA);
    writer.u32(FSF3_HOMOGENEOUS);
    return undefined;
  }

  #pathConfiguration(parameters: XdrReader, writer: XdrWriter): Problem | undefined {
    const found = this.#object(parameters);
    if (!("node" in found)) return found;
    writer.u32(Status.OK);
    this.#attributes.postOperation(writer, found.node, found.stat);
    writer.u32(1); // links of a file
    writer.u32(MAX_NAME);
    writer.bool(true); // longer names are refused
    writer.bool(true); // owners cannot be changed
    writer.bool(false); // case matters
    writer.bool(true); // and is kept
    return undefined;
  }

  /** Refuses with the attributes of what was to be written, so that clients need not ask for them. */
  #refuseToWrite(procedure: number, parameters: XdrReader, writer: XdrWriter): Problem | undefined {
    const parts = READ_ONLY_REFUSALS.get(procedure) ?? [];
    const nodes = parts.map(({ skipBefore }) => {
      skipBefore(parameters);
      return this.#node(parameters);
    });
    for (const node of nodes) if (!("kind" in node)) return node;
    writer.u32(Status.ROFS);
    for (const [index, { result }] of parts.entries()) {
      const node = nodes[index];
      if (node === undefined || !("kind" in node)) continue;
      if (result === "wcc") writer.bool(false); // attributes before the operation
      this.#attributes.postOperation(writer, node, this.#knownStat(node));
    }
    return undefined;
  }

  /** The node of the handle that comes next in the parameters. */
  #node(parameters: XdrReader): TreeNode | { readonly status: FailureStatus } {
    const node = this.#handles.parse(parameters.opaque(MAX_HANDLE));
    if (node === "bad") return { status: Status.BADHANDLE };
    return node === "stale" ? { status: Status.STALE } : node;
  }

  /** The same with its attributes. */
  #object(parameters: XdrReader): FoundNode | Problem {
    const node = this.#node(parameters);
    return "kind" in node ? this.#stat(node) : node;
  }

  #stat(node: TreeNode): FoundNode | Problem {
    if (node.kind === "path" && isFetchedPath(node.path)) return this.#files.resolve(node.path);
    const stat = this.#files.stat(node);
    if (!("failure" in stat)) return { node, stat };
    return stat.failure === "missing" ? { status: Status.STALE } : this.#orMissing(node, stat);
  }

  /** What could not be read may have been removed from the store, and can be fetched again. */
  #orMissing(node: TreeNode, failure: TreeFailure): Problem {
    if (failure.failure !== "damaged") return failure;
    const want = this.#files.missing(node);
    return want === undefined ? failure : { want };
  }

  #knownStat(node: TreeNode): NodeStat | undefined {
    const stat = this.#files.stat(node);
    return "failure" in stat ? undefined : stat;
  }
}

/** Whether what is at a place may have to be fetched, or may be no more. */
function isFetchedPath({ kind }: VirtualPath): boolean {
  return kind === "download-file" || kind === "list" || kind === "checksum";
}

const NOTHING = new Uint8Array();

function allowedAccess({ kind, executable }: NodeStat): number {
  if (kind === "directory") return Access.READ | Access.LOOKUP | Access.EXECUTE;
  return Access.READ | (executable ? Access.EXECUTE : 0);
}

/** What the reply of a failed procedure has behind its status: absent attributes, a unit each. */
function failureUnits(procedure: number): number {
  if (procedure === Procedure.GETATTR) return 0;
  const parts = READ_ONLY_REFUSALS.get(procedure);
  if (parts === undefined) return 1;
  return parts.reduce((units, { result }) => units + (result === "wcc" ? 2 : 1), 0);
}

/** A network that fails must not look like a name that does not exist: a build would go wrong silently. */
function failedStatus(error: unknown): FailureStatus {
  return isGomodfsError(error, "NOT_FOUND") || isGomodfsError(error, "FORBIDDEN")
    ? Status.NOENT
    : Status.IO;
}

/** A copy of what is a small part of something that would have to be kept as long as the reply. */
function ownMemory(content: Uint8Array): Uint8Array {
  return content.buffer.byteLength > content.length * 2 ? Buffer.from(content) : content;
}
