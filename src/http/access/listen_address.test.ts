import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isGomodfsError } from "../../lib/gomodfs_error.ts";
import { allowsAnonymous, checkExposure } from "./exposure.ts";
import {
  formatListenAddress,
  type ListenAddress,
  parseListenAddress,
  reachOf,
  reachOfBoundAddress,
} from "./listen_address.ts";

/** The address of a text; undefined if it is refused as it should be. */
function understood(text: string): ListenAddress | undefined {
  try {
    return parseListenAddress(text);
  } catch (error) {
    if (isGomodfsError(error, "USAGE")) return undefined;
    throw error;
  }
}

/** The address of the text that an address is written as. */
function rewritten(text: string): ListenAddress | undefined {
  const address = understood(text);
  return address && parseListenAddress(formatListenAddress(address));
}

describe("an address to listen on", () => {
  it.each<[string, ListenAddress, string]>([
    [":8080", { kind: "tcp", host: undefined, port: 8080 }, "public"],
    ["0.0.0.0:80", { kind: "tcp", host: "0.0.0.0", port: 80 }, "public"],
    ["[::]:80", { kind: "tcp", host: "::", port: 80 }, "public"],
    ["proxy.corp.test:0", { kind: "tcp", host: "proxy.corp.test", port: 0 }, "public"],
    ["localhost.corp.test:1", { kind: "tcp", host: "localhost.corp.test", port: 1 }, "public"],
    ["localhost:8080", { kind: "tcp", host: "localhost", port: 8080 }, "loopback"],
    ["127.0.0.1:65535", { kind: "tcp", host: "127.0.0.1", port: 65_535 }, "loopback"],
    ["127.8.9.10:1", { kind: "tcp", host: "127.8.9.10", port: 1 }, "loopback"],
    ["128.0.0.1:1", { kind: "tcp", host: "128.0.0.1", port: 1 }, "public"],
    ["[::1]:8080", { kind: "tcp", host: "::1", port: 8080 }, "loopback"],
    ["[fe80::1%eth0]:1", { kind: "tcp", host: "fe80::1%eth0", port: 1 }, "public"],
    ["unix:/run/gomodfs.sock", { kind: "unix", path: "/run/gomodfs.sock" }, "loopback"],
    ["fd:http", { kind: "inherited", name: "http" }, "unknown"],
    ["systemd", { kind: "inherited", name: undefined }, "unknown"],
  ])("%s is understood, and written the same", (text, address, reach) => {
    expect(parseListenAddress(text)).toEqual(address);
    expect(formatListenAddress(address)).toBe(text);
    expect(reachOf(address)).toBe(reach);
  });

  it.each([
    ["", "the port is missing"],
    ["8080", "a port has a colon before it: :8080"],
    ["localhost", "the port is missing"],
    ["localhost:http", "the port is missing, or not a number"],
    [":65536", "a port is at most 65535"],
    ["::1:8080", "an IPv6 address stands in brackets"],
    ["::1", "an IPv6 address stands in brackets"],
    ["[127.0.0.1]:80", "no IPv6 address is in the brackets"],
    ["[::1]", "the port is missing"],
    ["1.2.3:80", '"1.2.3" is neither'],
    ["256.0.0.1:80", '"256.0.0.1" is neither'],
    ["a b:80", '"a b" is neither'],
    ["-a:80", '"-a" is neither'],
    [`${"a".repeat(254)}:80`, "is neither"],
    ["http://localhost:80", "an IPv6 address stands in brackets"],
    ["unix:run", "an absolute path"],
    [`unix:/${"a".repeat(107)}`, "at most 107 bytes"],
    ["fd:", "wants the FileDescriptorName"],
    ["fd:a:b", "wants the FileDescriptorName"],
  ])("%j is none", (text, reason) => {
    expect(() => parseListenAddress(text)).toThrow(reason);
  });

  it("of any text is read or refused, and what is read is written the same", () => {
    const pieces = fc.constantFrom(
      ":",
      "[",
      "]",
      "::1",
      "a",
      "80",
      "unix:",
      "/",
      "fd:",
      ".",
      "%",
      "-",
    );
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(pieces).map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(text, (written) => {
        expect(rewritten(written)).toEqual(understood(written));
      }),
    );
  });
});

it("what a server listens on is looked at where nobody wrote it", () => {
  const bound = (address: string) => reachOfBoundAddress({ address, port: 1, family: "" });
  expect(["127.0.0.1", "::1", "0.0.0.0", "::", "10.0.0.1"].map(bound)).toEqual([
    "loopback",
    "loopback",
    "public",
    "public",
    "public",
  ]);
  expect(reachOfBoundAddress("/run/gomodfs.sock")).toBe("loopback");
});

describe("serving other machines", () => {
  const open = {
    address: ":80",
    reach: "public",
    authenticates: false,
    encrypts: false,
    allowAnonymous: false,
    allowPlainHttp: false,
  } as const;

  it.each([
    ["without credentials", open, "--allow-anonymous"],
    ["on a socket of which nothing is known", { ...open, reach: "unknown" }, "--allow-anonymous"],
    ["with credentials in the clear", { ...open, authenticates: true }, "--allow-plain-http"],
    [
      "with both let in in the clear",
      { ...open, authenticates: true, allowAnonymous: true },
      "--allow-plain-http",
    ],
  ] as const)("%s must be asked for by name", (_, exposure, flag) => {
    expect(() => checkExposure(exposure)).toThrow(
      expect.objectContaining({ code: "USAGE", hint: expect.stringContaining(flag) as unknown }),
    );
  });

  it.each([
    ["this machine only", { ...open, reach: "loopback" }],
    ["everybody, as asked for", { ...open, allowAnonymous: true }],
    ["those with credentials, over TLS", { ...open, authenticates: true, encrypts: true }],
    [
      "those with credentials, behind a proxy",
      { ...open, authenticates: true, allowPlainHttp: true },
    ],
  ] as const)("is done for %s", (_, exposure) => {
    expect(() => checkExposure(exposure)).not.toThrow();
  });

  it("lets unknown clients in where it was asked for, and on loopback without credentials", () => {
    expect(allowsAnonymous(open)).toBe(false);
    expect(allowsAnonymous({ ...open, allowAnonymous: true })).toBe(true);
    expect(allowsAnonymous({ ...open, reach: "loopback" })).toBe(true);
    expect(allowsAnonymous({ ...open, reach: "loopback", authenticates: true })).toBe(false);
  });
});
