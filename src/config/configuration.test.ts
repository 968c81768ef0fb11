import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { parseConfiguration, resolveConfiguration } from "./configuration.ts";
import { flagValues } from "./flag_values.ts";
import { formatConfiguration } from "./format_configuration.ts";

function errorsOf(compute: () => unknown): string[] {
  try {
    compute();
  } catch (error) {
    if (error instanceof GomodfsError && error.code === "USAGE") return error.message.split("\n");
    throw error;
  }
  return [];
}

const errorsIn = (text: string): string[] => errorsOf(() => parseConfiguration(text, "g.toml"));

const EXAMPLE = readFileSync(new URL("../../examples/gomodfs.toml", import.meta.url), "utf8");

describe("a configuration", () => {
  it("of an empty file has the defaults", () => {
    expect(parseConfiguration("", "g.toml")).toMatchObject({
      log: { level: "info", format: "text" },
      mount: { allow_other: false },
      http: { listen: [], private: [], metrics: true, access_log: true },
      limits: { max_zip_memory: 33_554_432, header_timeout: 10_000 },
      version_control: { timeout: 600_000 },
    });
    expect(parseConfiguration("", "g.toml").store).toBeUndefined();
    expect(parseConfiguration("", "g.toml").http.tls).toBeUndefined();
  });

  it("has durations, sizes and addresses as numbers and objects", () => {
    const text = `
      [http]
      listen = ["127.0.0.1:80", "unix:/run/x"]
      metrics = "[::1]:9090"
      [limits]
      idle_timeout = "1m30s"
      max_zip_memory = "64MiB"`;
    expect(parseConfiguration(text, "g.toml")).toMatchObject({
      http: {
        listen: [
          { kind: "tcp", host: "127.0.0.1", port: 80 },
          { kind: "unix", path: "/run/x" },
        ],
        metrics: { kind: "tcp", host: "::1", port: 9090 },
      },
      limits: { idle_timeout: 90_000, max_zip_memory: 67_108_864 },
    });
  });

  it("may name one address alone", () => {
    const { http } = parseConfiguration('http.listen = ":80"\nhttp.metrics = false', "g.toml");
    expect(http.listen).toEqual([{ kind: "tcp", host: undefined, port: 80 }]);
    expect(http.metrics).toBe(false);
  });

  it("is that of the example", () => {
    expect(parseConfiguration(EXAMPLE, "gomodfs.toml")).toMatchObject({
      http: { tls: { certificate: "/etc/gomodfs/cert.pem" }, private: ["corp.example.com"] },
    });
  });

  it.each([
    ["a = ]", "g.toml:1:5: unexpected token"],
    ['stor = "/x"', 'g.toml:1:1: unknown key "stor": did you mean "store"?'],
    [
      "__proto__ = 1",
      'g.toml:1:1: unknown key "__proto__": known here are store, proxy, log, mount, http, webdav, nfs, sumdb, reverse_proxy, limits, version_control',
    ],
    ['listen = ":80"', 'g.toml:1:1: unknown key "listen": it belongs in [http]'],
    [
      '[http]\nstore = "/x"',
      'g.toml:2:1: unknown key "store": it belongs at the top of the file, before any section',
    ],
    [
      "[http]\ntrusted-proxies = []",
      'g.toml:2:1: unknown key "trusted-proxies": did you mean "trusted_proxies"?',
    ],
    ["[limit]", 'g.toml:1:2: unknown key "limit": did you mean "limits"?'],
    ["[http.tsl]\nx = 1", 'g.toml:1:7: unknown key "tsl": did you mean "tls"?'],
    ["store = 1", "g.toml:1:9: store: must be a string, and is an integer"],
    ['store = "x"', 'g.toml:1:9: store: "x" is no absolute path'],
    ['store = "dir:x"', 'g.toml:1:9: store: "x" is no absolute path'],
    ['proxy = "ftp://example.com"', /^g\.toml:1:9: proxy: .*ftp:\/\/example\.com/],
    ['log = "info"', "g.toml:1:7: log: must be a table, and is a string"],
    ["[[log]]", "g.toml:1:3: log: must be a table, and is an array"],
    [
      '[log]\nlevel = "wran"',
      'g.toml:2:9: log.level: must be one of "debug", "info", "warn", "error", "silent"; did you mean "warn"?',
    ],
    [
      "[log]\nlevel = 1979-05-27",
      'g.toml:2:9: log.level: must be one of "debug", "info", "warn", "error", "silent"',
    ],
    [
      '[mount]\nallow_other = "yes"',
      "g.toml:2:15: mount.allow_other: must be true or false, and is a string",
    ],
    [
      "[http]\nlisten = 80",
      'g.toml:2:10: http.listen: must be an address such as "127.0.0.1:8080", or an array of them, and is an integer',
    ],
    ['[http]\nlisten = [\n  ":80",\n  81,\n]', "g.toml:4:3: http.listen[1]: must be a string"],
    [
      '[http]\nprivate = ["a", 1]',
      "g.toml:2:17: http.private[1]: must be a string, and is an integer",
    ],
    [
      '[http]\nprivate = ["["]',
      /^g\.toml:2:12: http\.private\[0\]: "\[" is no pattern of module paths; write globs/,
    ],
    [
      '[http]\ntrusted_proxies = ["10.0.0.0/40"]',
      /^g\.toml:2:20: http\.trusted_proxies\[0\]: "10\.0\.0\.0\/40" is neither/,
    ],
    ["[http]\nmetrics = 1", /^g\.toml:2:11: http\.metrics: must be true, false, or an address/],
    ['[http]\nmetrics = "9090"', /^g\.toml:2:11: http\.metrics: "9090" is no address to listen on/],
    [
      '[http.tls]\ncertificate = "/c.pem"',
      'g.toml:1:7: "key" is missing: it must be an absolute path',
    ],
    [
      "http.rate_limit = { burst = 3 }",
      'g.toml:1:6: "requests_per_second" is missing: it must be a whole number from 1',
    ],
    [
      "http.rate_limit = { burst = 0, requests_per_second = 1 }",
      "g.toml:1:29: http.rate_limit.burst: must be at least 1",
    ],
    [
      "limits.max_connections = 1000001",
      "g.toml:1:26: limits.max_connections: must be at most 1000000",
    ],
    [
      "limits.max_connections = 1.5",
      "g.toml:1:26: limits.max_connections: must be a whole number from 1, and is a float",
    ],
    [
      "limits.idle_timeout = 10",
      'g.toml:1:23: limits.idle_timeout: must be a duration such as "10s", and is an integer',
    ],
    [
      'limits.idle_timeout = "10"',
      'g.toml:1:23: limits.idle_timeout: "10" is no duration; write 500ms, 10s, 1m30s or 2h',
    ],
    ['limits.max_zip_memory = "32MB"', /^g\.toml:1:25: limits\.max_zip_memory: "32MB" is no size/],
    ['sumdb.databases = ["a b"]', /^g\.toml:1:20: sumdb\.databases\[0\]: .*verifier/],
    [
      'sumdb.databases = ["off"]',
      /^g\.toml:1:20: sumdb\.databases\[0\]: "off" is no checksum database/,
    ],
    [
      'reverse_proxy.hosts = ["a/b"]',
      /^g\.toml:1:24: reverse_proxy\.hosts\[0\]: "a\/b" is no host/,
    ],
  ])("%j is wrong at its place", (text, expected) => {
    const isExpected = (line: string): boolean =>
      typeof expected === "string" ? line === expected : expected.test(line);
    expect(errorsIn(text)).toEqual([expect.toSatisfy(isExpected, String(expected))]);
  });

  it("with several errors tells them all, in the order of the file", () => {
    const text = `
stor = "/x"
[log]
format = 3
[http]
listen = [":99999", "1.2.3:80", 7]
tls = { key = "k" }
[limits]
header_timeout = 1`;
    expect(errorsIn(text).map((line) => line.replace(/^(g\.toml:\d+:\d+): .*/, "$1"))).toEqual([
      "g.toml:2:1",
      "g.toml:4:10",
      "g.toml:6:11",
      "g.toml:6:21",
      "g.toml:6:33",
      "g.toml:7:1",
      "g.toml:7:15",
      "g.toml:9:18",
    ]);
  });

  it("does not repeat the password of a proxy", () => {
    const errors = errorsIn('proxy = "ftp://ann:s3cret@corp.test"');
    expect(errors).toEqual([expect.stringMatching(/^g\.toml:1:9: proxy: .*corp\.test/)]);
    expect(errors.join()).not.toContain("s3cret");
  });
});

