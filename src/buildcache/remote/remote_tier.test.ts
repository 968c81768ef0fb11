import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { FaultyS3 } from "../../../test/support/faulty_s3.ts";
import { S3Server } from "../../../test/support/s3_server.ts";
import { isOutputId } from "../identifier.ts";
import { build, get, put, steps } from "./testdata/go_build.ts";
import { actionId, outputId } from "./testdata/ids.ts";
import { RemoteMachine } from "./testdata/remote_machine.ts";

const TIME = Date.parse("2026-11-21T12:00:00.123Z");
const NANOSECONDS = "1795262400123000000";
/** The SHA-256 of 300 MB of zeros. */
const ZEROS_300_MB = "17a88af83717f68b8bd97873ffcf022c8aed703416fe9b08e0fa9e3287692bf0";

let server: S3Server;
/** In front of all keys of a test: the bucket is shared. */
let prefix: string;
let tests = 0;

beforeAll(async () => {
  server = await S3Server.start();
}, 400_000);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

beforeEach(() => {
  prefix = `test-${tests++}`;
});

function machine(options = {}, environment = server.environment): RemoteMachine {
  return new RemoteMachine(environment, { prefix, clock: () => TIME, ...options });
}

/** Where an object is in the server's directory. */
function objectPath(kind: string, id: string): string {
  return server.path(prefix, kind, id.slice(0, 2), id);
}

/** The ids of all objects of a kind. */
function idsOf(kind: string): string[] {
  const directory = server.path(prefix, kind);
  if (!existsSync(directory)) return [];
  return readdirSync(directory).flatMap((name) => readdirSync(server.path(prefix, kind, name)));
}

describe("a bucket filled by gomodfs", () => {
  test("is what go-cache-plugin would have written, byte for byte", async () => {
    await using first = machine();
    const [step] = steps(1);
    if (step === undefined) throw new Error("one step");
    await first.build([step]);
    const id = outputId(step[1]);
    expect(readFileSync(objectPath("output", id))).toEqual(step[1]);
    const record = readFileSync(objectPath("action", actionId(step[0])), "utf8");
    expect(record).toBe(`${id} ${NANOSECONDS}`);
  });

  test("has each action and each different output once", async () => {
    await using first = machine();
    await first.build([
      ["a", "same"],
      ["b", "same"],
      ["c", ""],
      ["d", ""],
    ]);
    expect(idsOf("action").toSorted()).toEqual(["a", "b", "c", "d"].map(actionId).toSorted());
    expect(idsOf("output").toSorted()).toEqual([outputId("same"), outputId("")].toSorted());
    expect(first.tier.statistics).toMatchObject({ puts: 4, uploads: 6, uploadsFailed: 0 });
  });

  test("lacks outputs below the smallest size that is uploaded, but for those in packs", async () => {
    await using first = machine({ minUploadSize: 305 });
    const all = steps(10);
    await first.build(all);
    const large = all
      .filter(([, content]) => content.length >= 305)
      .map(([name]) => actionId(name));
    expect(idsOf("action").toSorted()).toEqual(large.toSorted());
    await using second = machine();
    expect(await second.build(all)).toEqual([]);
  });
});

describe("a bucket filled by go-cache-plugin", () => {
  test("serves gomodfs", async () => {
    const content = Buffer.alloc(100_000, "made elsewhere");
    const [action, output] = [actionId("a"), outputId(content)];
    for (const [path, bytes] of [
      [objectPath("action", action), `${output} ${NANOSECONDS}`],
      [objectPath("output", output), content],
    ] as const) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, bytes);
    }
    await using here = machine({ clock: Date.now });
    const cache = here.tier.open("read");
    const found = await get(cache, ["a", content]);
    expect(found).toEqual({
      outputId: output,
      size: content.length,
      time: new Date(TIME),
      diskPath: here.disk.layout.output(output),
    });
    expect(readFileSync(here.disk.layout.output(output))).toEqual(content);
    expect(here.disk.get(action)).toEqual(found);
    await cache.close();
  });
});

