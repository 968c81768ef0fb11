import { BlockList, isIP, isIPv6 } from "node:net";
import { GomodfsError } from "./gomodfs_error.ts";

const HINT = "write 192.0.2.1, 10.0.0.0/8 or 2001:db8::/32";

/** Addresses and networks of clients. */
export class AddressList {
  readonly #networks = new BlockList();

  /**
   * @param texts addresses, and networks as `10.0.0.0/8`
   * @param hint what else could be written, for the error
   * @throws GomodfsError `USAGE` for anything else
   */
  constructor(texts: readonly string[], hint = HINT) {
    for (const text of texts) this.#add(text, hint);
  }

  /** @param address as a socket tells it; an IPv4 address may come in its IPv6 form */
  has(address: string): boolean {
    const plain = plainAddress(address);
    return this.#networks.check(plain, isIPv6(plain) ? "ipv6" : "ipv4");
  }

  #add(text: string, hint: string): void {
    const [address = "", prefix, ...rest] = text.split("/");
    const version = isIP(address);
    const length = version === 6 ? 128 : 32;
    const bits = prefix === undefined ? length : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1;
    if (version === 0 || address.includes("%") || rest.length > 0 || bits < 0 || bits > length) {
      const shown = JSON.stringify(text);
      throw new GomodfsError("USAGE", `${shown} is neither an address nor a network`, { hint });
    }
    this.#networks.addSubnet(address, bits, version === 6 ? "ipv6" : "ipv4");
  }
}

/** IPv4 addresses that come over an IPv6 socket are IPv4 addresses (RFC 4291 section 2.5.5.2). Zones are dropped. */
export function plainAddress(text: string): string {
  const address = text.toLowerCase().replace(/%.*$/, "");
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address) ?? [];
  return mapped ?? address;
}
