import { randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { FaultyS3, s3Refusal } from "../../../test/support/faulty_s3.ts";
import { rejection } from "../../../test/support/rejection.ts";
import { S3Server } from "../../../test/support/s3_server.ts";
import type { CredentialSource } from "./credentials.ts";
import type { ObjectContent } from "./object_bucket.ts";
import { S3Bucket, type S3BucketOptions } from "./s3_bucket.ts";
import { openObject } from "./testdata/open_object.ts";

let server: S3Server;
let relay: FaultyS3;
const opened: S3Bucket[] = [];

beforeAll(async () => {
  server = await S3Server.start();
}, 400_000);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

beforeEach(async () => {
  relay = await FaultyS3.start(server);
});

afterEach(async () => {
  for (const bucket of opened.splice(0)) await bucket.close();
  await relay[Symbol.asyncDispose]();
});

/** A bucket behind the relay, whose attempts follow each other quickly. */
function open(options: Partial<S3BucketOptions> = {}): S3Bucket {
  const own = { bucket: server.bucket, env: relay.environment, userAgent: "gomodfs/test" };
  const quick = { retry: { baseDelay: 1 } };
  const bucket = new S3Bucket({ ...own, ...quick, ...options });
  opened.push(bucket);
  return bucket;
}

function memory(bytes: string | Uint8Array): ObjectContent {
  return { kind: "memory", bytes: Buffer.from(bytes) };
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(5);
}

const hang = 600_000;

describe("S3Bucket, when requests are refused,", () => {
  it.each([
    [503, "SlowDown"],
    [500, "InternalError"],
    [502, "BadGateway"],
    [429, "TooManyRequests"],
    [400, "RequestTimeout"],
  ])("tries again after %i %s", async (status, code) => {
    const bucket = open();
    const end = relay.addFault(s3Refusal(status, code, { times: 2 }));
    expect(await bucket.put("retried", memory("x"))).toBe("stored");
    relay.addFault(s3Refusal(status, code, { times: 2 }));
    expect(String(await bucket.read("retried", 1))).toBe("x");
    expect(relay.requests).toHaveLength(6);
    end();
  });

  it("gives up after the last attempt, with the server's own words", async () => {
    relay.addFault(s3Refusal(503, "SlowDown"));
    const bucket = open({ retry: { baseDelay: 1, attempts: 3 } });
    await expect(bucket.head("k")).rejects.toEqual(rejection("UPSTREAM", "503"));
    await expect(bucket.get("k")).rejects.toEqual(rejection("UPSTREAM", "SlowDown made up"));
    expect(relay.requests).toHaveLength(6);
  });

  it("begins no attempt when its time is over", async () => {
    relay.addFault(s3Refusal(503, "SlowDown"));
    const bucket = open({ retryTime: 0 });
    await expect(bucket.get("k")).rejects.toEqual(rejection("UPSTREAM", "SlowDown"));
    expect(relay.requests).toHaveLength(1);
  });

  it("waits as long as the server asks, unless that is too long", async () => {
    const headers = { "retry-after": "1" };
    relay.addFault(s3Refusal(503, "SlowDown", { times: 1, headers }));
    const begun = performance.now();
    expect(await open().head("none")).toBeUndefined();
    expect(performance.now() - begun).toBeGreaterThan(990);
    relay.addFault(s3Refusal(503, "SlowDown", { times: 1, headers: { "retry-after": "3600" } }));
    await expect(open().head("none")).rejects.toEqual(rejection("UPSTREAM", "503"));
  });

  it("does not repeat what is forbidden", async () => {
    relay.addFault(s3Refusal(403, "AccessDenied"));
    await expect(open().get("k")).rejects.toEqual(rejection("FORBIDDEN", "AccessDenied"));
    expect(relay.requests).toHaveLength(1);
  });

  it("takes a conflict with another writer for an object that exists", async () => {
    relay.addFault(s3Refusal(409, "ConditionalRequestConflict"));
    expect(await open().put("k", memory("x"), { onlyIfAbsent: true })).toBe("exists");
    expect(relay.requests).toHaveLength(1);
  });

  it("writes without a condition where the server knows none", async () => {
    const bucket = open();
    relay.addFault(s3Refusal(501, "NotImplemented", { times: 1 }));
    const onlyIfAbsent = true;
    expect(await bucket.put("unconditional", memory("x"), { onlyIfAbsent })).toBe("stored");
    // It is remembered: the server has the object now, and would say so.
    expect(await bucket.put("unconditional", memory("y"), { onlyIfAbsent })).toBe("stored");
    expect(relay.requests).toHaveLength(3);
  });

  it("goes to the region that the server names, and stays there", async () => {
    await using elsewhere = await S3Server.start({ region: "eu-north-1" });
    await using other = await FaultyS3.start(elsewhere);
    const headers = { "x-amz-bucket-region": "eu-north-1" };
    other.addFault(s3Refusal(400, "AuthorizationHeaderMalformed", { times: 1, headers }));
    const bucket = open({ env: other.environment, region: "us-east-1" });
    expect(await bucket.put("k", memory("x"))).toBe("stored");
    expect(String(await bucket.read("k", 1))).toBe("x");
    expect(other.requests).toHaveLength(3);
  });

  it("does not go from region to region for ever", async () => {
    const headers = { "x-amz-bucket-region": "eu-north-1" };
    relay.addFault(s3Refusal(301, "PermanentRedirect", { times: 1, headers }));
    const back = { "x-amz-bucket-region": "us-east-1" };
    relay.addFault(s3Refusal(301, "PermanentRedirect", { headers: back }));
    await expect(open().get("k")).rejects.toEqual(rejection("UPSTREAM", "301 PermanentRedirect"));
    expect(relay.requests.length).toBeLessThan(4);
  });

  it("asks for other credentials once when the server calls them expired", async () => {
    const asked: string[] = [];
    const keys = { accessKeyId: server.accessKeyId, secretAccessKey: server.secretAccessKey };
    const credentials: CredentialSource = {
      get: () => {
        asked.push("get");
        return Promise.resolve(keys);
      },
      renew: () => {
        asked.push("renew");
        return Promise.resolve(keys);
      },
    };
    relay.addFault(s3Refusal(400, "ExpiredToken", { times: 1 }));
    const bucket = open({ credentials });
    expect(await bucket.get("none")).toBeUndefined();
    expect(asked).toEqual(["get", "renew", "get"]);
    relay.addFault(s3Refusal(400, "ExpiredToken"));
    await expect(bucket.get("none")).rejects.toEqual(rejection("FORBIDDEN", "ExpiredToken"));
  });

  it("bounds what it reads of a refusal", async () => {
    relay.addFault({ pattern: /./, status: 403, reason: "x".repeat(1 << 20) });
    await expect(open().get("k")).rejects.toEqual(rejection("FORBIDDEN", "403"));
  });
});

describe("S3Bucket, when connections break or stand still,", () => {
  it("says that a body was cut, and reads a small object again", async () => {
    const bucket = open();
    await bucket.put("cut", memory(randomBytes(100_000)));
    relay.addFault({ pattern: /^GET/, cutAfter: 50_000, times: 1 });
    const body = await openObject(bucket, "cut");
    await expect(buffer(body)).rejects.toEqual(rejection("UPSTREAM", "GET cut"));
    relay.addFault({ pattern: /^GET/, cutAfter: 50_000, times: 2 });
    expect(await bucket.read("cut", 100_000)).toHaveLength(100_000);
  });

  it("survives a cut body that nobody reads yet", async () => {
    const bucket = open();
    await bucket.put("cut", memory(randomBytes(1000)));
    relay.addFault({ pattern: /^GET/, cutAfter: 500 });
    const body = await openObject(bucket, "cut");
    await sleep(100);
    await expect(buffer(body)).rejects.toEqual(rejection("UPSTREAM", "GET cut"));
  });

  it("tries again when the connection ends without an answer", async () => {
    const bucket = open();
    await bucket.put("k", memory("x"));
    relay.addFault({ pattern: /^GET/, cutAfter: 0, times: 2 });
    expect(String(await buffer(await openObject(bucket, "k")))).toBe("x");
    expect(relay.requestsMatching(/^GET/)).toBe(3);
  });

  it("limits the time to the answer", async () => {
    relay.addFault({ pattern: /./, delay: hang });
    const bucket = open({ timeouts: { firstByte: 50 }, retry: { attempts: 2, baseDelay: 1 } });
    await expect(bucket.get("k")).rejects.toEqual(rejection("TIMEOUT", "no answer after 50 ms"));
    await expect(bucket.put("k", memory("x"))).rejects.toEqual(rejection("TIMEOUT", "PUT k"));
    expect(relay.requests).toHaveLength(4);
  });

  it("limits the time between two pieces of a body", async () => {
    const bucket = open({ timeouts: { stall: 50 } });
    await bucket.put("slow", memory(randomBytes(4 << 20)));
    const body = await openObject(bucket, "slow");
    // Whoever does not read has time.
    await sleep(100);
    expect(body.errored).toBeNull();
    relay.addFault({ pattern: /^GET/, headers: { "content-length": "5000000" } });
    const waiting = await openObject(bucket, "slow");
    await expect(buffer(waiting)).rejects.toEqual(rejection("TIMEOUT", "nothing for 50 ms"));
    body.destroy();
  });

  it("ends a request, and its connection, when nobody wants it any longer", async () => {
    const bucket = open({ connections: 1 });
    const end = relay.addFault({ pattern: /^GET/, delay: hang });
    const controller = new AbortController();
    const { signal } = controller;
    const request = bucket.get("k", { signal });
    const waiting = bucket.get("k", { signal });
    await until(() => relay.connections === 1);
    controller.abort();
    await expect(request).rejects.toEqual(rejection("CANCELLED", "GET k"));
    await expect(waiting).rejects.toEqual(rejection("CANCELLED", "GET k"));
    await until(() => relay.connections === 0);
    end();
    expect(await bucket.get("none")).toBeUndefined();
  });

  it("ends a body when nobody wants it any longer", async () => {
    const bucket = open({ connections: 1 });
    await bucket.put("k", memory(randomBytes(4 << 20)));
    const controller = new AbortController();
    const body = await openObject(bucket, "k", { signal: controller.signal });
    controller.abort();
    await expect(buffer(body)).rejects.toEqual(rejection("CANCELLED", "GET k"));
    const abandoned = await bucket.get("k");
    abandoned?.stream.destroy();
    expect(await bucket.get("none")).toBeUndefined();
  });

  it("does not wait for another attempt that nobody wants", async () => {
    relay.addFault(s3Refusal(503, "SlowDown", { headers: { "retry-after": "15" } }));
    const request = open().get("k", { signal: AbortSignal.timeout(50) });
    await expect(request).rejects.toEqual(rejection("CANCELLED", "GET k"));
  });

  it("hands on a corrupt byte, which is not for it to find", async () => {
    const bucket = open();
    await bucket.put("k", memory("abc"));
    relay.addFault({ pattern: /^GET/, corruptAt: 1 });
    expect(String(await bucket.read("k", 3))).not.toBe("abc");
  });
});

describe("S3Bucket's connections", () => {
  it("are used again, and no more than there may be", async () => {
    const bucket = open({ connections: 3 });
    const keys = Array.from({ length: 40 }, (_, index) => `pool/${index}`);
    await Promise.all(keys.map(async (key) => await bucket.put(key, memory(key))));
    const texts = await Promise.all(keys.map(async (key) => String(await bucket.read(key, 100))));
    expect(texts).toEqual(keys);
    expect(relay.mostConnections).toBe(3);
    expect(relay.acceptedConnections).toBe(3);
    await bucket.close();
    await until(() => relay.connections === 0);
  });

  it("end with their request after close", async () => {
    const bucket = open();
    await bucket.put("k", memory("x"));
    const body = await openObject(bucket, "k");
    await bucket.close();
    expect(String(await buffer(body))).toBe("x");
    await until(() => relay.connections === 0);
  });
});

describe("S3Bucket's upload in parts", () => {
  const multipart = { threshold: 5 << 20, partSize: 5 << 20, parallel: 2 };
  const bytes = randomBytes(12 << 20);

  /** Uploads that the server has begun and not ended. */
  async function unfinished(): Promise<string[]> {
    const directory = server.path(".sgwtmp/multipart");
    const objects = await readdir(directory).catch(() => []);
    const uploads = await Promise.all(objects.map((name) => readdir(`${directory}/${name}`)));
    return uploads.flat();
  }

  it("repeats parts, and only those, that fail", async () => {
    relay.addFault(s3Refusal(503, "SlowDown", { pattern: /partNumber=2/, times: 2 }));
    expect(await open({ multipart }).put("parts", memory(bytes))).toBe("stored");
    expect(relay.requestsMatching(/partNumber=1/)).toBe(1);
    expect(relay.requestsMatching(/partNumber=2/)).toBe(3);
    expect((await readFile(server.path("parts"))).equals(bytes)).toBe(true);
  });

  it("leaves nothing behind when a part fails for good", async () => {
    relay.addFault(s3Refusal(400, "InvalidRequest", { pattern: /partNumber=3/ }));
    const put = open({ multipart }).put("failed", memory(bytes));
    await expect(put).rejects.toEqual(rejection("UPSTREAM", "PUT failed in s3://test-bucket"));
    expect(relay.requestsMatching(/^DELETE .*uploadId=/)).toBeGreaterThan(0);
    expect(await unfinished()).toEqual([]);
  });

  it("leaves nothing behind when nobody wants it any longer", async () => {
    relay.addFault({ pattern: /partNumber=3/, delay: hang });
    const controller = new AbortController();
    const put = open({ multipart }).put("unwanted", memory(bytes), { signal: controller.signal });
    await until(() => relay.requestsMatching(/partNumber=3/) === 1);
    expect(await unfinished()).not.toEqual([]);
    controller.abort();
    await expect(put).rejects.toEqual(rejection("CANCELLED"));
    expect(await unfinished()).toEqual([]);
  });

  it("believes no success whose document is an error", async () => {
    const complete = { pattern: /^POST .*uploadId=/, times: 1 };
    relay.addFault(s3Refusal(200, "InternalError", complete));
    expect(await open({ multipart }).put("completed", memory(bytes))).toBe("stored");
    relay.addFault(s3Refusal(200, "InvalidPart", complete));
    const put = open({ multipart }).put("completed", memory(bytes));
    await expect(put).rejects.toEqual(rejection("UPSTREAM", "InvalidPart"));
  });

  it("does not take a web page for an answer of S3's", async () => {
    relay.addFault({ pattern: /uploads=/, status: 200, reason: "<html>welcome</html>" });
    const put = open({ multipart }).put("page", memory(bytes));
    await expect(put).rejects.toEqual(rejection("UPSTREAM", "no UploadId"));
  });
});
