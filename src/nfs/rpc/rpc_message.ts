import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { XdrReader } from "../xdr/xdr_reader.ts";
import type { XdrWriter } from "../xdr/xdr_writer.ts";

/** RFC 5531 section 9. */
const MessageType = { CALL: 0, REPLY: 1 } as const;
const ReplyStatus = { MSG_ACCEPTED: 0, MSG_DENIED: 1 } as const;
const RejectStatus = { RPC_MISMATCH: 0, AUTH_ERROR: 1 } as const;
const RPC_VERSION = 2;

/** Why a call was not carried out although it was understood (`accept_stat`). */
export const AcceptStatus = {
  SUCCESS: 0,
  PROG_UNAVAIL: 1,
  PROG_MISMATCH: 2,
  PROC_UNAVAIL: 3,
  GARBAGE_ARGS: 4,
  SYSTEM_ERR: 5,
} as const;

/** Why the caller was not believed (`auth_stat`). */
export const AuthStatus = { AUTH_BADCRED: 1, AUTH_TOOWEAK: 5 } as const;

/** Who a caller says to be (RFC 5531 section 8.2 and appendix A). */
export const AuthFlavor = { AUTH_NONE: 0, AUTH_SYS: 1 } as const;

const MAX_AUTH_BYTES = 400;
const MAX_MACHINE_NAME = 255;
const MAX_GROUPS = 16;

/** A call, as far as all programs have it in common. */
export interface RpcCall {
  readonly xid: number;
  readonly program: number;
  readonly version: number;
  readonly procedure: number;
  /** Stands before the procedure's arguments. */
  readonly arguments: XdrReader;
}

/** What came instead of a call that can be looked up. */
export type CallProblem =
  | { readonly problem: "rpc-mismatch"; readonly xid: number }
  | { readonly problem: "credential"; readonly xid: number; readonly status: number };

/**
 * Reads a call message. Credentials are read and not looked at: everybody who may connect may read all that is exported.
 *
 * @throws GomodfsError `PROTOCOL` if it is no call at all, so that nothing can be answered
 */
export function decodeCall(record: Uint8Array): RpcCall | CallProblem {
  const reader = new XdrReader(record);
  const xid = reader.u32();
  if (reader.u32() !== MessageType.CALL) {
    throw new GomodfsError("PROTOCOL", "an RPC message that is no call");
  }
  if (reader.u32() !== RPC_VERSION) return { problem: "rpc-mismatch", xid };
  const program = reader.u32();
  const version = reader.u32();
  const procedure = reader.u32();
  const status = readCredential(reader);
  if (status !== undefined) return { problem: "credential", xid, status };
  return { xid, program, version, procedure, arguments: reader };
}

/** @returns what is wrong with the credential, if anything is */
function readCredential(reader: XdrReader): number | undefined {
  const flavor = reader.u32();
  const body = reader.opaque(MAX_AUTH_BYTES);
  reader.u32(); // the verifier's flavor
  reader.opaque(MAX_AUTH_BYTES);
  if (flavor === AuthFlavor.AUTH_NONE) return undefined;
  if (flavor !== AuthFlavor.AUTH_SYS) return AuthStatus.AUTH_TOOWEAK;
  return isSystemCredential(body) ? undefined : AuthStatus.AUTH_BADCRED;
}

/** `struct authsys_parms` (RFC 5531 appendix A). */
function isSystemCredential(body: Uint8Array): boolean {
  const reader = new XdrReader(body);
  try {
    reader.u32(); // stamp
    reader.opaque(MAX_MACHINE_NAME);
    reader.u32(); // uid
    reader.u32(); // gid
    reader.u32Array(MAX_GROUPS);
    return true;
  } catch (error) {
    if (error instanceof GomodfsError) return false;
    throw error;
  }
}

/** Writes the head of a reply to a call that was understood; the results follow if it is a success. */
export function writeAccepted(writer: XdrWriter, xid: number, status: number): void {
  writer.u32(xid);
  writer.u32(MessageType.REPLY);
  writer.u32(ReplyStatus.MSG_ACCEPTED);
  writer.zeros(2); // a verifier of AUTH_NONE, empty
  writer.u32(status);
}

/** Writes a reply that names the versions which a program has. */
export function writeVersionMismatch(
  writer: XdrWriter,
  xid: number,
  { lowest, highest }: { readonly lowest: number; readonly highest: number },
): void {
  writeAccepted(writer, xid, AcceptStatus.PROG_MISMATCH);
  writer.u32(lowest);
  writer.u32(highest);
}

/** Writes the reply to what was no proper call. */
export function writeDenied(writer: XdrWriter, problem: CallProblem): void {
  writer.u32(problem.xid);
  writer.u32(MessageType.REPLY);
  writer.u32(ReplyStatus.MSG_DENIED);
  if (problem.problem === "rpc-mismatch") {
    writer.u32(RejectStatus.RPC_MISMATCH);
    writer.u32(RPC_VERSION);
    writer.u32(RPC_VERSION);
  } else {
    writer.u32(RejectStatus.AUTH_ERROR);
    writer.u32(problem.status);
  }
}
