import { BlockList, isIP } from "node:net";

/**
 * Addresses that are nobody's on the Internet (IANA's registries of special-purpose addresses, RFC 6890): loopback,
 * private and link-local networks, among them where clouds give machines their credentials, and what leads to IPv4
 * addresses by another way.
 */
const networks: readonly (readonly [string, number, "ipv4" | "ipv6"])[] = [
  ["0.0.0.0", 8, "ipv4"],
  ["10.0.0.0", 8, "ipv4"],
  ["100.64.0.0", 10, "ipv4"],
  ["127.0.0.0", 8, "ipv4"],
  ["169.254.0.0", 16, "ipv4"],
  ["172.16.0.0", 12, "ipv4"],
  ["192.0.0.0", 24, "ipv4"],
  ["192.168.0.0", 16, "ipv4"],
  ["198.18.0.0", 15, "ipv4"],
  ["224.0.0.0", 3, "ipv4"],
  ["::", 96, "ipv6"],
  ["64:ff9b::", 96, "ipv6"],
  ["64:ff9b:1::", 48, "ipv6"],
  ["2002::", 16, "ipv6"],
  ["fc00::", 7, "ipv6"],
  ["fe80::", 10, "ipv6"],
  ["fec0::", 10, "ipv6"],
  ["ff00::", 8, "ipv6"],
];

const privateNetworks = new BlockList();
for (const [network, bits, family] of networks) privateNetworks.addSubnet(network, bits, family);

/** Whether an address is of this machine or of a private network. Addresses of IPv4 inside IPv6 count as what they are. */
export function isPrivateAddress(address: string): boolean {
  const bare = address.replace(/%.*$/, "");
  const family = isIP(bare);
  if (family === 0) return false;
  return privateNetworks.check(bare, family === 4 ? "ipv4" : "ipv6");
}
