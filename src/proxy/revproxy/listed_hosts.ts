import { isIP } from "node:net";
import { GomodfsError } from "../../lib/gomodfs_error.ts";

/** A host that the reverse proxy may be asked for. */
export interface ListedHost {
  /** A DNS name in lower case, or an address; one of IPv6 without brackets. */
  readonly name: string;
  /** The port that was named with it; undefined if none was, which means those of http and https. */
  readonly port: number | undefined;
  /** Whether whatever it answers to a GET stays what it is: cached by URL, whatever Cache-Control says of its age. */
  readonly isImmutable: boolean;
}

/** A request's target: scheme, host and port of its URL. */
export interface Target {
  readonly scheme: "http" | "https";
  readonly name: string;
  readonly port: number;
}

/** Far more than anybody lists by hand. */
const MAX_HOSTS = 1_000;
/** RFC 1035 section 2.3.4 */
const MAX_NAME_LENGTH = 253;

const dnsName = /^(?!-)[a-z0-9_-]{1,63}(?:\.(?!-)[a-z0-9_-]{1,63})*$/;
const authority = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/i;

/** The hosts that the reverse proxy answers for, and no others. */
export class ListedHosts {
  /** The different names, sorted. */
  readonly names: readonly string[];
  readonly #hosts: readonly ListedHost[];

  private constructor(hosts: readonly ListedHost[]) {
    this.#hosts = hosts;
    this.names = [...new Set(hosts.map(({ name }) => name))].sort();
  }

  /**
   * @param entries `HOST`, `HOST:PORT` or either with `,immutable` behind it
   * @throws GomodfsError `USAGE`
   */
  static parse(entries: readonly string[]): ListedHosts {
    if (entries.length > MAX_HOSTS) {
      throw new GomodfsError("USAGE", `the reverse proxy takes at most ${MAX_HOSTS} hosts`);
    }
    return new ListedHosts(entries.map(parseEntry));
  }

  /**
   * What was listed for a target. Without a port in the list, only the scheme's own port is meant.
   *
   * @returns undefined if the reverse proxy must not ask it
   */
  find({ scheme, name, port }: Target): ListedHost | undefined {
    const ordinary = port === (scheme === "https" ? 443 : 80);
    const candidates = this.#hosts.filter((host) => host.name === name);
    return (
      candidates.find((host) => host.port === port) ??
      (ordinary ? candidates.find((host) => host.port === undefined) : undefined)
    );
  }
}

/**
 * The target of CONNECT: `host:port`, both of them (RFC 9110 section 9.3.6).
 *
 * @returns undefined for anything else
 */
export function parseConnectTarget(text: string): Target | undefined {
  const parsed = parseAuthority(text);
  if (parsed?.port === undefined) return undefined;
  return { scheme: "https", name: parsed.name, port: parsed.port };
}

/** The target that a URL names. */
export function targetOfUrl({ protocol, hostname, port }: URL): Target | undefined {
  if (protocol !== "http:" && protocol !== "https:") return undefined;
  const scheme = protocol === "https:" ? "https" : "http";
  const name = hostname.replace(/^\[|\]$/g, "");
  return { scheme, name, port: port === "" ? (scheme === "https" ? 443 : 80) : Number(port) };
}

/** `https://host:port`, the port only where it is not the scheme's own. */
export function originOf({ scheme, name, port }: Target): string {
  const host = name.includes(":") ? `[${name}]` : name;
  return new URL(`${scheme}://${host}:${port}`).origin;
}

/** `host` or `host:port`, as the Host field of a request has it. */
export function hostFieldOf(target: Target): string {
  return new URL(originOf(target)).host;
}

function parseEntry(entry: string): ListedHost {
  const [text = "", option, ...others] = entry.split(",").map((part) => part.trim());
  const parsed = parseAuthority(text);
  if (parsed === undefined || others.length > 0 || (option ?? "immutable") !== "immutable") {
    throw new GomodfsError("USAGE", `${JSON.stringify(entry)} is no host of the reverse proxy`, {
      hint: "write HOST or HOST:PORT, and ,immutable behind it if its answers never change",
    });
  }
  return { ...parsed, isImmutable: option !== undefined };
}

function parseAuthority(text: string): Pick<ListedHost, "name" | "port"> | undefined {
  const [, bracketed, plain = "", digits] = authority.exec(text) ?? [];
  const port = digits === undefined ? undefined : Number(digits);
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined;
  if (bracketed !== undefined) {
    return isIP(bracketed) === 6 ? { name: canonicalIpv6(bracketed), port } : undefined;
  }
  const name = plain.toLowerCase();
  if (isIP(name) === 4) return { name, port };
  // Whatever ends in a number is an address in a spelling that URL reads and nobody should (WHATWG URL, "ends in a number").
  const isName =
    name.length <= MAX_NAME_LENGTH &&
    dnsName.test(name) &&
    !/(?:^|\.)(?:\d+|0x[0-9a-f]*)$/.test(name);
  return isName ? { name, port } : undefined;
}

function canonicalIpv6(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}
