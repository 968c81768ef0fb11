import { constants, endianness } from "node:os";
import { GomodfsError } from "./gomodfs_error.ts";

/** What a service tells its manager (sd_notify(3)). */
export type ServiceState =
  | { readonly kind: "ready" }
  /** It reads its settings again; `ready` follows. */
  | { readonly kind: "reloading" }
  | { readonly kind: "stopping" }
  /** It lives, for WatchdogSec=. */
  | { readonly kind: "watchdog" }
  /** A line for people. */
  | { readonly kind: "status"; readonly text: string };

/** The manager of a service, as systemd makes itself known to what it starts. */
export interface ServiceManager {
  /** Tells it; what cannot be told is not worth an error. */
  notify(...states: readonly ServiceState[]): void;
  /** Milliseconds within which it wants to hear `watchdog`; undefined if it does not. */
  readonly watchdogInterval: number | undefined;
}

/** The variables that a manager sets for its own children only. */
const VARIABLES = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] as const;

/**
 * The manager that started this process, if one did: `NOTIFY_SOCKET` and `WATCHDOG_USEC`, which are taken out of the
 * environment, so that commands started from here do not speak for the service.
 *
 * @throws GomodfsError `UNSUPPORTED` for an address that is no Unix socket's
 */
export async function findServiceManager(
  environment: NodeJS.ProcessEnv,
  pid: number = process.pid,
): Promise<ServiceManager | undefined> {
  const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID } = environment;
  for (const name of VARIABLES) delete environment[name];
  if (NOTIFY_SOCKET === undefined || NOTIFY_SOCKET === "" || process.platform !== "linux") {
    return undefined;
  }
  const send = await openDatagramSocket(socketAddress(NOTIFY_SOCKET));
  const isWatched = WATCHDOG_PID === undefined || WATCHDOG_PID === String(pid);
  const watchdog = isWatched ? Number(WATCHDOG_USEC) : Number.NaN;
  return {
    notify: (...states) => send(Buffer.from(states.map(formatState).join("\n"))),
    watchdogInterval: watchdog > 0 ? watchdog / 1_000 : undefined,
  };
}

function formatState(state: ServiceState): string {
  switch (state.kind) {
    case "ready":
      return "READY=1";
    case "reloading":
      // CLOCK_MONOTONIC, which Type=notify-reload compares with its own.
      return `RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1_000n}`;
    case "stopping":
      return "STOPPING=1";
    case "watchdog":
      return "WATCHDOG=1";
    case "status":
      return `STATUS=${state.text.replaceAll("\n", " ")}`;
  }
}

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const MSG_NOSIGNAL = 0x4000;
const MSG_DONTWAIT = 0x40;
/** Of sun_path (unix(7)). */
const MAX_SOCKET_PATH = 107;

/** A struct sockaddr_un: "@" begins a name in the abstract namespace. */
function socketAddress(name: string): Buffer {
  const path = Buffer.from(name.startsWith("@") ? `\0${name.slice(1)}` : name);
  if (!/^[@/]/.test(name) || path.length > MAX_SOCKET_PATH) {
    throw new GomodfsError("UNSUPPORTED", `NOTIFY_SOCKET names no Unix socket: ${name}`, {
      hint: "start the service with systemd's Type=notify, or unset NOTIFY_SOCKET",
    });
  }
  const family = Buffer.alloc(2);
  if (endianness() === "LE") family.writeUInt16LE(AF_UNIX);
  else family.writeUInt16BE(AF_UNIX);
  const end = name.startsWith("@") ? Buffer.alloc(0) : Buffer.alloc(1);
  return Buffer.concat([family, path, end]);
}

/** Node has no datagram sockets of this family. */
async function openDatagramSocket(address: Buffer): Promise<(message: Buffer) => void> {
  const { default: koffi } = await import("koffi");
  const library = koffi.load(null);
  const socket = library.func("int socket(int domain, int type, int protocol)");
  const sendto = library.func(
    "intptr_t sendto(int fd, const void *message, size_t length, int flags, const void *address, uint32_t addressLength)",
  );
  const descriptor = Number(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (descriptor < 0) {
    const { EMFILE, ENFILE } = constants.errno;
    const reason = [EMFILE, ENFILE].includes(koffi.errno()) ? "too many open files" : "no socket";
    throw new GomodfsError("UNSUPPORTED", `cannot speak to the service manager: ${reason}`);
  }
  return (message) => {
    sendto(
      descriptor,
      message,
      message.length,
      MSG_NOSIGNAL | MSG_DONTWAIT,
      address,
      address.length,
    );
  };
}
