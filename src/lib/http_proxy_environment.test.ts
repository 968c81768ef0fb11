import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { httpProxyFor } from "./http_proxy_environment.ts";

describe("httpProxyFor()", () => {
  it("chooses by scheme, and takes either case", () => {
    const env = { HTTP_PROXY: "http://plain:1", https_proxy: "secure:2" };
    expect(httpProxyFor(env, new URL("http://example.com"))).toBe("http://plain:1");
    expect(httpProxyFor(env, new URL("https://example.com"))).toBe("http://secure:2");
    expect(httpProxyFor({}, new URL("https://example.com"))).toBeUndefined();
    expect(httpProxyFor({ HTTPS_PROXY: "" }, new URL("https://example.com"))).toBeUndefined();
  });

  it("does not trust HTTP_PROXY in a CGI program", () => {
    const env = { HTTP_PROXY: "http://p", HTTPS_PROXY: "http://p", REQUEST_METHOD: "GET" };
    expect(httpProxyFor(env, new URL("http://example.com"))).toBeUndefined();
    expect(httpProxyFor(env, new URL("https://example.com"))).toBe("http://p");
  });

  // Pairs from golang.org/x/net/http/httpproxy/proxy_test.go, BSD-3-Clause.
  const noProxy =
    "foobar.com, .barbaz.net, *.wildcard.io, 192.168.1.1, 192.168.1.2:81, 192.168.1.3:80, 10.0.0.0/30, 2001:db8::52:0:1, [2001:db8::52:0:2]:443, [2001:db8::52:0:3]:80, 2002:db8:a::45/64";
  it.each([
    ["localhost", false],
    ["127.0.0.1", false],
    ["127.0.0.2", false],
    ["[::1]", false],
    ["[::2]", true],
    ["192.168.1.1", false],
    ["192.168.1.2", true],
    ["192.168.1.3", false],
    ["192.168.1.4", true],
    ["10.0.0.2", false],
    ["[2001:db8::52:0:1]", false],
    ["[2001:db8::52:0:2]", true],
    ["[2001:db8::52:0:3]", false],
    ["[2002:db8:a::123]", false],
    ["[fe80::424b:c8be:1643:a1b6]", true],
    ["barbaz.net", true],
    ["www.barbaz.net", false],
    ["foobar.com", false],
    ["www.foobar.com", false],
    ["foofoobar.com", true],
    ["baz.com", true],
    ["localhost.net", true],
    ["local.localhost", true],
    ["wildcard.io", true],
    ["nested.wildcard.io", false],
    ["awildcard.io", true],
  ])("for %s under NO_PROXY is used: %s", (host, used) => {
    const env = { HTTP_PROXY: "http://p", NO_PROXY: noProxy };
    expect(httpProxyFor(env, new URL(`http://${host}/`)) !== undefined).toBe(used);
  });

  it("takes * as never", () => {
    const env = { HTTP_PROXY: "http://p", NO_PROXY: "a,*" };
    expect(httpProxyFor(env, new URL("http://example.com/"))).toBeUndefined();
  });

  it("ignores what NO_PROXY cannot mean", () => {
    fc.assert(
      fc.property(fc.string(), (exception) => {
        const env = { HTTP_PROXY: "http://p", NO_PROXY: exception };
        const hosts = ["http://example.com/", "http://192.0.2.1/", "http://[2001:db8::1]/"];
        for (const host of hosts) {
          expect([undefined, "http://p"]).toContain(httpProxyFor(env, new URL(host)));
        }
      }),
    );
  });
});
