import { describe, expect, it } from "vitest";
import { authorityOf, endpointOf, routeTo } from "./proxy_route.ts";

describe("endpointOf()", () => {
  it.each([
    ["http://a.test/x", false, "a.test", 80, "a.test:80"],
    ["https://a.test/", true, "a.test", 443, "a.test:443"],
    ["https://a.test:8443/", true, "a.test", 8443, "a.test:8443"],
    ["http://[2001:db8::1]:81/", false, "2001:db8::1", 81, "[2001:db8::1]:81"],
  ])("finds where %s listens", (url, secure, host, port, authority) => {
    const endpoint = endpointOf(new URL(url));
    expect(endpoint).toEqual({ secure, host, port });
    expect(authorityOf(endpoint)).toBe(authority);
  });
});

describe("routeTo()", () => {
  it("asks a proxy for http URLs, and has it connect for https", () => {
    const env = { HTTP_PROXY: "proxy.test:3128", HTTPS_PROXY: "https://ann:p%40w@proxy.test" };
    expect(routeTo(new URL("http://a.test/"), env)).toEqual({
      kind: "forward",
      proxy: { secure: false, host: "proxy.test", port: 3128, headers: {} },
    });
    const authorization = `Basic ${Buffer.from("ann:p@w").toString("base64")}`;
    expect(routeTo(new URL("https://a.test/"), env)).toEqual({
      kind: "tunnel",
      proxy: {
        secure: true,
        host: "proxy.test",
        port: 443,
        headers: { "proxy-authorization": authorization },
      },
    });
    expect(routeTo(new URL("http://a.test/"), { ...env, NO_PROXY: "a.test" })).toEqual({
      kind: "direct",
    });
  });

  it.each(["socks5://u:secret@proxy.test", "http://u:secret@[bad"])("cannot use %s", (proxy) => {
    const route = (): unknown => routeTo(new URL("http://a.test/"), { HTTP_PROXY: proxy });
    expect(route).toThrow(expect.objectContaining({ code: "UNSUPPORTED" }));
    expect(route).not.toThrow("secret");
  });
});
