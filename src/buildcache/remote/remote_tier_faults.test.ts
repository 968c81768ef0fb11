import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { FaultyS3, s3Refusal } from "../../../test/support/faulty_s3.ts";
import { S3Server } from "../../../test/support/s3_server.ts";
import type { RemoteTierOptions } from "./remote_tier.ts";
import { get, put, steps } from "./testdata/go_build.ts";
import { actionId, outputId } from "./testdata/ids.ts";
import { RemoteMachine } from "./testdata/remote_machine.ts";

const HANG = 600_000;
const ACTIONS = /\/action\//;
const OUTPUTS = /\/output\//;

let server: S3Server;
let relay: FaultyS3;
/** In front of all keys of a test: the bucket is shared. */
let prefix: string;
let tests = 0;

beforeAll(async () => {
  server = await S3Server.start();
}, 400_000);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

beforeEach(async () => {
  prefix = `test-${tests++}`;
  relay = await FaultyS3.start(server);
});

afterEach(async () => {
  await relay[Symbol.asyncDispose]();
});

/** A machine whose requests pass the relay. */
function machine(options: Partial<RemoteTierOptions> = {}): RemoteMachine {
  return new RemoteMachine(relay.environment, { prefix, ...options });
}

/** Fills the bucket as another machine would. */
async function filled(count: number, bytes = 300): Promise<void> {
  await using other = new RemoteMachine(server.environment, { prefix });
  await other.build(steps(count, bytes));
}

/** Where an object is in the server's directory. */
function objectPath(kind: string, id: string): string {
  return server.path(prefix, kind, id.slice(0, 2), id);
}

/** Where all objects of a kind are. */
function objectPaths(kind: string): string[] {
  const directory = server.path(prefix, kind);
  return readdirSync(directory).flatMap((folder) =>
    readdirSync(server.path(prefix, kind, folder)).map((id) => objectPath(kind, id)),
  );
}

/** Milliseconds. */
async function timeOf(work: Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work;
  return performance.now() - start;
}

