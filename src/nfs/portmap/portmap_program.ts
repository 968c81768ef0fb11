import type { RpcProgram, RpcReply } from "../rpc/rpc_program.ts";
import type { XdrReader } from "../xdr/xdr_reader.ts";
import type { XdrWriter } from "../xdr/xdr_writer.ts";

/** The program number of the portmapper, its version 2, and its port (RFC 1833 section 3). */
export const PORTMAP_PROGRAM = 100_000;
export const PORTMAP_V2 = 2;
export const PORTMAP_PORT = 111;

/** Procedures (RFC 1833 section 3.2). */
export const PortmapProcedure = {
  NULL: 0,
  SET: 1,
  UNSET: 2,
  GETPORT: 3,
  DUMP: 4,
  CALLIT: 5,
} as const;
const PROCEDURE_COUNT = 5;
/** IPPROTO_TCP. */
const TCP = 6;

/** A program and where it is. */
export interface PortMapping {
  readonly program: number;
  readonly version: number;
  readonly port: number;
}

/**
 * A portmapper that knows programs of this process only, all over TCP. Nobody can register others with it, nor call
 * through it (CALLIT), which has been used to hide where an attack came from.
 */
export class PortmapProgram implements RpcProgram {
  readonly number = PORTMAP_PROGRAM;
  readonly version = PORTMAP_V2;
  readonly procedures = PROCEDURE_COUNT;
  readonly #mappings: readonly PortMapping[];

  constructor(mappings: readonly PortMapping[]) {
    this.#mappings = mappings;
  }

  call(procedure: number, parameters: XdrReader, { writer }: RpcReply): undefined {
    switch (procedure) {
      case PortmapProcedure.SET:
      case PortmapProcedure.UNSET:
        writer.bool(false);
        return;
      case PortmapProcedure.GETPORT:
        writer.u32(this.#portOf(parameters));
        return;
      case PortmapProcedure.DUMP:
        this.#dump(writer);
    }
  }

  /** 0 for what is not here. Of another version the port is told too: there the caller learns which there are. */
  #portOf(parameters: XdrReader): number {
    const program = parameters.u32();
    const version = parameters.u32();
    const protocol = parameters.u32();
    parameters.u32(); // a port, which means nothing here
    if (protocol !== TCP) return 0;
    const known = this.#mappings.filter((mapping) => mapping.program === program);
    const [any] = known;
    return (known.find((mapping) => mapping.version === version) ?? any)?.port ?? 0;
  }

  #dump(writer: XdrWriter): void {
    for (const { program, version, port } of this.#mappings) {
      writer.bool(true);
      writer.u32(program);
      writer.u32(version);
      writer.u32(TCP);
      writer.u32(port);
    }
    writer.bool(false);
  }
}
