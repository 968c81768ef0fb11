import { describe, expect, it } from "vitest";
import { rejection } from "../../../test/support/rejection.ts";
import { bucketAddress, checkBucketName, isRegion, parseEndpoint } from "./bucket_address.ts";

describe("bucketAddress", () => {
  it.each([
    // Amazon S3 User Guide, "Virtual hosting of buckets".
    ["cache", undefined, undefined, "https://cache.s3.eu-west-1.amazonaws.com", ""],
    ["cache", undefined, true, "https://s3.eu-west-1.amazonaws.com", "/cache"],
    ["my.cache", undefined, undefined, "https://s3.eu-west-1.amazonaws.com", "/my.cache"],
    ["Old_Cache", undefined, undefined, "https://s3.eu-west-1.amazonaws.com", "/Old_Cache"],
    ["cache", "http://127.0.0.1:9000", undefined, "http://127.0.0.1:9000", "/cache"],
    ["cache", "http://[::1]:9000/", undefined, "http://[::1]:9000", "/cache"],
    ["cache", "http://localhost:9000", undefined, "http://localhost:9000", "/cache"],
    ["cache", "https://s3.corp.test/", undefined, "https://cache.s3.corp.test", ""],
    ["my.cache", "http://s3.corp.test/", undefined, "http://my.cache.s3.corp.test", ""],
    ["cache", "https://corp.test:8443/s3/", true, "https://corp.test:8443", "/s3/cache"],
  ])("of %s at %s, path style %s", (bucket, endpoint, pathStyle, origin, basePath) => {
    const url = endpoint === undefined ? undefined : parseEndpoint(endpoint);
    const address = bucketAddress({ bucket, endpoint: url, pathStyle }, "eu-west-1");
    expect(address.origin.origin).toBe(origin);
    expect(address.basePath).toBe(basePath);
  });

  it("knows that China is a partition of its own", () => {
    const place = { bucket: "cache", endpoint: undefined, pathStyle: undefined };
    const { origin } = bucketAddress(place, "cn-north-1");
    expect(origin.host).toBe("cache.s3.cn-north-1.amazonaws.com.cn");
  });
});

describe("parseEndpoint", () => {
  it.each(["s3.corp.test", "ftp://corp.test", "", "https://corp.test/?a=b"])(
    "refuses %j",
    (text) => {
      expect(() => parseEndpoint(text)).toThrow(rejection("USAGE"));
    },
  );

  it("shows no credentials of a URL that it refuses", () => {
    expect(() => parseEndpoint("https://user:secret@corp.test")).toThrow(
      /^(?!.*secret).*xxxxx@corp\.test/,
    );
  });
});

describe("checkBucketName", () => {
  it.each(["", "a", "s3://cache", "cache/prefix", "a..b", "-cache", "a?b"])(
    "refuses %j",
    (name) => {
      expect(() => checkBucketName(name)).toThrow(rejection("USAGE"));
    },
  );
});

describe("isRegion", () => {
  it("takes nothing that would change a host name", () => {
    expect(["eu-west-1", "garage"].map(isRegion)).toEqual([true, true]);
    expect(["", "evil.test/", "a.b", "a@b", "x".repeat(64)].some(isRegion)).toBe(false);
  });
});