describe("flags", () => {
  const file = { file: "g.toml", text: 'store = "/file"\n[log]\nlevel = "error"\n' };

  it("go before the file, and the file before the defaults", () => {
    const flags = {
      store: "here",
      allowOther: true,
      http: [":80", "unix:/x"],
      logFormat: undefined,
    };
    const { values, settings } = resolveConfiguration(file, flagValues(flags, "/srv"));
    expect(values).toMatchObject({
      store: "/srv/here",
      log: { level: "error", format: "text" },
      mount: { allow_other: true },
      http: { listen: [{ port: 80 }, { path: "/x" }] },
    });
    expect(settings.get("store")?.origin).toEqual({ kind: "flag", flag: "--store" });
    expect(settings.get("log.level")?.origin).toEqual({ kind: "file", file: "g.toml", line: 3 });
    expect(settings.get("log.format")?.origin).toEqual({ kind: "default" });
    expect(settings.has("proxy")).toBe(false);
  });

  it("may give the path of a store behind dir:", () => {
    const flags = flagValues({ store: "dir:mod" }, "/srv");
    expect(resolveConfiguration(undefined, flags).values.store).toBe("dir:/srv/mod");
  });

  it.each([
    [{ http: ["80"] }, /^--http: http\.listen\[0\]: "80" is no address/],
    [{ tlsKey: "k.pem" }, /^--tls-key: "certificate" is missing: it must be an absolute path/],
    [{ logLevel: "loud" }, /^--log-level: log\.level: must be one of/],
  ])("%j are wrong by their name", (flags, expected) => {
    const errors = errorsOf(() => resolveConfiguration(file, flagValues(flags, "/srv")));
    expect(errors).toEqual([expect.stringMatching(expected)]);
  });
});

