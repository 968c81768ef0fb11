import type { XdrReader } from "../xdr/xdr_reader.ts";
import type { XdrWriter } from "../xdr/xdr_writer.ts";

/** Who calls. */
export interface RpcCaller {
  /** The address of the client's end of the connection. */
  readonly address: string;
}

/** Where a procedure puts its results. */
export interface RpcReply {
  readonly writer: XdrWriter;
  /**
   * Ends the results with `opaque x<>` that need not be copied for it. The bytes must not change, and be held by nothing
   * much larger than they are: they are kept until a slow client has taken them in.
   */
  endWith(bytes: Uint8Array): void;
}

/** A call that cannot be answered yet. It is made again when what it needs is there, or cannot be. */
export interface Deferral {
  /** Begins what the call waits for. Is not called if too many wait already. */
  readonly begin: () => Promise<void>;
}

/** How the wait of a deferred call ended. */
export type WaitOutcome =
  | { readonly kind: "ready" }
  /** It takes longer than calls may wait, or too many wait already. */
  | { readonly kind: "late" }
  | { readonly kind: "failed"; readonly error: unknown };

/** A program of ONC RPC in one version. */
export interface RpcProgram {
  /** The number that is registered for it. */
  readonly number: number;
  readonly version: number;
  /** How many procedures it has, from 0. */
  readonly procedures: number;
  /**
   * Carries a procedure out: writes its results, or says what it waits for. It must not do both.
   *
   * @param waited how the wait ended that this call was deferred for; it may be deferred again only if that is "ready"
   * @throws GomodfsError `PROTOCOL` if the arguments are not what the procedure takes
   */
  call(
    procedure: number,
    parameters: XdrReader,
    reply: RpcReply,
    caller: RpcCaller,
    waited: WaitOutcome | undefined,
  ): Deferral | undefined;
}
