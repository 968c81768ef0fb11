import { describe, expect, it } from "vitest";
import { isPrivateAddress } from "./private_addresses.ts";

describe("isPrivateAddress", () => {
  it.each([
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "169.254.169.254",
    "172.31.255.255",
    "192.168.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:a9fe:a9fe",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "fc00::1",
    "fe80::1%eth0",
    "ff02::1",
  ])("%s is", (address) => {
    expect(isPrivateAddress(address)).toBe(true);
  });

  it.each(["8.8.8.8", "172.32.0.1", "192.0.1.1", "::ffff:8.8.8.8", "2606:4700::1", "name.test"])(
    "%s is not",
    (address) => {
      expect(isPrivateAddress(address)).toBe(false);
    },
  );
});