describe("the effective configuration", () => {
  it("is a file that says the same", () => {
    for (const text of ["", EXAMPLE]) {
      const configuration = resolveConfiguration({ file: "g.toml", text });
      const shown = formatConfiguration(configuration);
      expect(parseConfiguration(shown, "shown.toml")).toEqual(configuration.values);
    }
  });

  it("is read as it is shown, whatever its texts are", () => {
    const path = fc
      .string({ unit: "binary" })
      .map((text) => `/${text.toWellFormed().replaceAll("\0", "")}`);
    const bytes = fc.integer({ min: 1, max: 2 ** 40 });
    fc.assert(
      fc.property(path, fc.boolean(), bytes, (directory, allowOther, size) => {
        const flags = [
          { path: ["mount", "directory"], flag: "--mount", value: directory },
          { path: ["mount", "allow_other"], flag: "--allow-other", value: allowOther },
          { path: ["limits", "max_zip_memory"], flag: "x", value: `${size}B` },
        ];
        const configuration = resolveConfiguration(undefined, flags);
        expect(parseConfiguration(formatConfiguration(configuration), "g")).toEqual(
          configuration.values,
        );
      }),
    );
  });

  it("tells where each value comes from, and no passwords", () => {
    const source = {
      file: "a\nb.toml",
      text: 'proxy = "https://ann:s3cret@proxy.corp.test,direct"\n[http]\nlisten = "systemd"\n',
    };
    const shown = formatConfiguration(
      resolveConfiguration(source, flagValues({ logLevel: "warn" }, "/")),
    );
    expect(shown).toContain('proxy = "https://xxxxx@proxy.corp.test,direct"  # a?b.toml:1\n');
    expect(shown).toContain('\n[log]\nlevel = "warn"  # --log-level\nformat = "text"  # default\n');
    expect(shown).toContain('listen = ["systemd"]  # a?b.toml:3\n');
    expect(shown).toContain("# store is not set: $XDG_CACHE_HOME/gomodfs\n");
    expect(shown).not.toContain("s3cret");
  });
});
