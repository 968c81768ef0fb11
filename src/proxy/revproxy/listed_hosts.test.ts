import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isGomodfsError } from "../../lib/gomodfs_error.ts";
import {
  hostFieldOf,
  ListedHosts,
  originOf,
  parseConnectTarget,
  targetOfUrl,
} from "./listed_hosts.ts";

const hosts = ListedHosts.parse([
  "Plain.test",
  "port.test:8443",
  "both.test",
  "both.test:8443,immutable",
  "192.0.2.1:443",
  "[2001:DB8:0::1]:443",
]);

function find(text: string): ReturnType<ListedHosts["find"]> {
  const target = parseConnectTarget(text);
  return target && hosts.find(target);
}

describe("ListedHosts", () => {
  it("finds what is listed", () => {
    expect(find("plain.test:443")).toEqual({
      name: "plain.test",
      port: undefined,
      isImmutable: false,
    });
    expect(find("PLAIN.TEST:443")).toBeDefined();
    expect(find("port.test:8443")).toMatchObject({ port: 8443 });
    expect(find("both.test:443")).toMatchObject({ port: undefined, isImmutable: false });
    expect(find("both.test:8443")).toMatchObject({ port: 8443, isImmutable: true });
    expect(find("192.0.2.1:443")).toBeDefined();
    expect(find("[2001:db8::1]:443")).toBeDefined();
    expect(find("[2001:db8:0:0::1]:443")).toBeDefined();
    expect(hosts.find({ scheme: "http", name: "plain.test", port: 80 })).toBeDefined();
    expect(hosts.names).toEqual([
      "192.0.2.1",
      "2001:db8::1",
      "both.test",
      "plain.test",
      "port.test",
    ]);
  });

  it.each([
    "plain.test:80",
    "plain.test:8443",
    "port.test:443",
    "sub.plain.test:443",
    "plain.test.:443",
    "xplain.test:443",
    "plain.test",
    "plain.test:",
    "plain.test:0443:1",
    "plain.test:99999",
    "3221225985:443",
    "0xc0000201:443",
    "192.0.513:443",
    "[::ffff:192.0.2.1]:443",
    "[192.0.2.1]:443",
    "user@plain.test:443",
    "plain.test:443/",
    "plain.test%00:443",
    "",
  ])("does not find %j", (target) => {
    expect(find(target)).toBeUndefined();
  });

  it("does not take another scheme's port for its own", () => {
    expect(hosts.find({ scheme: "http", name: "plain.test", port: 443 })).toBeUndefined();
    expect(hosts.find({ scheme: "https", name: "plain.test", port: 80 })).toBeUndefined();
  });

  it.each([
    "",
    "a b",
    "*.test",
    "https://a.test",
    "a.test/x",
    "a.test:0",
    "a.test,mutable",
    "10.1",
    "-a.test",
    "[::g]:1",
  ])("refuses to list %j", (entry) => {
    expect(() => ListedHosts.parse([entry])).toThrow(/is no host of the reverse proxy/);
  });

  it("agrees with URL on what a target is", () => {
    fc.assert(
      fc.property(fc.domain(), fc.integer({ min: 1, max: 65_535 }), (name, port) => {
        const target = parseConnectTarget(`${name}:${port}`);
        if (target === undefined) return;
        const url = new URL(originOf(target));
        expect(targetOfUrl(url)).toEqual(target);
        expect(hostFieldOf(target)).toBe(url.host);
      }),
    );
  });

  it("never fails otherwise than it says", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(find(text)).toBeUndefined();
        expect([undefined, "USAGE"]).toContain(failureOf(text));
      }),
    );
  });
});

function failureOf(entry: string): string | undefined {
  try {
    ListedHosts.parse([entry]);
    return undefined;
  } catch (error) {
    return isGomodfsError(error) ? error.code : String(error);
  }
}