describe("RemoteTier, when the bucket", () => {
  test("is away, makes all, and says so in one line for each direction", async () => {
    await using here = machine();
    await relay[Symbol.asyncDispose]();
    expect(await timeOf(here.build(steps(100)))).toBeLessThan(3_000);
    expect(here.tier.statistics).toMatchObject({ puts: 100, localHits: 0 });
    expect(here.warnings).toHaveLength(2);
    expect(here.warnings[0]).toContain("the build goes on without it");
    expect(here.warnings[1]).toContain("some of it is not uploaded");
    expect(await here.build(steps(100))).toEqual([]);
  });

  test("is away, does not keep asking it", async () => {
    relay.addFault({ pattern: /./, cutAfter: 0 });
    await using here = machine();
    await here.build(steps(100));
    expect(relay.requests.length).toBeLessThan(30);
  });

  test("hangs, costs a bounded time", async () => {
    relay.addFault({ pattern: /./, delay: HANG });
    await using here = machine({ getTime: 200, closeTime: 300 });
    const made = here.build(steps(100));
    expect(await timeOf(made)).toBeLessThan(4_000);
    expect(await made).toHaveLength(100);
    expect(here.warnings.toSorted()).toEqual([
      expect.stringMatching(/^\d+ uploads \(0.0 MB\) were not done in 0.3 s and are left$/),
      expect.stringContaining("has not answered in 200 ms"),
    ]);
  });

  test("is slow, a get is a miss for now, and a hit for the next build", async () => {
    await filled(5);
    relay.addFault({ pattern: OUTPUTS, bytesPerSecond: 1_000 });
    await using here = machine({ getTime: 100 });
    const cache = here.tier.open("read");
    expect(await get(cache, ["step 1", ""])).toBeUndefined();
    await sleep(800);
    expect(await get(cache, ["step 1", ""])).toMatchObject({ size: 301 });
    expect(here.tier.statistics).toMatchObject({ lateGets: 1, localHits: 1 });
    await cache.close();
  });

  test("is too slow for the whole build, is soon not waited for", async () => {
    await filled(100, 20_000);
    relay.addFault({ pattern: /\/pack\//, bytesPerSecond: 100 });
    await using here = machine({ getTime: 300 });
    const made = here.build(steps(100, 20_000), "read");
    expect(await timeOf(made)).toBeLessThan(5_000);
    expect(await made).toHaveLength(100);
    expect(here.tier.statistics.lateGets).toBe(3);
  });

  test("comes back, is used again", async () => {
    await filled(5);
    let now = 0;
    await using here = machine({ clock: () => now });
    const recover = relay.addFault(s3Refusal(503, "SlowDown"));
    await here.build([...steps(3), ["other 1", "1"], ["other 2", "2"]], "read");
    recover();
    now += 40_000;
    const cache = here.tier.open("read");
    // The first request only tries.
    expect(await get(cache, ["step 4", ""])).toBeUndefined();
    await sleep(100);
    expect(await get(cache, ["step 4", ""])).toMatchObject({ size: 304 });
    await cache.close();
  });

  test("may not be read, makes all, and says it once", async () => {
    await filled(5);
    relay.addFault(s3Refusal(403, "AccessDenied", { pattern: /^GET / }));
    await using here = machine();
    expect(await here.build(steps(30))).toHaveLength(30);
    expect(here.warnings).toEqual([expect.stringMatching(/AccessDenied.*goes on without it/s)]);
  });

  test("may not be written, uploads nothing more, and says it once", async () => {
    relay.addFault(s3Refusal(403, "AccessDenied", { pattern: /^PUT / }));
    await using here = machine({ writers: 1 });
    await here.build(steps(30));
    expect(relay.requestsMatching(/^PUT /)).toBe(1);
    expect(here.warnings).toEqual([expect.stringMatching(/AccessDenied.*nothing more is up/s)]);
  });

  test.each([500, 503])("answers %i for a moment, nothing is lost", async (status) => {
    await filled(5);
    relay.addFault({ pattern: /./, status, times: 1 });
    await using here = machine();
    expect(await here.build(steps(5))).toEqual([]);
    expect(here.warnings).toEqual([]);
  });

  test("cuts a body, makes that step", async () => {
    await filled(5);
    relay.addFault({ pattern: OUTPUTS, cutAfter: 100 });
    await using here = machine();
    const cache = here.tier.open("read");
    expect(await get(cache, ["step 2", ""])).toBeUndefined();
    expect(readdirSync(here.disk.layout.temporary)).toEqual([]);
    expect(here.disk.get(actionId("step 2"))).toBeUndefined();
    await cache.close();
  });

  test("has a corrupt output, makes that step, keeps nothing of it, and repairs the bucket", async () => {
    await filled(5);
    const [, step] = steps(2);
    if (step === undefined) throw new Error("two steps");
    const path = objectPath("output", outputId(step[1]));
    writeFileSync(path, Buffer.alloc(301, "poison"));
    await using here = machine();
    expect(await here.build([step])).toEqual(["step 1"]);
    expect(here.warnings).toEqual([expect.stringContaining("the bucket is damaged: output")]);
    expect(here.tier.statistics).toMatchObject({ corruptObjects: 1, remoteHits: 0 });
    expect(readFileSync(path)).toEqual(step[1]);
  });

  test("has a damaged action record, makes that step", async () => {
    await filled(5);
    writeFileSync(objectPath("action", actionId("step 1")), "x".repeat(1_000));
    writeFileSync(objectPath("action", actionId("step 2")), "../../../etc/passwd 1");
    await using here = machine();
    expect(await here.build(steps(5))).toEqual(["step 1", "step 2"]);
    expect(here.warnings).toHaveLength(1);
    await using next = machine();
    expect(await next.build(steps(5))).toEqual([]);
  });

  test("has a record whose output is missing, makes that step and puts it back", async () => {
    await filled(5);
    const path = objectPath("output", outputId(steps(2)[1]?.[1] ?? ""));
    const { size } = statSync(path);
    rmSync(path);
    await using here = machine();
    expect(await here.build(steps(5))).toEqual(["step 1"]);
    expect(here.warnings).toEqual([]);
    expect(here.tier.statistics).toMatchObject({ uploadsFailed: 0 });
    expect(size).toBe(301);
  });

  test.each(["set", "pack"])(
    "has a damaged %s, finds all without it, and writes another",
    async (kind) => {
      await filled(20);
      for (const path of objectPaths(kind)) writeFileSync(path, "damaged");
      await using here = machine();
      expect(await here.build(steps(20))).toEqual([]);
      expect(here.tier.statistics).toMatchObject({ remoteHits: 19 + Number(kind === "set") });
      expect(here.warnings).toEqual([expect.stringContaining("is damaged or too large")]);
      await using next = machine();
      expect(await next.build(steps(20))).toEqual([]);
    },
  );

  test("has a pack with other bytes under an output's id, does not believe it", async () => {
    await filled(20);
    relay.addFault({ pattern: /\/pack\//, corruptAt: -8 });
    await using here = machine();
    expect(await here.build(steps(20))).toEqual([]);
    expect(here.tier.statistics.corruptObjects).toBeGreaterThan(0);
  });
});

describe("RemoteTier, when the machine", () => {
  test("cannot keep what the bucket has, makes it and says so once", async () => {
    await filled(5);
    await using here = machine();
    mkdirSync(here.path("cache"));
    writeFileSync(here.path("cache", "tmp"), "a file where a directory belongs");
    const cache = here.tier.open("read");
    for (const step of steps(5)) expect(await get(cache, step)).toBeUndefined();
    expect(here.warnings).toEqual([expect.stringMatching(/cannot write .*is not used$/)]);
    await cache.close();
  });

  test("puts more than the queue takes, uploads what it takes and says so once", async () => {
    relay.addFault({ pattern: /^PUT /, delay: 100 });
    await using here = machine({ writers: 1, maxWaitingUploads: 3 });
    const cache = here.tier.open("write");
    for (const step of steps(8)) put(cache, step);
    await cache.close();
    expect(here.warnings).toEqual([expect.stringContaining("what comes now is not uploaded")]);
    expect(here.tier.statistics.uploadsSkipped).toBeGreaterThan(0);
    expect(here.tier.statistics.uploads).toBeGreaterThan(2);
  });

  test("puts more bytes than may wait, uploads what may", async () => {
    relay.addFault({ pattern: /^PUT /, delay: 50 });
    await using here = machine({ writers: 1, maxWaitingBytes: 1_000 });
    const cache = here.tier.open("write");
    for (const step of steps(8)) put(cache, step);
    await cache.close();
    expect(here.warnings).toEqual([expect.stringMatching(/already wait to be uploaded/)]);
    expect(relay.requestsMatching(ACTIONS)).toBeLessThan(8);
  });
});
