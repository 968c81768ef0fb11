import { createHash, randomBytes } from "node:crypto";
import { readdir, readFile, truncate, writeFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rejection } from "../../../test/support/rejection.ts";
import { S3Server } from "../../../test/support/s3_server.ts";
import { temporaryDirectory } from "../../../test/support/temporary_directory.ts";
import type { ObjectContent } from "./object_bucket.ts";
import { S3Bucket, type S3BucketOptions } from "./s3_bucket.ts";
import { openObject } from "./testdata/open_object.ts";

let server: S3Server;
let bucket: S3Bucket;

beforeAll(async () => {
  server = await S3Server.start();
  bucket = open();
}, 400_000);

afterAll(async () => {
  await bucket.close();
  await server[Symbol.asyncDispose]();
});

function open(options: Partial<S3BucketOptions> = {}): S3Bucket {
  const own = { bucket: server.bucket, env: server.environment, userAgent: "gomodfs/test" };
  return new S3Bucket({ ...own, ...options });
}

function memory(bytes: string | Uint8Array): ObjectContent {
  return { kind: "memory", bytes: Buffer.from(bytes) };
}

/** The object as one buffer. */
async function content(key: string): Promise<Buffer | undefined> {
  const body = await bucket.get(key);
  return body === undefined ? undefined : await buffer(body.stream);
}