describe("RemoteTier", () => {
  test("a fresh machine has all that another one built", async () => {
    const all = steps(60, 5_000);
    await using first = machine();
    expect(await first.build(all)).toHaveLength(60);
    await using second = machine();
    expect(await second.build(all)).toEqual([]);
    expect(second.tier.statistics).toMatchObject({ setHits: 60, misses: 0, puts: 0, uploads: 0 });
    expect(await second.build(all)).toEqual([]);
    expect(second.tier.statistics).toMatchObject({ setHits: 60, localHits: 60 });
    expect([...first.warnings, ...second.warnings]).toEqual([]);
  });

  test("a fresh machine asks for a set and its packs, not for each action", async () => {
    const all = steps(200, 40_000);
    await using first = machine();
    await first.build(all);
    await using relay = await FaultyS3.start(server);
    await using second = machine({}, relay.environment);
    expect(await second.build(all)).toEqual([]);
    const packs = idsOf("pack").length;
    expect(packs).toBeGreaterThan(1);
    expect(relay.requestsMatching(/\/set\//)).toBe(1);
    expect(relay.requestsMatching(/\/pack\//)).toBe(packs);
    expect(relay.requests).toHaveLength(1 + packs);
  });

  test("where every answer takes its time, a set spares the round trips", async () => {
    const all = steps(100);
    await using first = machine();
    await first.build(all);
    await using relay = await FaultyS3.start(server, { latency: 50 });
    await using second = machine({}, relay.environment);
    const start = performance.now();
    expect(await second.build(all)).toEqual([]);
    // Action by action it would be 200 answers, ten seconds.
    expect(performance.now() - start).toBeLessThan(3_000);
  });

  test("of a build that changed a little, only that is made and uploaded, and the next set has it", async () => {
    const all = steps(60, 5_000);
    await using first = machine();
    await first.build(all);
    const packs = idsOf("pack");
    const changed = all.with(30, ["step 30, changed", "another content"]);
    await using second = machine();
    expect(await second.build(changed)).toEqual(["step 30, changed"]);
    expect(idsOf("pack")).toHaveLength(packs.length + 1);
    await using relay = await FaultyS3.start(server);
    await using third = machine({}, relay.environment);
    expect(await third.build(changed)).toEqual([]);
    expect(relay.requests).toHaveLength(1 + packs.length + 1);
  });

  test("a build that ends early does not spoil the set", async () => {
    const all = steps(60, 5_000);
    await using first = machine();
    await first.build(all);
    await using second = machine();
    await second.build([...all.slice(0, 20), ["the step that fails", "its log"]]);
    await using third = machine();
    expect(await third.build(all)).toEqual([]);
    expect(third.tier.statistics).toMatchObject({ setHits: 60, remoteHits: 0 });
  });

  test("many builds that change a little leave a set of few packs", async () => {
    const all = steps(20, 1_000);
    {
      await using first = machine();
      await first.build(all);
    }
    for (let change = 0; change < 12; change++) {
      await using here = machine();
      const changed = [...all, [`change ${change}`, `content ${change}`] as const];
      expect(await here.build(changed)).toEqual([`change ${change}`]);
    }
    await using relay = await FaultyS3.start(server);
    await using last = machine({}, relay.environment);
    expect(await last.build(all)).toEqual([]);
    expect(relay.requestsMatching(/\/pack\//)).toBeLessThan(12);
  });

  test("an output that is too large for a pack comes by itself", async () => {
    const all = [...steps(20), ["a test binary", Buffer.alloc(9 << 20, "x")] as const];
    await using first = machine();
    await first.build(all);
    await using second = machine();
    expect(await second.build(all)).toEqual([]);
    expect(second.tier.statistics).toMatchObject({ setHits: 21 });
  });

  test("what is not in a set is found action by action", async () => {
    await using first = machine();
    await first.build(steps(5));
    expect(idsOf("set")).toEqual([]);
    await using second = machine();
    expect(await second.build(steps(5))).toEqual([]);
    expect(second.tier.statistics).toMatchObject({ remoteHits: 5, setHits: 0 });
  });

  test("an action that many ask for at once is fetched once", async () => {
    await using first = machine();
    await first.build([["a", "content"]]);
    await using relay = await FaultyS3.start(server);
    await using second = machine({}, relay.environment);
    const caches = Array.from({ length: 10 }, () => second.tier.open("read"));
    const found = await Promise.all(caches.map((cache) => get(cache, ["a", ""])));
    expect(found.every((output) => output?.outputId === outputId("content"))).toBe(true);
    expect(relay.requestsMatching(/\/action\//)).toBe(1);
    expect(relay.requestsMatching(/\/output\//)).toBe(1);
    await Promise.all(caches.map((cache) => cache.close()));
  });

  test("a miss is remembered for the session", async () => {
    await using relay = await FaultyS3.start(server);
    await using here = machine({}, relay.environment);
    const cache = here.tier.open("read");
    expect(await get(cache, ["a", ""])).toBeUndefined();
    const { length } = relay.requests;
    expect(cache.get(actionId("a"))).toBeUndefined();
    expect(relay.requests).toHaveLength(length);
    await cache.close();
  });

  test("a local hit is answered at once, and the bucket is not asked", async () => {
    await using relay = await FaultyS3.start(server);
    await using here = machine({}, relay.environment);
    await here.build([["a", "content"]]);
    const { length } = relay.requests;
    const cache = here.tier.open("write");
    expect(cache.get(actionId("a"))).toMatchObject({ outputId: outputId("content") });
    await cache.close();
    expect(relay.requests).toHaveLength(length);
  });

  test("a bucket that knows nothing of a build is not waited for again and again", async () => {
    await using relay = await FaultyS3.start(server);
    await using here = machine({}, relay.environment);
    expect(await here.build(steps(200))).toHaveLength(200);
    const asked = relay.requestsMatching(/^GET .*\/action\//);
    expect(asked).toBeGreaterThan(24);
    expect(asked).toBeLessThan(60);
  });

  test("with read access nothing is written to the bucket", async () => {
    await using relay = await FaultyS3.start(server);
    await using here = machine({}, relay.environment);
    expect(await here.build(steps(20), "read")).toHaveLength(20);
    expect(relay.requestsMatching(/^PUT /)).toBe(0);
    expect(existsSync(server.path(prefix))).toBe(false);
  });

  test("with asyncUpload a close waits for nothing, and the tier's close for all", async () => {
    await using relay = await FaultyS3.start(server, { latency: 100 });
    await using here = machine({ asyncUpload: true }, relay.environment);
    const cache = here.tier.open("write");
    for (const step of steps(5)) put(cache, step);
    const start = performance.now();
    await cache.close();
    expect(performance.now() - start).toBeLessThan(90);
    expect(here.tier.pendingUploads.count).toBeGreaterThan(0);
    await here.tier.close();
    expect(idsOf("action")).toHaveLength(5);
  });

  test("sessions of one tier upload an output once", async () => {
    await using relay = await FaultyS3.start(server);
    await using here = machine({}, relay.environment);
    await Promise.all(
      ["a", "b", "c"].map(async (name) => {
        const cache = here.tier.open("write");
        await build(cache, [[name, "the same"]]);
        await cache.close();
      }),
    );
    expect(relay.requestsMatching(/^PUT .*\/output\//)).toBe(1);
    expect(relay.requestsMatching(/^PUT .*\/action\//)).toBe(3);
  });

  test("an output of 300 MB passes through, not into memory", async () => {
    const size = 300 << 20;
    const id = ZEROS_300_MB;
    if (!isOutputId(id)) throw new Error("an id");
    const path = objectPath("output", id);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, Buffer.alloc(0));
    truncateSync(path, size);
    const record = objectPath("action", actionId("a"));
    mkdirSync(dirname(record), { recursive: true });
    writeFileSync(record, `${id} ${NANOSECONDS}`);
    await using here = machine({ getTime: 60_000 });
    const cache = here.tier.open("read");
    const before = process.memoryUsage().rss;
    let most = before;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage().rss);
    }, 10);
    const found = await get(cache, ["a", ""]);
    clearInterval(watch);
    expect(found).toMatchObject({ outputId: id, size });
    expect(most - before).toBeLessThan(100 << 20);
    await cache.close();
  });
});
