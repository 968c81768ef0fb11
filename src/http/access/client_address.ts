import { isIP, isIPv6 } from "node:net";
import { AddressList, plainAddress } from "../../lib/address_list.ts";
import { GomodfsError } from "../../lib/gomodfs_error.ts";

/** What tells where a request comes from; an IncomingMessage is one. */
export interface AddressedRequest {
  readonly socket: { readonly remoteAddress?: string | undefined };
  readonly headers: { readonly "x-forwarded-for"?: string | readonly string[] | undefined };
}

/** The address of clients that connect over a Unix socket, which has none. */
export const UNIX_CLIENT = "unix";
/** Proxies in a row; what they wrote before is not looked at. */
const MAX_FORWARDED = 16;
const MAX_TRUSTED = 1_000;
const HINT = "write 192.0.2.1, 10.0.0.0/8, 2001:db8::/32, or unix";

/** Finds the address of who asks, also behind reverse proxies that are trusted to tell it. */
export class ClientAddresses {
  readonly #trusted: AddressList;
  readonly #trustsUnix: boolean;
  readonly #trustsAny: boolean;

  /**
   * @param trustedProxies addresses, networks as `10.0.0.0/8`, and `unix` for what connects over a Unix socket
   * @throws GomodfsError `USAGE` for anything else
   */
  constructor(trustedProxies: readonly string[] = []) {
    if (trustedProxies.length > MAX_TRUSTED) {
      throw new GomodfsError("USAGE", `more than ${MAX_TRUSTED} trusted proxies`);
    }
    this.#trustsAny = trustedProxies.length > 0;
    this.#trustsUnix = trustedProxies.includes(UNIX_CLIENT);
    this.#trusted = new AddressList(
      trustedProxies.filter((text) => text !== UNIX_CLIENT),
      HINT,
    );
  }

  /**
   * The address of who asks: of X-Forwarded-For, to which each proxy appends whom it was asked by, the last that is not
   * a trusted proxy's. `unix` for a Unix socket.
   */
  of({ socket, headers }: AddressedRequest): string {
    let address = plainAddress(socket.remoteAddress ?? UNIX_CLIENT);
    if (!this.#trustsAny) return address;
    const forwarded = [headers["x-forwarded-for"] ?? []].flat().join(",").split(",");
    for (const entry of forwarded.slice(-MAX_FORWARDED).reverse()) {
      if (!this.#trusts(address)) break;
      const next = plainAddress(entry.trim());
      // What is no address cannot be told from what the client itself wrote: the proxy is the last that is known.
      if (isIP(next) === 0) break;
      address = next;
    }
    return address;
  }

  #trusts(address: string): boolean {
    if (address === UNIX_CLIENT) return this.#trustsUnix;
    return this.#trusted.has(address);
  }
}

/**
 * Refuses what is neither an address nor a network.
 *
 * @throws GomodfsError `USAGE`
 */
export function checkTrustedProxy(text: string): void {
  if (text !== UNIX_CLIENT) new AddressList([text], HINT);
}

/**
 * Whom requests are counted for: an IPv4 address, or the /64 network of an IPv6 address, of which a client usually has
 * all (RFC 6177).
 */
export function rateLimitKey(address: string): string {
  if (!isIPv6(address)) return address;
  // The URL parser writes an address in its one canonical form (RFC 5952), without dots.
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = "", tail] = canonical.split("::");
  const first = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => "0");
  const groups = tail === undefined ? first : [...first, ...zeros, ...last];
  return `${groups.slice(0, 4).join(":")}::/64`;
}
