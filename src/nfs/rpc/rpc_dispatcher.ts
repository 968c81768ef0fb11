import { isGomodfsError } from "../../lib/gomodfs_error.ts";
import { padded } from "../xdr/xdr_reader.ts";
import { XdrWriter } from "../xdr/xdr_writer.ts";
import { LAST_FRAGMENT, RECORD_MARK_SIZE } from "./record_mark.ts";
import {
  AcceptStatus,
  decodeCall,
  type RpcCall,
  writeAccepted,
  writeDenied,
  writeVersionMismatch,
} from "./rpc_message.ts";
import type { Deferral, RpcCaller, RpcProgram, RpcReply, WaitOutcome } from "./rpc_program.ts";

/** Results that end with more bytes than this are sent from two buffers rather than copied. */
const COPIED_MAXIMUM = 32 * 1024;

/** The bytes of a reply with its record mark, in one or two pieces. */
export interface EncodedReply {
  readonly head: Buffer;
  readonly tail: Uint8Array | undefined;
  /** Bytes that fill up the tail. */
  readonly padding: Uint8Array;
}

const EMPTY = new Uint8Array();
const PADDINGS: readonly Uint8Array[] = [0, 1, 2, 3].map((length) => new Uint8Array(length));

/** Finds the program that a call is for and encodes what it answers. It does no input or output of its own. */
export class RpcDispatcher {
  readonly #programs: readonly RpcProgram[];
  readonly #onError: (error: unknown, caller: RpcCaller) => void;
  readonly #writer = new XdrWriter();
  #tail: Uint8Array | undefined;
  readonly #reply: RpcReply = {
    writer: this.#writer,
    endWith: (bytes) => {
      if (bytes.length <= COPIED_MAXIMUM) this.#writer.opaque(bytes);
      else {
        this.#writer.u32(bytes.length);
        this.#tail = bytes;
      }
    },
  };

  /**
   * @param onError is told what programs throw that is no fault of the caller's, who gets SYSTEM_ERR
   */
  constructor(
    programs: readonly RpcProgram[],
    onError: (error: unknown, caller: RpcCaller) => void,
  ) {
    this.#programs = programs;
    this.#onError = onError;
  }

  /**
   * Carries out the call in a record.
   *
   * @param waited how the wait ended that the program asked for when it was given this call before
   * @throws GomodfsError `PROTOCOL` if it is no call that could be answered
   */
  dispatch(
    record: Buffer,
    caller: RpcCaller,
    waited: WaitOutcome | undefined,
  ): EncodedReply | Deferral {
    this.#writer.truncate(0);
    this.#tail = undefined;
    this.#writer.zeros(1); // the record mark
    const call = decodeCall(record);
    if ("problem" in call) {
      writeDenied(this.#writer, call);
      return this.#encoded();
    }
    return this.#call(call, caller, waited) ?? this.#encoded();
  }

  #call(call: RpcCall, caller: RpcCaller, waited: WaitOutcome | undefined): Deferral | undefined {
    const { xid, version, procedure } = call;
    const program = this.#find(call);
    if (program === undefined) return this.#refuse(xid, AcceptStatus.PROG_UNAVAIL);
    if (program.version !== version) {
      const versions = this.#programs
        .filter(({ number }) => number === call.program)
        .map((other) => other.version);
      const range = { lowest: Math.min(...versions), highest: Math.max(...versions) };
      writeVersionMismatch(this.#writer, xid, range);
      return undefined;
    }
    if (procedure >= program.procedures) return this.#refuse(xid, AcceptStatus.PROC_UNAVAIL);
    writeAccepted(this.#writer, xid, AcceptStatus.SUCCESS);
    try {
      return program.call(procedure, call.arguments, this.#reply, caller, waited);
    } catch (error) {
      if (isGomodfsError(error, "PROTOCOL")) return this.#refuse(xid, AcceptStatus.GARBAGE_ARGS);
      this.#onError(error, caller);
      return this.#refuse(xid, AcceptStatus.SYSTEM_ERR);
    }
  }

  /** The program in the version that is asked for; in another if it has no such. */
  #find(call: RpcCall): RpcProgram | undefined {
    let other: RpcProgram | undefined;
    for (const program of this.#programs) {
      if (program.number !== call.program) continue;
      if (program.version === call.version) return program;
      other = program;
    }
    return other;
  }

  #refuse(xid: number, status: number): undefined {
    this.#tail = undefined;
    this.#writer.truncate(RECORD_MARK_SIZE);
    writeAccepted(this.#writer, xid, status);
    return undefined;
  }

  #encoded(): EncodedReply {
    const tail = this.#tail;
    const tailLength = tail?.length ?? 0;
    const padding = PADDINGS[padded(tailLength) - tailLength] ?? EMPTY;
    const length = this.#writer.length - RECORD_MARK_SIZE + padded(tailLength);
    this.#writer.setU32(0, LAST_FRAGMENT + length);
    return { head: Buffer.from(this.#writer.bytes), tail, padding };
  }
}
