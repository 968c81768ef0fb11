import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ClientAddresses, checkTrustedProxy, rateLimitKey } from "./client_address.ts";

const request = (remoteAddress: string | undefined, forwarded?: string | string[]) => ({
  socket: { remoteAddress },
  headers: forwarded === undefined ? {} : { "x-forwarded-for": forwarded },
});

describe("the address of a client", () => {
  const addresses = new ClientAddresses(["10.0.0.0/8", "2001:db8::/32", "127.0.0.1"]);

  it.each([
    ["is the socket's", request("192.0.2.7"), "192.0.2.7"],
    ["is IPv4 over an IPv6 socket", request("::ffff:192.0.2.7"), "192.0.2.7"],
    ["has no zone", request("fe80::1%eth0"), "fe80::1"],
    ["is of a Unix socket", request(undefined), "unix"],
    ["is not believed to strangers", request("192.0.2.7", "198.51.100.1"), "192.0.2.7"],
    ["is what a trusted proxy tells", request("10.1.2.3", "198.51.100.1"), "198.51.100.1"],
    ["is told over IPv4 in IPv6", request("::ffff:10.1.2.3", "198.51.100.1"), "198.51.100.1"],
    [
      "is told through several proxies",
      request("127.0.0.1", "198.51.100.1, 10.9.9.9"),
      "198.51.100.1",
    ],
    [
      "is told in several headers",
      request("127.0.0.1", ["198.51.100.1", "2001:db8::5"]),
      "198.51.100.1",
    ],
    [
      "is not what the client wrote before",
      request("10.0.0.1", "1.1.1.1, 198.51.100.1"),
      "198.51.100.1",
    ],
    [
      "is the last known where the rest is no address",
      request("10.0.0.1", "198.51.100.1, unknown"),
      "10.0.0.1",
    ],
    ["is the first if all are proxies", request("10.0.0.1", "10.0.0.3,10.0.0.2"), "10.0.0.3"],
    ["is the proxy's if it tells nothing", request("10.0.0.1", ""), "10.0.0.1"],
    [
      "is not told by a Unix socket that is not trusted",
      request(undefined, "198.51.100.1"),
      "unix",
    ],
  ])("%s", (_, asked, expected) => {
    expect(addresses.of(asked)).toBe(expected);
  });

  it("is told over a Unix socket that is trusted", () => {
    const behind = new ClientAddresses(["unix"]);
    expect(behind.of(request(undefined, "2001:DB8::7"))).toBe("2001:db8::7");
  });

  it("takes no time for a header of thousands", () => {
    expect(addresses.of(request("10.0.0.1", "10.0.0.2,".repeat(10_000)))).toBe("10.0.0.1");
  });

  it("is something whatever the header says", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(addresses.of(request("192.0.2.7", text))).toBe("192.0.2.7");
        expect(addresses.of(request("10.0.0.1", text))).not.toBe("");
      }),
    );
  });
});

it.each([
  "",
  "10.0.0.0/33",
  "10.0.0.0/-1",
  "10.0.0.0/8/8",
  "::1/129",
  "10.0.0",
  "example.com",
  "fe80::1%lo",
  "10.0.0.0/",
])("%j is no trusted proxy", (text) => {
  expect(() => checkTrustedProxy(text)).toThrow("is neither an address nor a network");
});

describe("requests are counted", () => {
  it.each([
    ["192.0.2.7", "192.0.2.7"],
    ["unix", "unix"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8:1:2::", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["64:ff9b::192.0.2.33", "64:ff9b:0:0::/64"],
  ])("for %s as %s", (address, key) => {
    expect(rateLimitKey(address)).toBe(key);
  });

  it("the same for all addresses of a /64 network, another for the next", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 }),
        (groups) => {
          const hex = groups.map((group) => group.toString(16));
          const key = rateLimitKey(hex.join(":"));
          expect(key).toBe(`${hex.slice(0, 4).join(":")}::/64`);
        },
      ),
    );
  });
});
