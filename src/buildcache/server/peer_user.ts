import type { Socket } from "node:net";

/** socket(7): SOL_SOCKET and SO_PEERCRED of Linux, and its struct ucred of three 32-bit numbers: pid, uid, gid. */
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
const UCRED_BYTES = 12;

/** Asks the kernel who connected to a Unix socket; undefined where it does not know. */
export type PeerUser = (socket: Socket) => number | undefined;

/** Loads what is needed to ask. Nobody is known on other systems than Linux. */
export async function loadPeerUser(): Promise<PeerUser> {
  if (process.platform !== "linux") return () => undefined;
  const { default: koffi } = await import("koffi");
  const getsockopt = koffi
    .load(null)
    .func("int getsockopt(int fd, int level, int name, void *value, _Inout_ uint32_t *length)");
  return (socket) => {
    const descriptor = descriptorOf(socket);
    if (descriptor === undefined) return undefined;
    const credentials = new Int32Array(UCRED_BYTES / Int32Array.BYTES_PER_ELEMENT);
    const length = [UCRED_BYTES];
    const failed =
      Number(getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, credentials, length)) !== 0;
    if (failed || length[0] !== UCRED_BYTES) return undefined;
    // A TCP socket has (uid_t) -1.
    const [, uid] = credentials;
    return uid === undefined || uid === -1 ? undefined : uid >>> 0;
  };
}

/** Node has no public way to it. Should it move, everybody is unknown, and unknown users may not write. */
function descriptorOf(socket: Socket): number | undefined {
  const handle: unknown = Reflect.get(socket, "_handle");
  if (typeof handle !== "object" || handle === null) return undefined;
  const descriptor: unknown = Reflect.get(handle, "fd");
  return typeof descriptor === "number" && descriptor >= 0 ? descriptor : undefined;
}
