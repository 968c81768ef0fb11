import { writeFile } from "node:fs/promises";
import { createServer as createSilentServer } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { ConnectProxy } from "../../../test/support/connect_proxy.ts";
import { rejection } from "../../../test/support/rejection.ts";
import { S3Server } from "../../../test/support/s3_server.ts";
import { TemporaryDirectory } from "../../../test/support/temporary_directory.ts";
import {
  makeTestCertificate,
  type TestCertificate,
} from "../../../test/support/test_certificate.ts";
import { TestServer } from "../../../test/support/test_server.ts";
import { S3Bucket, type S3BucketOptions } from "./s3_bucket.ts";

const region = "eu-central-1";
const host = `test-bucket.s3.${region}.amazonaws.com`;

let directory: TemporaryDirectory;
let certificate: TestCertificate;
let server: S3Server;
/** Amazon's oldest region, which knows where the bucket is. */
let virginia: TestServer;
let virginiaAnswers: string[];
let proxy: ConnectProxy;
let env: Record<string, string>;

beforeAll(async () => {
  directory = new TemporaryDirectory("gomodfs-test-");
  certificate = makeTestCertificate(directory, [
    `*.s3.${region}.amazonaws.com`,
    "*.s3.us-east-1.amazonaws.com",
  ]);
  const virtualDomain = `s3.${region}.amazonaws.com`;
  server = await S3Server.start({ region, certificate, virtualDomain });
}, 400_000);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  directory[Symbol.dispose]();
});

beforeEach(async () => {
  virginiaAnswers = [];
  virginia = await TestServer.start((request, response) => {
    virginiaAnswers.push(`${request.method} ${request.headers.host}${request.url}`);
    response.writeHead(301, { "x-amz-bucket-region": region }).end();
  }, certificate);
  proxy = new ConnectProxy((authority) =>
    authority.includes(region) ? server.port : virginia.port,
  );
  env = {
    HTTPS_PROXY: `http://127.0.0.1:${await proxy.listen()}`,
    SSL_CERT_FILE: certificate.authorityFile,
    AWS_ACCESS_KEY_ID: server.accessKeyId,
    AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
    AWS_CONFIG_FILE: directory.join("no-config"),
    AWS_SHARED_CREDENTIALS_FILE: directory.join("no-credentials"),
  };
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await proxy[Symbol.asyncDispose]();
  await virginia[Symbol.asyncDispose]();
});

async function roundTrip(options: Partial<S3BucketOptions> = {}): Promise<string> {
  const bucket = new S3Bucket({
    bucket: "test-bucket",
    env,
    userAgent: "gomodfs/test",
    ...options,
  });
  try {
    await bucket.put("a key", { kind: "memory", bytes: Buffer.from("content") });
    return String(await bucket.read("a key", 100));
  } finally {
    await bucket.close();
  }
}

describe("S3Bucket at Amazon's hosts, through a proxy and TLS,", () => {
  it("finds out where the bucket is, without credentials", async () => {
    expect(await roundTrip()).toBe("content");
    expect(virginiaAnswers).toEqual(["HEAD test-bucket.s3.us-east-1.amazonaws.com/"]);
    expect(proxy.requests).toContain(`CONNECT ${host}:443`);
  });

  it("asks nobody where the bucket is if it was told", async () => {
    expect(await roundTrip({ region })).toBe("content");
    expect(await roundTrip({ env: { ...env, AWS_REGION: region } })).toBe("content");
    expect(await roundTrip({ env: { ...env, AWS_DEFAULT_REGION: region } })).toBe("content");
    expect(virginiaAnswers).toEqual([]);
  });

  it("takes the region of the profile", async () => {
    await writeFile(directory.join("config"), `[default]\nregion = ${region}\n`);
    const AWS_CONFIG_FILE = directory.join("config");
    vi.stubEnv("AWS_CONFIG_FILE", AWS_CONFIG_FILE);
    expect(await roundTrip({ env: { ...env, AWS_CONFIG_FILE } })).toBe("content");
    expect(virginiaAnswers).toEqual([]);
  });

  it("goes where it is sent if it was told a wrong region", async () => {
    expect(await roundTrip({ region: "us-east-1" })).toBe("content");
    expect(virginiaAnswers).toHaveLength(1);
  });

  it("trusts no server whose authority it does not know", async () => {
    const { SSL_CERT_FILE: _, ...unaware } = env;
    const trip = roundTrip({ env: unaware, region, retry: { baseDelay: 1 } });
    await expect(trip).rejects.toEqual(rejection("UPSTREAM", "certificate"));
  });

  it("uses a connection for many requests", async () => {
    await roundTrip({ region });
    expect(proxy.requests).toEqual([`CONNECT ${host}:443`]);
  });

  it("limits the time that a proxy takes to connect", async () => {
    const silent = createSilentServer().listen(0, "127.0.0.1");
    try {
      await new Promise((resolve) => silent.once("listening", resolve));
      const address = silent.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      const HTTPS_PROXY = `http://127.0.0.1:${port}`;
      const trip = roundTrip({
        env: { ...env, HTTPS_PROXY },
        region,
        timeouts: { connect: 100 },
        retry: { attempts: 1 },
      });
      await expect(trip).rejects.toEqual(rejection("TIMEOUT", "no connection after 100 ms"));
    } finally {
      silent.close();
    }
  });
});
