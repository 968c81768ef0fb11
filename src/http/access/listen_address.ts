import { type AddressInfo, BlockList, isIP, isIPv6 } from "node:net";
import { GomodfsError } from "../../lib/gomodfs_error.ts";

/** Where a server listens. */
export type ListenAddress =
  | {
      readonly kind: "tcp";
      /** A name or an address without brackets; undefined for every address of the machine. */
      readonly host: string | undefined;
      /** 0 for any that is free. */
      readonly port: number;
    }
  | { readonly kind: "unix"; readonly path: string }
  /** A socket that the service manager opened (sd_listen_fds(3)); without a name, all of them. */
  | { readonly kind: "inherited"; readonly name: string | undefined };

/** Who can reach it: only this machine, anybody, or not known before the socket is looked at. */
export type Reach = "loopback" | "public" | "unknown";

const HINT = "write HOST:PORT, :PORT, [::1]:PORT, unix:/PATH, fd:NAME or systemd";
/** What sun_path of a Linux sockaddr_un holds beside its NUL (unix(7)). */
const MAX_UNIX_PATH = 107;
/** The names that RFC 1123 section 2.1 allows, and underscores, which are in use. */
const HOST_PATTERN =
  /^(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?$/;
/** sd_listen_fds_with_names(3): printable ASCII without colons. */
const DESCRIPTOR_NAME_PATTERN = /^[!-9;-~]{1,255}$/;

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/**
 * Reads `HOST:PORT`, `:PORT`, `[ADDRESS]:PORT`, `unix:/PATH`, `fd:NAME` or `systemd`.
 *
 * @throws GomodfsError `USAGE`
 */
export function parseListenAddress(text: string): ListenAddress {
  if (text === "systemd") return { kind: "inherited", name: undefined };
  if (text.startsWith("fd:")) return parseDescriptorName(text);
  if (text.startsWith("unix:")) return parseUnixPath(text);
  const [, bracketed, plain, digits] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? [];
  if (digits === undefined) throw wrongAddress(text, reasonOf(text));
  const port = Number(digits);
  if (port > 65_535) throw wrongAddress(text, "a port is at most 65535");
  if (bracketed !== undefined) {
    if (!isIPv6(bracketed)) throw wrongAddress(text, "no IPv6 address is in the brackets");
    return { kind: "tcp", host: bracketed, port };
  }
  if (plain === undefined || plain === "") return { kind: "tcp", host: undefined, port };
  // Node would look 1.2.3 up as a name, and the C library take it for 1.2.0.3.
  if (isIP(plain) === 0 && (!HOST_PATTERN.test(plain) || /^[\d.]+$/.test(plain))) {
    throw wrongAddress(text, `${JSON.stringify(plain)} is neither a host's name nor an address`);
  }
  return { kind: "tcp", host: plain, port };
}

function parseDescriptorName(text: string): ListenAddress {
  const name = text.slice("fd:".length);
  if (!DESCRIPTOR_NAME_PATTERN.test(name)) {
    throw wrongAddress(text, "fd: wants the FileDescriptorName of a systemd socket behind it");
  }
  return { kind: "inherited", name };
}

function parseUnixPath(text: string): ListenAddress {
  const path = text.slice("unix:".length);
  if (!path.startsWith("/") || path.includes("\0")) {
    throw wrongAddress(text, "unix: wants an absolute path behind it");
  }
  if (Buffer.byteLength(path) > MAX_UNIX_PATH) {
    throw wrongAddress(text, `the path of a Unix socket has at most ${MAX_UNIX_PATH} bytes`);
  }
  return { kind: "unix", path };
}

function reasonOf(text: string): string {
  if (isIPv6(text) || /^[^[]*:.*:\d+$/.test(text)) return "an IPv6 address stands in brackets";
  if (/^\d+$/.test(text)) return `a port has a colon before it: :${text.slice(0, 5)}`;
  return "the port is missing, or not a number";
}

function wrongAddress(text: string, reason: string): GomodfsError {
  const shown = JSON.stringify(text.slice(0, 200));
  return new GomodfsError("USAGE", `${shown} is no address to listen on: ${reason}`, {
    hint: HINT,
  });
}

/** The text that {@linkcode parseListenAddress} reads. */
export function formatListenAddress(address: ListenAddress): string {
  switch (address.kind) {
    case "unix":
      return `unix:${address.path}`;
    case "inherited":
      return address.name === undefined ? "systemd" : `fd:${address.name}`;
    case "tcp": {
      const { host = "", port } = address;
      return `${isIPv6(host) ? `[${host}]` : host}:${port}`;
    }
  }
}

/** Who can reach an address. `localhost` is this machine by RFC 6761 section 6.3; any other name may be resolved to anything. */
export function reachOf(address: ListenAddress): Reach {
  switch (address.kind) {
    case "unix":
      return "loopback";
    case "inherited":
      return "unknown";
    case "tcp":
      return address.host !== undefined && isLoopbackHost(address.host) ? "loopback" : "public";
  }
}

/** Who can reach a server that listens, by what its `address()` says; a string is the path of a Unix socket. */
export function reachOfBoundAddress(bound: AddressInfo | string): Reach {
  return typeof bound === "string" || isLoopbackHost(bound.address) ? "loopback" : "public";
}

function isLoopbackHost(host: string): boolean {
  if (isIP(host) === 0) return /^localhost\.?$/i.test(host);
  return LOOPBACK.check(host, isIPv6(host) ? "ipv6" : "ipv4");
}
