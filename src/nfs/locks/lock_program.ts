import type { RpcCaller, RpcProgram, RpcReply } from "../rpc/rpc_program.ts";
import type { XdrReader } from "../xdr/xdr_reader.ts";

/** The program number of the Network Lock Manager, and the version that goes with NFS version 3 (RFC 1813 appendix II). */
export const LOCK_PROGRAM = 100_021;
export const LOCK_V4 = 4;

/** Procedures with a reply (RFC 1813 appendix II, and XNFS chapter 10 for those of version 3). */
export const LockProcedure = {
  NULL: 0,
  TEST: 1,
  LOCK: 2,
  CANCEL: 3,
  UNLOCK: 4,
  SHARE: 20,
  UNSHARE: 21,
  NM_LOCK: 22,
  FREE_ALL: 23,
} as const;
const PROCEDURE_COUNT = 24;

/** `nlm4_stats`. */
export const LockStatus = { GRANTED: 0, ROFS: 7 } as const;

/** LM_MAXSTRLEN, and what Linux sends as cookie at most (NLM_MAXCOOKIELEN); others are free to send more. */
const MAX_COOKIE = 1_024;

/**
 * NLM version 4 without any locks. Nothing can be written, so whoever wants to read together with others always may,
 * and there is nothing to remember; an exclusive lock is for writing, and refused as that is. Clients use it only with a
 * portmapper that tells them where it is, and not with the mount options nolock or locallocks.
 */
export class LockProgram implements RpcProgram {
  readonly number = LOCK_PROGRAM;
  readonly version = LOCK_V4;
  readonly procedures = PROCEDURE_COUNT;

  call(
    procedure: number,
    parameters: XdrReader,
    { writer }: RpcReply,
    _caller: RpcCaller,
  ): undefined {
    if (procedure === LockProcedure.NULL || procedure === LockProcedure.FREE_ALL) return undefined;
    const cookie = parameters.opaque(MAX_COOKIE);
    writer.opaque(cookie);
    writer.u32(statusOf(procedure, parameters));
    const isShare = procedure === LockProcedure.SHARE || procedure === LockProcedure.UNSHARE;
    if (isShare) writer.u32(0); // sequence
    return undefined;
  }
}

/** Of what stands behind the cookie only whether the lock is to be exclusive matters. */
function statusOf(procedure: number, parameters: XdrReader): number {
  switch (procedure) {
    case LockProcedure.LOCK:
    case LockProcedure.NM_LOCK:
      parameters.bool(); // whether to wait
      return parameters.bool() ? LockStatus.ROFS : LockStatus.GRANTED;
    default:
      return LockStatus.GRANTED;
  }
}
