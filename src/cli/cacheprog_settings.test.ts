import { describe, expect, test } from "vitest";
import { parseSettings } from "./cacheprog_settings.ts";

const ENVIRONMENT = { XDG_CACHE_HOME: "/cache" };

describe("parseSettings()", () => {
  test("needs nothing", () => {
    expect(parseSettings([], ENVIRONMENT)).toMatchObject({
      command: "direct",
      cacheDirectory: "/cache/gomodfs/build",
      bucket: undefined,
      expiry: undefined,
      maxSize: 10 * 2 ** 30,
      readOnly: false,
      metrics: false,
    });
  });

  test("knows the flags of go-cache-plugin, with one dash or two", () => {
    const args =
      "-cache-dir=/c --bucket b -region r --prefix=p -s3-endpoint-url http://127.0.0.1:1 --s3-path-style " +
      "-min-upload-size 100 -expiry=168h30m --metrics=true -c 4 -u=8 -v --debug 3";
    expect(parseSettings(args.split(" "), ENVIRONMENT)).toMatchObject({
      cacheDirectory: "/c",
      bucket: {
        bucket: "b",
        region: "r",
        prefix: "p",
        endpoint: "http://127.0.0.1:1",
        pathStyle: true,
        minUploadSize: 100,
        concurrency: 4,
        uploadConcurrency: 8,
      },
      expiry: 168.5 * 3_600_000,
      metrics: true,
      verbose: true,
      debug: 3,
    });
  });

  test("takes its variables where there is no flag", () => {
    const environment = {
      GOCACHE_DIR: "/d",
      GOCACHE_S3_BUCKET: "b",
      GOCACHE_S3_REGION: "r",
      GOCACHE_S3_PATH_STYLE: "T",
      GOCACHE_S3_ENDPOINT_URL: "http://127.0.0.1:1",
      GOCACHE_KEY_PREFIX: "p",
      GOCACHE_MIN_SIZE: "7",
      GOCACHE_METRICS: "1",
      GOCACHE_EXPIRY: "1.5h",
      GOCACHE_CONCURRENCY: "2",
      GOCACHE_S3_CONCURRENCY: "3",
      GOCACHE_VERBOSE: "true",
      GOCACHE_DEBUG: "1",
      GOCACHE_PLUGIN: "5930",
      GOCACHE_HTTP: ":8080",
      GOCACHE_MODPROXY: "true",
      GOCACHE_REVPROXY: "a.test, b.test",
      GOCACHE_SUMDB: "sum.test",
    };
    expect(parseSettings(["serve", "--region", "other"], environment)).toMatchObject({
      command: "serve",
      cacheDirectory: "/d",
      bucket: {
        bucket: "b",
        region: "other",
        pathStyle: true,
        prefix: "p",
        minUploadSize: 7,
        concurrency: 2,
        uploadConcurrency: 3,
      },
      metrics: true,
      expiry: 5_400_000,
      verbose: true,
      debug: 1,
      plugin: "5930",
      http: ":8080",
      modproxy: true,
      revproxy: ["a.test", "b.test"],
      sumdb: ["sum.test"],
    });
  });

  test("flags stand before or behind the command", () => {
    const settings = parseSettings(["--cache-dir", "/c", "connect", "5930", "-v"], {});
    expect(settings).toMatchObject({ command: "connect", address: "5930", cacheDirectory: "/c" });
  });

  test("a relative XDG_CACHE_HOME does not count", () => {
    expect(parseSettings([], { XDG_CACHE_HOME: "cache" }).cacheDirectory).toMatch(
      /^\/.*\/\.cache\/gomodfs\/build$/,
    );
  });

  test("--max-size=0 is no bound", () => {
    expect(parseSettings(["gc", "--max-size=0"], {}).maxSize).toBeUndefined();
    expect(parseSettings(["gc", "--max-size", "2GiB"], {}).maxSize).toBe(2 ** 31);
  });

  test.each([
    [["serve", "--help"], "serve"],
    [["help", "serve"], "serve"],
    [["-h"], "direct"],
    [["help"], "direct"],
  ])("%j asks for help", (args, command) => {
    expect(parseSettings(args, {})).toMatchObject({ help: true, command });
  });

  test.each([
    [["--bogus"], "there is no flag --bogus"],
    [["--__proto__=x"], "there is no flag --__proto__"],
    [["--bucket"], "--bucket needs a value"],
    [["bogus"], 'there is no command "bogus"'],
    [["connect"], "connect wants the address of a server"],
    [["connect", "1", "2"], '"2" is one argument too many'],
    [["--plugin=1"], "direct has no flag --plugin"],
    [["--expiry=1d"], '--expiry wants a duration such as 90s, 1h30m or 168h, not "1d"'],
    [["--max-size=much"], "--max-size wants a size"],
    [["-c=-1"], "-c wants a whole number"],
    [["--metrics=maybe"], "--metrics wants true or false"],
    [["serve", "--socket-mode=9"], "--socket-mode wants permission bits"],
  ])("%j is refused", (args, message) => {
    expect(() => parseSettings(args, {})).toThrow(message);
  });

  test("names a variable that is wrong", () => {
    expect(() => parseSettings([], { GOCACHE_EXPIRY: "soon" })).toThrow("GOCACHE_EXPIRY wants");
  });
});
