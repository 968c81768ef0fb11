import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { describe, expect, test } from "vitest";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../../test/support/temporary_directory.ts";
import { LOCK_EX, tryFlock } from "../../lib/flock.ts";
import { type ActionId, decodeActionId, decodeOutputId } from "../identifier.ts";
import { CautiousRemoval } from "./cautious_removal.ts";
import { isCollectionDue } from "./collection_schedule.ts";
import { readDiskStatistics } from "./disk_statistics.ts";
import { DiskTier } from "./disk_tier.ts";
import { GarbageCollector } from "./garbage_collector.ts";
import { storedFile } from "./inventory.ts";
import { LiveSessions } from "./live_sessions.ts";
import { LocalBuildCache } from "./local_build_cache.ts";

const HOUR = 3_600_000;
const KIB = 1_024;
/** What each output takes on the disk. */
const SIZE = 64 * KIB;
const UNBOUNDED = { maxBytes: undefined, expiry: undefined };

/** A cache whose outputs were last used some hours ago. */
class AgedCache {
  readonly tier: DiskTier;
  readonly cache: LocalBuildCache;
  readonly sessions: LiveSessions;

  constructor(directory: string) {
    this.tier = new DiskTier(directory);
    this.cache = new LocalBuildCache(this.tier);
    this.sessions = new LiveSessions(this.tier.layout.sessions);
  }

  /** @returns the path of the output */
  put(name: string, hours: number, content = name.padEnd(SIZE)): string {
    const bytes = Buffer.from(content);
    const outputId = decodeOutputId(createHash("sha256").update(bytes).digest("base64"));
    const put = this.cache.put({ actionId: action(name), outputId, size: bytes.length });
    put.write(bytes);
    const path = put.commit();
    const seconds = (Date.now() - hours * HOUR) / 1_000;
    utimesSync(path, seconds, seconds);
    utimesSync(this.tier.layout.action(action(name)), seconds, seconds);
    return path;
  }

  has(name: string): boolean {
    return (
      this.tier.action(action(name)) !== undefined && this.cache.get(action(name)) !== undefined
    );
  }

  collector(): GarbageCollector {
    return new GarbageCollector(this.tier.layout);
  }
}

function action(name: string): ActionId {
  return decodeActionId(createHash("sha256").update(`action ${name}`).digest("base64"));
}

function open(directory: TemporaryDirectory): AgedCache {
  return new AgedCache(directory.join("build"));
}

describe("GarbageCollector", () => {
  test("removes the least recently used outputs and their actions until the rest fits", async () => {
    using directory = temporaryDirectory();
    const aged = open(directory);
    for (const [name, hours] of [
      ["a", 4],
      ["b", 9],
      ["c", 2],
      ["d", 7],
    ] as const)
      aged.put(name, hours);
    // The records take room too.
    const maxBytes = 2 * SIZE + 4 * 4 * KIB;
    const report = await aged.collector().collect({ maxBytes, expiry: undefined });
    expect(report).toMatchObject({ outputs: 2, actions: 2, sessions: 0 });
    expect(["a", "b", "c", "d"].filter((name) => aged.has(name))).toEqual(["a", "c"]);
    expect(report.keptBytes).toBeLessThanOrEqual(maxBytes);
    expect(readdirSync(aged.tier.layout.temporary)).toEqual([]);
  });

  test("removes what has expired, and counts only with dryRun", async () => {
    using directory = temporaryDirectory();
    const aged = open(directory);
    aged.put("old", 50);
    aged.put("new", 3);
    const options = { maxBytes: undefined, expiry: 48 * HOUR };
    const dry = await aged.collector().collect({ ...options, dryRun: true });
    expect(existsSync(aged.put("old", 50))).toBe(true);
    expect(await aged.collector().collect(options)).toEqual(dry);
    expect(dry).toMatchObject({ outputs: 1, actions: 1 });
    expect([aged.has("old"), aged.has("new")]).toEqual([false, true]);
  });

  test("an output that several actions share goes with all of them", async () => {
    using directory = temporaryDirectory();
    const aged = open(directory);
    aged.put("one", 9, "shared");
    aged.put("other", 9, "shared");
    expect(await aged.collector().collect({ maxBytes: 1, expiry: undefined })).toMatchObject({
      outputs: 1,
      actions: 2,
      keptBytes: 0,
    });
  });

  test("keeps what a session under way may have been told of, and only that", async () => {
    using directory = temporaryDirectory();
    const aged = open(directory);
    aged.put("long ago", 5);
    aged.put("within the hour", 0.5);
    {
      using _session = aged.sessions.register();
      const during = await aged.collector().collect({ maxBytes: 1, expiry: undefined });
      expect(during).toMatchObject({ outputs: 1, sessions: 1 });
      expect(aged.has("within the hour")).toBe(true);
      // A get renews the time of what it tells of.
      const told = aged.put("told", 5);
      expect(aged.has("told")).toBe(true);
      await aged.collector().collect({ maxBytes: 1, expiry: undefined });
      expect(existsSync(told)).toBe(true);
    }
    // What was told was used in this very moment.
    const later = new GarbageCollector(aged.tier.layout, () => Date.now() + 1_000);
    expect(await later.collect({ maxBytes: 1, expiry: undefined })).toMatchObject({
      outputs: 2,
      sessions: 0,
    });
  });

  test("a session whose process was killed keeps nothing", async () => {
    using directory = temporaryDirectory();
    const aged = open(directory);
    aged.put("a", 0.5);
    const url = new URL("live_sessions.ts", import.meta.url).href;
    const script = `import { LiveSessions } from ${JSON.stringify(url)};
      new LiveSessions(process.argv[1]).register(); console.log("ready"); setInterval(() => {}, 1000);`;
    const argv = ["--input-type=module", "-e", script, aged.tier.layout.sessions];
    const child = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    const collector = aged.collector();
    expect(await collector.collect({ maxBytes: 1, expiry: undefined })).toMatchObject({
      outputs: 0,
    });
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(await collector.collect({ maxBytes: 1, expiry: undefined })).toMatchObject({
      outputs: 1,
    });
    expect(readdirSync(aged.tier.layout.sessions)).toEqual([]);
  });

  test("removes what killed processes left, and nothing of those that live", async () => {
    using directory = temporaryDirectory();
    const aged = open(directory);
    const { temporary, private: privateDirectory } = aged.tier.layout;
    for (const parent of [temporary, privateDirectory]) mkdirSync(parent, { recursive: true });
    const { pid: ended } = spawnSync(process.execPath, ["-e", "0"]);
    const old = (Date.now() - HOUR) / 1_000;
    const paths = [`${temporary}/${ended}-x-0`, `${temporary}/${process.pid}-x-0`];
    for (const path of paths) writeFileSync(path, "half an outp");
    mkdirSync(`${privateDirectory}/${ended}-x`);
    paths.push(`${privateDirectory}/${ended}-x`);
    for (const path of paths) utimesSync(path, old, old);
    expect(await aged.collector().collect(UNBOUNDED)).toMatchObject({ leftOvers: 2 });
    expect(paths.map((path) => existsSync(path))).toEqual([false, true, false]);
  });

  test("excludes another one", async () => {
    using directory = temporaryDirectory();
    const aged = open(directory);
    aged.put("a", 5);
    const lock = openSync(aged.tier.layout.collectorLock, "a");
    expect(await tryFlock(lock, LOCK_EX)).toBe(true);
    await expect(aged.collector().collect(UNBOUNDED)).rejects.toMatchObject({ code: "BUSY" });
    closeSync(lock);
    expect(await aged.collector().collect(UNBOUNDED)).toMatchObject({ outputs: 0 });
  });

  test("has nothing to do where there is no cache", async () => {
    using directory = temporaryDirectory();
    expect(await open(directory).collector().collect(UNBOUNDED)).toMatchObject({ keptBytes: 0 });
    expect(readdirSync(directory.path)).toEqual([]);
  });
});

