import { expect, test } from "vitest";
import { AddressList } from "./address_list.ts";

test("AddressList has what its addresses and networks cover, IPv4 in IPv6 form too", () => {
  const list = new AddressList(["10.0.0.0/8", "192.0.2.1", "2001:db8::/32"]);
  const addresses = [
    "10.255.0.1",
    "::ffff:10.1.2.3",
    "192.0.2.1",
    "192.0.2.2",
    "11.0.0.1",
    "2001:db8:1::2",
    "2001:db9::1",
    "fe80::1%eth0",
  ];
  expect(addresses.filter((address) => list.has(address))).toEqual([
    "10.255.0.1",
    "::ffff:10.1.2.3",
    "192.0.2.1",
    "2001:db8:1::2",
  ]);
  expect(new AddressList([]).has("127.0.0.1")).toBe(false);
});

test.each(["", "10.0.0.0/33", "10.0.0/8", "::1/129", "10.0.0.0/8/8", "example.com", "fe80::1%lo"])(
  "AddressList refuses %j",
  (text) => {
    expect(() => new AddressList([text])).toThrow("is neither an address nor a network");
  },
);