describe("S3Bucket", () => {
  it("gives back what was put", async () => {
    const bytes = randomBytes(300_000);
    expect(await bucket.put("some/object", memory(bytes))).toBe("stored");
    expect(await content("some/object")).toEqual(bytes);
    expect(await bucket.read("some/object", bytes.length)).toEqual(bytes);
    const head = await bucket.head("some/object");
    expect(head?.size).toBe(bytes.length);
    expect(head?.etag).toMatch(/^"[0-9a-f]{32}"$/);
    expect((await bucket.get("some/object").then(drained))?.etag).toBe(head?.etag);
    expect(await readFile(server.path("some/object"))).toEqual(bytes);
  });

  it("says of what is not there that it is not there", async () => {
    expect(await bucket.get("missing")).toBeUndefined();
    expect(await bucket.read("missing", 10)).toBeUndefined();
    expect(await bucket.head("missing")).toBeUndefined();
  });

  it("keeps an object of no bytes", async () => {
    expect(await bucket.put("empty", memory(""))).toBe("stored");
    expect(await content("empty")).toEqual(Buffer.of());
    expect(await bucket.read("empty", 0)).toEqual(Buffer.of());
    expect((await bucket.head("empty"))?.size).toBe(0);
  });

  it.each(["with space", "a+b=c&d", "~-_.", "ünï/cødé/日本", "!'()*", 'q?#%2F"<>', "a//b"])(
    "takes the key %j",
    async (key) => {
      await bucket.put(key, memory(key));
      expect(String(await content(key))).toBe(key);
      expect(await bucket.head(`${key}x`)).toBeUndefined();
    },
  );

  it("refuses to read an object that is larger than wanted", async () => {
    await bucket.put("large", memory("0123456789"));
    await expect(bucket.read("large", 9)).rejects.toEqual(rejection("TOO_LARGE", "large"));
    expect(await bucket.read("large", 10)).toHaveLength(10);
  });

  it("uploads a file", async () => {
    using directory = temporaryDirectory();
    const bytes = randomBytes(3 << 20);
    const path = directory.join("file");
    await writeFile(path, bytes);
    expect(await bucket.put("file", { kind: "file", path, size: bytes.length })).toBe("stored");
    expect(await content("file")).toEqual(bytes);
  });

  it("does not upload a file that is not what it was", async () => {
    using directory = temporaryDirectory();
    const path = directory.join("file");
    const upload = { kind: "file", path, size: 1 << 20 } as const;
    await expect(bucket.put("cut", upload)).rejects.toEqual(rejection("STORE", path));
    await writeFile(path, "");
    await truncate(path, (1 << 20) - 1);
    await expect(bucket.put("cut", upload)).rejects.toEqual(rejection("STORE", "1 bytes"));
    expect(await bucket.head("cut")).toBeUndefined();
  });

  it("uploads a large file in parts, and streams it back", async () => {
    using directory = temporaryDirectory();
    const path = directory.join("file");
    const size = 100 << 20;
    await writeFile(path, randomBytes(1 << 20));
    await truncate(path, size);
    expect(await bucket.put("huge", { kind: "file", path, size })).toBe("stored");
    expect((await bucket.head("huge"))?.etag).toMatch(/-7"$/);
    const expected = createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
    const hash = createHash("sha256");
    await pipeline(await openObject(bucket, "huge"), hash);
    expect(hash.digest("hex")).toBe(expected);
    expect((await bucket.head("huge"))?.size).toBe(size);
  });

  it("waits with the transfer until somebody reads", async () => {
    const size = 32 << 20;
    await bucket.put("slow", memory(Buffer.alloc(size, 7)));
    const stream = await openObject(bucket, "slow");
    stream.read(0);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(stream.readableLength).toBeLessThan(1 << 20);
    let length = 0;
    await pipeline(stream, async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) length += chunk.length;
    });
    expect(length).toBe(size);
  });

  it("lets one of many writers win where only an absent object is to be written", async () => {
    const writers = Array.from({ length: 8 }, (_, index) => `writer ${index}`);
    const results = await Promise.all(
      writers.map(
        async (text) => await bucket.put("contested", memory(text), { onlyIfAbsent: true }),
      ),
    );
    expect(results.filter((result) => result === "stored")).toHaveLength(1);
    expect(String(await content("contested"))).toBe(writers[results.indexOf("stored")]);
    expect(await bucket.put("contested", memory("later"), { onlyIfAbsent: true })).toBe("exists");
    expect(await bucket.put("contested", memory("later"))).toBe("stored");
    expect(String(await content("contested"))).toBe("later");
  });

  it("does not replace an object by parts either", async () => {
    const small = open({ multipart: { threshold: 5 << 20, partSize: 5 << 20 } });
    const bytes = Buffer.alloc(11 << 20, 1);
    const once = { onlyIfAbsent: true };
    expect(await small.put("in parts", memory(bytes), once)).toBe("stored");
    expect(await small.put("in parts", memory(Buffer.alloc(11 << 20)), once)).toBe("exists");
    expect(await content("in parts")).toEqual(bytes);
    expect(await unfinishedUploads()).toBe(0);
  });

  it("names the bucket that does not exist", async () => {
    const other = open({ bucket: "no-such-bucket" });
    const requests = [
      () => other.get("k"),
      () => other.read("k", 1),
      () => other.put("k", memory("x")),
      () => other.put("k", memory("x"), { onlyIfAbsent: true }),
    ];
    for (const request of requests) {
      const failure: unknown = await request().catch((error: unknown) => error);
      expect(failure).toEqual(rejection("UPSTREAM", "s3://no-such-bucket"));
      expect(failure).toEqual(rejection("UPSTREAM", "NoSuchBucket"));
    }
  });

  it("says what is wrong with credentials, and never shows them", async () => {
    const { environment } = server;
    const wrong = [
      [{ AWS_SECRET_ACCESS_KEY: "not-the-secret" }, /SignatureDoesNotMatch/, /SECRET_ACCESS_KEY/],
      [{ AWS_ACCESS_KEY_ID: "NOBODY" }, /access key ID/, /AWS_ACCESS_KEY_ID/],
    ] as const;
    for (const [variables, message, hint] of wrong) {
      const stranger = open({ env: { ...environment, ...variables } });
      const failure: unknown = await stranger.read("k", 1).catch((error: unknown) => error);
      expect(failure).toEqual(rejection("FORBIDDEN", "GET k in s3://test-bucket"));
      expect(failure).toHaveProperty("message", expect.stringMatching(message));
      expect(failure).toHaveProperty("hint", expect.stringMatching(hint));
      expect(JSON.stringify(failure)).not.toContain("not-the-secret");
      await expect(stranger.put("k", memory("x"))).rejects.toEqual(rejection("FORBIDDEN"));
    }
  });

  it("says that the clock is wrong", async () => {
    const late = open({ clock: () => Date.now() - 3_600_000 });
    const failure: unknown = await late.read("k", 1).catch((error: unknown) => error);
    expect(failure).toEqual(rejection("FORBIDDEN", "RequestTimeTooSkewed"));
    expect(failure).toHaveProperty("hint", expect.stringMatching(/3\d{3} s behind the server's/));
  });

  it("says that nothing listens at the endpoint", async () => {
    const gone = await S3Server.start();
    await gone[Symbol.asyncDispose]();
    const nowhere = open({ env: gone.environment, retry: { attempts: 2 } });
    await expect(nowhere.head("k")).rejects.toEqual(rejection("UPSTREAM", "connection refused"));
  });

  it("finishes what is under way after close", async () => {
    const one = open();
    await one.put("k", memory("x"));
    const body = await openObject(one, "k");
    await one.close();
    expect(String(await buffer(body))).toBe("x");
  });
});

async function drained<T extends { readonly stream: NodeJS.ReadableStream }>(
  body: T | undefined,
): Promise<T | undefined> {
  if (body !== undefined) await buffer(body.stream);
  return body;
}

/** Parts that the server keeps for uploads that did not end. */
async function unfinishedUploads(): Promise<number> {
  const names = await readdir(server.path(".sgwtmp/multipart")).catch(() => []);
  return names.length;
}
