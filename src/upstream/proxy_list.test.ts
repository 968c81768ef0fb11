import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ErrorCode, GomodfsError, isGomodfsError } from "../lib/gomodfs_error.ts";
import { type ProxyListEntry, parseProxyList, tryProxies } from "./proxy_list.ts";

function spell(entries: readonly ProxyListEntry[]): string[] {
  return entries.map((entry) =>
    entry.kind === "proxy" ? `${entry.url.href}${entry.fallBackOnError ? "|" : ","}` : entry.kind,
  );
}

function outcomeOf(parse: () => readonly ProxyListEntry[]): string {
  try {
    return parse().length > 0 ? "entries" : "none";
  } catch (error) {
    return isGomodfsError(error) ? error.code : String(error);
  }
}

describe("parseProxyList()", () => {
  it.each([
    ["https://a.example.com", "", ["https://a.example.com/,"]],
    ["https://a.example.com/x/,direct", "", ["https://a.example.com/x,", "direct"]],
    [
      "https://a.example.com|http://b.example.com:80,off",
      "",
      ["https://a.example.com/|", "http://b.example.com/,", "off"],
    ],
    [" , a.example.com ,,| host:8080|", "", ["https://a.example.com/,", "https://host:8080/|"]],
    ["direct,https://a.example.com", "", ["direct"]],
    ["off,https://a.example.com", "", ["off"]],
    ["file:///srv/proxy/", "", ["file:///srv/proxy,"]],
    ["https://a.example.com", "*.corp", ["noproxy", "https://a.example.com/,"]],
    ["direct", "*.corp", ["direct"]],
    ["off", "*.corp", ["noproxy", "off"]],
    ["https://u:p@a.example.com/?q=1", "", ["https://u:p@a.example.com/?q=1,"]],
  ])("reads %j with GONOPROXY %j", (goproxy, gonoproxy, expected) => {
    expect(spell(parseProxyList(goproxy, gonoproxy))).toEqual(expected);
  });

  it.each([
    ["", "holds no entries"],
    [" ,| ", "holds no entries"],
    ["internal", "has no scheme: internal"],
    ["/srv/proxy", "has no scheme: /srv/proxy"],
    ["ftp://u:secret@a.example.com", "scheme other than https, http and file: ftp://xxxxx@a"],
    ["file://host/srv", "more than a path: file://host/srv"],
    ["file:///srv?x", "more than a path"],
    ["https://u:secret@[", "is not a URL: https://xxxxx@["],
  ])("refuses %j", (goproxy, message) => {
    expect(() => parseProxyList(goproxy, "")).toThrow(message);
    expect(() => parseProxyList(goproxy, "")).not.toThrow("secret");
  });

  it("reads any text or refuses it as USAGE", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (goproxy, gonoproxy) => {
        expect(outcomeOf(() => parseProxyList(goproxy, gonoproxy))).toMatch(/^(entries|USAGE)$/);
      }),
    );
  });
});

describe("tryProxies()", () => {
  /** What each entry answers: a code to fail with, or "ok". */
  async function walk(goproxy: string, answers: readonly (ErrorCode | "ok")[]): Promise<string> {
    const queue = [...answers];
    const asked: string[] = [];
    const entries = parseProxyList(goproxy, "");
    try {
      await tryProxies(entries, async (entry) => {
        const name = entry.kind === "proxy" ? entry.url.hostname : entry.kind;
        asked.push(name);
        const answer = queue.shift() ?? "INVALID";
        if (answer !== "ok") throw new GomodfsError(answer, `${name} ${answer}`);
      });
      return `${asked.join(" ")}: ok`;
    } catch (error) {
      return `${asked.join(" ")}: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  it.each([
    ["http://a,http://b", ["ok"], "a: ok"],
    ["http://a,http://b", ["NOT_FOUND", "ok"], "a b: ok"],
    ["http://a,http://b", ["UPSTREAM", "ok"], "a: a UPSTREAM"],
    ["http://a|http://b", ["UPSTREAM", "ok"], "a b: ok"],
    ["http://a|http://b", ["TIMEOUT", "NOT_FOUND"], "a b: a TIMEOUT"],
    ["http://a|http://b", ["NOT_FOUND", "UPSTREAM"], "a b: b UPSTREAM"],
    ["http://a|http://b", ["TIMEOUT", "UPSTREAM"], "a b: b UPSTREAM"],
    ["http://a,http://b", ["NOT_FOUND", "NOT_FOUND"], "a b: b NOT_FOUND"],
    ["http://a|direct", ["UPSTREAM", "NOT_FOUND"], "a direct: direct NOT_FOUND"],
    ["http://a,direct", ["NOT_FOUND", "UPSTREAM"], "a direct: direct UPSTREAM"],
    ["http://a,direct", ["NOT_FOUND", "UNSUPPORTED"], "a direct: a NOT_FOUND"],
    ["http://a|direct", ["UPSTREAM", "UNSUPPORTED"], "a direct: a UPSTREAM"],
    ["direct", ["UNSUPPORTED"], "direct: direct UNSUPPORTED"],
    ["http://a,off", ["NOT_FOUND", "FORBIDDEN"], "a off: a NOT_FOUND"],
    ["off", ["FORBIDDEN"], "off: off FORBIDDEN"],
    ["http://a|http://b", ["CANCELLED", "ok"], "a: a CANCELLED"],
  ] as const)("over %s with %j gives %j", async (goproxy, answers, expected) => {
    expect(await walk(goproxy, answers)).toBe(expected);
  });
});