describe("CautiousRemoval", () => {
  test("puts an output back that was used since it was looked at", () => {
    using directory = temporaryDirectory();
    const aged = open(directory);
    const path = aged.put("a", 5);
    const before = storedFile(path);
    const removal = new CautiousRemoval(aged.tier.layout.temporary, aged.sessions, Date.now());
    expect(aged.has("a")).toBe(true);
    expect(before && removal.remove(before)).toBe(false);
    expect(existsSync(path)).toBe(true);
  });

  test("puts an output back that a session may use that began since", () => {
    using directory = temporaryDirectory();
    const aged = open(directory);
    const path = aged.put("a", 0.5);
    const old = storedFile(aged.put("b", 5));
    const young = storedFile(path);
    const removal = new CautiousRemoval(aged.tier.layout.temporary, aged.sessions, Date.now());
    using _session = aged.sessions.register();
    expect(old && removal.remove(old)).toBe(true);
    expect(young && removal.remove(young)).toBe(false);
    expect(existsSync(path)).toBe(true);
  });
});

test("isCollectionDue() once an hour, and not at once in a new cache", async () => {
  using directory = temporaryDirectory();
  const aged = open(directory);
  aged.put("a", 1);
  const { collectorLock } = aged.tier.layout;
  const now = Date.now();
  expect(isCollectionDue(collectorLock, now)).toBe(false);
  expect(isCollectionDue(collectorLock, now + HOUR + 1_000)).toBe(true);
  const old = (now - 2 * HOUR) / 1_000;
  utimesSync(collectorLock, old, old);
  expect(isCollectionDue(collectorLock, now)).toBe(true);
  await aged.collector().collect(UNBOUNDED);
  expect(isCollectionDue(collectorLock, now)).toBe(false);
  expect(isCollectionDue(directory.join("none/gc.lock"), now)).toBe(false);
});

test("readDiskStatistics() counts", () => {
  using directory = temporaryDirectory();
  const aged = open(directory);
  const path = aged.put("a", 5);
  aged.put("b", 1);
  using _session = aged.sessions.register();
  const statistics = readDiskStatistics(aged.tier.layout, Date.now());
  expect(statistics).toMatchObject({
    outputs: { files: 2 },
    actions: { files: 2 },
    sessions: 1,
    leastRecentUse: statSync(path).mtime,
    lastCollection: undefined,
  });
  expect(statistics.outputs.bytes).toBeGreaterThanOrEqual(2 * SIZE);
});
