import { readFileSync, rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CacheServer } from "./support/cache_server.ts";
import { CachedBuild, faultsOf, filesBelow, metricsOf } from "./support/cached_build.ts";
import { S3Server } from "./support/s3_server.ts";

const TIMEOUT = 300_000;

describe("gomodfs cacheprog with a bucket", { timeout: TIMEOUT }, () => {
  let build: CachedBuild;
  let expected: Buffer;

  beforeAll(async () => {
    build = new CachedBuild();
    expected = await build.build(build.environment);
  }, TIMEOUT);

  afterAll(() => {
    build[Symbol.dispose]();
  });

  test("a fresh machine builds from the bucket alone, also read-only, and then writes nothing", async () => {
    await using s3 = await S3Server.start();
    const through = (flags: string) =>
      build.through(`cacheprog --bucket=${s3.bucket} --metrics ${flags}`, s3.environment);
    const output = build.path("binary");
    const args = ["build", "-o", output, "."];
    expect((await build.go(args, { environment: through("") })).status).toBe(0);
    const objects = filesBelow(s3.path());
    expect(objects.length).toBeGreaterThan(100);
    rmSync(build.cache, { recursive: true });
    const result = await build.go(args, { environment: through("--read-only") });
    expect(readFileSync(output).equals(expected)).toBe(true);
    expect(Number(metricsOf(result)["hits"])).toBeGreaterThan(50);
    expect(filesBelow(s3.path())).toEqual(objects);
    expect(faultsOf(build.cache)).toEqual([]);
  });

  test("a server uploads what its builds left to it before it ends", async () => {
    await using s3 = await S3Server.start();
    const cache = build.path("server");
    const args = ["--plugin", "0", "--cache-dir", cache, "--bucket", s3.bucket, "--async-upload"];
    await using server = await CacheServer.start(args, { ...build.environment, ...s3.environment });
    const environment = build.through(`cacheprog connect ${server.address}`);
    expect((await build.build(environment)).equals(expected)).toBe(true);
    expect(await server.end("SIGTERM")).toBe(0);
    const direct = `cacheprog --cache-dir=${build.path("fresh")} --bucket=${s3.bucket} --metrics`;
    const result = await build.go(["build", "-o", build.path("binary"), "."], {
      environment: build.through(direct, s3.environment),
    });
    expect(Number(metricsOf(result)["hits"])).toBeGreaterThan(50);
    expect(readFileSync(build.path("binary")).equals(expected)).toBe(true);
  });

  test("a bucket that is away is done without, and a line says so", async () => {
    const environment = build.through(
      `cacheprog --cache-dir=${build.path("away")} --bucket=nowhere`,
      {
        AWS_ENDPOINT_URL_S3: "http://127.0.0.1:1",
        AWS_REGION: "us-east-1",
        AWS_ACCESS_KEY_ID: "TESTACCESSKEYID",
        AWS_SECRET_ACCESS_KEY: "test/secret+access=key",
      },
    );
    const result = await build.go(["build", "-o", build.path("binary"), "."], { environment });
    expect(result.status).toBe(0);
    expect(result.stderr).toContain("connection refused; the build goes on without it");
    expect(readFileSync(build.path("binary")).equals(expected)).toBe(true);
  });

  test("an impossible bucket is told at once", async () => {
    const environment = build.through("cacheprog --bucket=NO/BUCKET");
    const result = await build.go(["build", "./answer"], { environment });
    expect(result.status).not.toBe(0);
    expect(result.stderr).toContain("NO/BUCKET");
  });
});
