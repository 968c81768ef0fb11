import { GomodfsError } from "../lib/gomodfs_error.ts";

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const MSG_DONTWAIT = 0x40;
const MSG_CMSG_CLOEXEC = 0x4000_0000;
/** `struct cmsghdr` on 64-bit machines: length (8), level (4), type (4); then one descriptor (4) and padding (4). */
const CONTROL_SIZE = 24;
const CONTROL_LENGTH = 20;

/** The calls of the C library that Node has no counterpart for. */
interface SocketLibrary {
  /** @returns 0, or -1 */
  socketpair(domain: number, type: number, protocol: number, sockets: Buffer): number;
  /** @returns bytes received, or -1 */
  recvmsg(socket: number, header: Buffer, flags: number): number;
  addressOf(buffer: Buffer): bigint;
}

/** Two connected Unix sockets, both closed on exec, through which a descriptor can be received. */
export class DescriptorSocket {
  /** The end that {@linkcode receive} reads. */
  readonly receiver: number;
  /** The end for the process that sends. */
  readonly sender: number;
  readonly #library: SocketLibrary;

  private constructor(library: SocketLibrary, receiver: number, sender: number) {
    this.#library = library;
    this.receiver = receiver;
    this.sender = sender;
  }

  /** @throws GomodfsError `UNSUPPORTED` if the C library cannot be called, or no sockets be made */
  static async open(): Promise<DescriptorSocket> {
    const library = await loadLibrary();
    const sockets = Buffer.alloc(8);
    if (library.socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) !== 0) {
      throw new GomodfsError("UNSUPPORTED", "cannot make a pair of sockets for fusermount3");
    }
    return new DescriptorSocket(library, sockets.readInt32LE(0), sockets.readInt32LE(4));
  }

  /** The descriptor that has been sent (unix(7), SCM_RIGHTS), closed on exec; undefined if none has. Never waits. */
  receive(): number | undefined {
    const data = Buffer.alloc(1);
    const control = Buffer.alloc(CONTROL_SIZE);
    const vector = iovec(this.#library.addressOf(data), data.length);
    const header = msghdr(
      this.#library.addressOf(vector),
      this.#library.addressOf(control),
      control.length,
    );
    const flags = MSG_DONTWAIT | MSG_CMSG_CLOEXEC;
    if (this.#library.recvmsg(this.receiver, header, flags) < 0) return undefined;
    return descriptorOf(control);
  }
}

/** Loaded on demand: whoever mounts as root does without native code. */
async function loadLibrary(): Promise<SocketLibrary> {
  try {
    const { default: koffi } = await import("koffi");
    // The process itself has the C library loaded, whichever it is.
    const process = koffi.load(null);
    const socketpair = process.func("int socketpair(int, int, int, void *)");
    const recvmsg = process.func("int64_t recvmsg(int, void *, int)");
    return {
      socketpair: (domain, type, protocol, sockets) =>
        Number(socketpair(domain, type, protocol, sockets)),
      recvmsg: (socket, header, flags) => Number(recvmsg(socket, header, flags)),
      addressOf: (buffer) => koffi.address(buffer),
    };
  } catch (error) {
    throw new GomodfsError("UNSUPPORTED", "the C library cannot be called on this machine", {
      hint: "run gomodfs as root, which needs no native code to mount",
      cause: error,
    });
  }
}

/** `struct iovec` on 64-bit machines. */
function iovec(base: bigint, length: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeBigUInt64LE(base, 0);
  bytes.writeBigUInt64LE(BigInt(length), 8);
  return bytes;
}

/** `struct msghdr` on 64-bit machines, with one vector and without a name. */
function msghdr(vector: bigint, control: bigint, controlLength: number): Buffer {
  const bytes = Buffer.alloc(56);
  bytes.writeBigUInt64LE(vector, 16);
  bytes.writeBigUInt64LE(1n, 24);
  bytes.writeBigUInt64LE(control, 32);
  bytes.writeBigUInt64LE(BigInt(controlLength), 40);
  return bytes;
}

function descriptorOf(control: Buffer): number | undefined {
  const holdsDescriptor =
    control.readUInt32LE(0) === CONTROL_LENGTH &&
    control.readInt32LE(8) === SOL_SOCKET &&
    control.readInt32LE(12) === SCM_RIGHTS;
  return holdsDescriptor ? control.readInt32LE(16) : undefined;
}
