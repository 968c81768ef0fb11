import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../../test/support/temporary_directory.ts";
import { isGomodfsError } from "../../lib/gomodfs_error.ts";
import type { LogFields, Logger } from "../../lib/logger.ts";
import { DiskTier } from "../disk/disk_tier.ts";
import { LiveSessions } from "../disk/live_sessions.ts";
import { BuildCacheServer, type BuildCacheServerOptions } from "./build_cache_server.ts";
import type { CacheAddress } from "./cache_address.ts";
import { loadPeerUser } from "./peer_user.ts";
import { SharedDirectory } from "./shared_build_cache.ts";
import { closeRequest, getRequest, hashOf, putRequest, RawClient } from "./testdata/raw_client.ts";

/** A server over a fresh directory. */
class TestedServer implements AsyncDisposable {
  readonly server: BuildCacheServer;
  readonly tier: DiskTier;
  readonly told: readonly string[];
  readonly #clients: RawClient[] = [];

  private constructor(server: BuildCacheServer, tier: DiskTier, told: readonly string[]) {
    this.server = server;
    this.tier = tier;
    this.told = told;
  }

  static async start(
    directory: TemporaryDirectory,
    options: Partial<BuildCacheServerOptions> = {},
  ): Promise<TestedServer> {
    const told: string[] = [];
    const tier = new DiskTier(directory.join("build"));
    const server = await BuildCacheServer.start({
      address: { kind: "tcp", host: "127.0.0.1", port: 0 },
      cache: new SharedDirectory(tier),
      sessions: new LiveSessions(tier.layout.sessions),
      permission: { kind: "everyone" },
      peerUser: () => undefined,
      private: { root: tier.layout.private, maxBytes: 1_000_000 },
      closeTimeout: 1_000,
      onSessionEnd: () => {},
      log: recordingLogger(told),
      ...options,
    });
    return new TestedServer(server, tier, told);
  }

  client(): RawClient {
    const client = new RawClient(this.server.address);
    this.#clients.push(client);
    return client;
  }

  /** Every file but those of sessions. */
  files(): readonly string[] {
    const { directory } = this.tier.layout;
    return readdirSync(directory, { recursive: true, encoding: "utf8" }).filter(
      (name) => /^(action|output|tmp)\//.test(name) && statSync(`${directory}/${name}`).isFile(),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client[Symbol.dispose]();
    await this.server.close();
  }
}

function recordingLogger(told: string[]): Logger {
  const tell = (message: string, { error }: LogFields = {}): void => {
    told.push(isGomodfsError(error) ? `${message}: ${error.message}` : message);
  };
  return { debug: tell, info: tell, warn: tell, error: tell };
}

function containing(text: string): unknown {
  return expect.stringContaining(text);
}

describe("BuildCacheServer", () => {
  test("gives builds what other builds put", async () => {
    using directory = temporaryDirectory();
    await using tested = await TestedServer.start(directory);
    const [first, second] = [tested.client(), tested.client()];
    first.say(getRequest(1, "a") + putRequest(2, "a", "body"));
    const [, miss, stored] = await first.answers(3);
    expect(miss).toEqual({ ID: 1, Miss: true });
    second.say(getRequest(1, "a"));
    const [capabilities, hit] = await second.answers(2);
    expect(capabilities).toEqual({ ID: 0, KnownCommands: ["get", "put", "close"] });
    expect(hit).toMatchObject({
      OutputID: hashOf("body"),
      Size: 4,
      DiskPath: stored?.["DiskPath"],
    });
    second.say(closeRequest(2));
    expect((await second.answers(3))[2]).toEqual({ ID: 2 });
    await second.closed();
    expect(tested.server.statistics()).toMatchObject({
      sessions: 1,
      begun: 2,
      readOnly: 0,
      gets: 2,
      hits: 1,
      puts: 1,
    });
  });

  test("registers its sessions for as long as they go on", async () => {
    using directory = temporaryDirectory();
    await using tested = await TestedServer.start(directory);
    const client = tested.client();
    await client.answers(1);
    const sessions = new LiveSessions(tested.tier.layout.sessions);
    expect(sessions.list(Date.now())).toHaveLength(1);
    client.say(closeRequest(1));
    await client.closed();
    await tested.server.close();
    expect(sessions.list(Date.now())).toHaveLength(0);
  });

  test("answers 10,000 gets of one client, however slowly it reads", async () => {
    using directory = temporaryDirectory();
    await using tested = await TestedServer.start(directory);
    const client = tested.client();
    client.say(putRequest(1, "a", "body"));
    const ids = Array.from({ length: 10_000 }, (_, index) => index + 2);
    client.say(ids.map((id) => getRequest(id, id % 2 === 0 ? "a" : "b")).join(""));
    const answers = await client.answers(2 + ids.length);
    expect(answers.slice(2).map(({ ID }) => ID)).toEqual(ids);
    expect(tested.server.statistics()).toMatchObject({ gets: 10_000, hits: 5_000 });
  });

  test("takes requests in any pieces", async () => {
    using directory = temporaryDirectory();
    await using tested = await TestedServer.start(directory);
    const client = tested.client();
    const text = `\n\n${putRequest(1, "a", "a longer body")}${getRequest(2, "a")}`;
    for (const character of text) {
      client.say(character);
      await sleep(0);
    }
    expect((await client.answers(3))[2]).toMatchObject({ ID: 2, Size: 13 });
  });

  test("a client that ends its side first still gets its answers", async () => {
    using directory = temporaryDirectory();
    await using tested = await TestedServer.start(directory);
    const client = tested.client();
    client.say(getRequest(1, "a"));
    client.endInput();
    expect(await client.answers(2)).toHaveLength(2);
    await client.closed();
  });

  test("goes on without a client that goes in the middle of a put, and keeps nothing of it", async () => {
    using directory = temporaryDirectory();
    await using tested = await TestedServer.start(directory);
    const client = tested.client();
    client.say(`${putRequest(1, "a", "x".repeat(300_000)).slice(0, 200_000)}`);
    await expect.poll(() => tested.files()).toHaveLength(1);
    client[Symbol.dispose]();
    await expect.poll(() => tested.files()).toEqual([]);
    const other = tested.client();
    other.say(getRequest(1, "a"));
    expect((await other.answers(2))[1]).toEqual({ ID: 1, Miss: true });
  });

  test.each([
    ["no JSON", "hello\n", "a request is not JSON"],
    ["an endless line", "x".repeat(200_000), "a request is longer than 65536 bytes"],
    [
      "a body without a quote",
      putRequest(1, "a", "body").replace('"Ym9k', "Ym9k"),
      "does not begin",
    ],
    [
      "a body larger than announced",
      putRequest(1, "a", "body").replace('"BodySize":4', '"BodySize":1'),
      "the body of a put is not the base64 of its BodySize",
    ],
    [
      "an impossible size",
      putRequest(1, "a", "body").replace('"BodySize":4', '"BodySize":1e300'),
      "BodySize is no number of bytes",
    ],
    ["an endless token", `token ${"x".repeat(2_000)}`, "the token is too long"],
  ])("ends a connection that sends %s, and no other", async (_, text, message) => {
    using directory = temporaryDirectory();
    await using tested = await TestedServer.start(directory);
    const [good, bad] = [tested.client(), tested.client()];
    await good.answers(1);
    bad.say(text);
    await bad.closed();
    expect(tested.told).toEqual([containing(message)]);
    good.say(putRequest(1, "a", "body"));
    expect((await good.answers(2))[1]).toMatchObject({ ID: 1, DiskPath: containing("/output/") });
  });

  test("answers unknown commands and wrong hashes, and goes on", async () => {
    using directory = temporaryDirectory();
    await using tested = await TestedServer.start(directory);
    const client = tested.client();
    client.say('{"ID":1,"Command":"format-disk"}\n');
    client.say(putRequest(2, "a", "poison", "victim") + getRequest(3, "a"));
    expect((await client.answers(4)).slice(1)).toEqual([
      { ID: 1, Err: containing('unknown command "format-disk"') },
      { ID: 2, Err: containing("whose SHA-256 is") },
      { ID: 3, Miss: true },
    ]);
    expect(tested.files()).toEqual([]);
  });

  test("a socket in the file system is for its owner alone unless told otherwise", async () => {
    using directory = temporaryDirectory();
    const address: CacheAddress = { kind: "unix", path: directory.join("s"), mode: 0o600 };
    await using tested = await TestedServer.start(directory, { address });
    expect(statSync(address.path).mode & 0o777).toBe(0o600);
    const client = tested.client();
    expect(await client.answers(1)).toHaveLength(1);
  });

  test("close() lets a build end that is under way", async () => {
    using directory = temporaryDirectory();
    await using tested = await TestedServer.start(directory);
    const client = tested.client();
    await client.answers(1);
    const closed = tested.server.close();
    client.say(getRequest(1, "a") + closeRequest(2));
    expect(await client.answers(3)).toHaveLength(3);
    await closed;
  });

  test("close() waits for a build no longer than it may", async () => {
    using directory = temporaryDirectory();
    await using tested = await TestedServer.start(directory, { closeTimeout: 50 });
    const client = tested.client();
    await client.answers(1);
    await tested.server.close();
    await client.closed();
    expect(tested.server.statistics()).toMatchObject({ sessions: 0, begun: 1 });
  });
});

describe("BuildCacheServer for clients that may only read", () => {
  test("they get what is shared, and change nothing of it", async () => {
    using directory = temporaryDirectory();
    {
      await using trusted = await TestedServer.start(directory);
      const client = trusted.client();
      client.say(putRequest(1, "a", "right"));
      await client.answers(2);
    }
    await using tested = await TestedServer.start(directory, { permission: { kind: "nobody" } });
    const before = tested.files();
    const [guest, other] = [tested.client(), tested.client()];
    guest.say(getRequest(1, "a") + putRequest(2, "a", "poison") + putRequest(3, "b", "poison"));
    guest.say(getRequest(4, "a") + getRequest(5, "b"));
    const [, shared, own, , again, b] = await guest.answers(6);
    expect(shared).toMatchObject({ OutputID: hashOf("right") });
    expect(own).toMatchObject({ DiskPath: containing("/private/") });
    expect([again, b]).toMatchObject([
      { OutputID: hashOf("poison") },
      { OutputID: hashOf("poison") },
    ]);
    other.say(getRequest(1, "a") + getRequest(2, "b"));
    expect((await other.answers(3)).slice(1)).toMatchObject([
      { ID: 1, OutputID: hashOf("right") },
      { ID: 2, Miss: true },
    ]);
    expect(tested.files()).toEqual(before);
    const path = String(own?.["DiskPath"]);
    expect(readFileSync(path, "utf8")).toBe("poison");
    guest[Symbol.dispose]();
    await expect.poll(() => existsSync(path)).toBe(false);
  });

  test("they are answered when they put more than they may", async () => {
    using directory = temporaryDirectory();
    const root = directory.join("build/private");
    await using tested = await TestedServer.start(directory, {
      permission: { kind: "nobody" },
      private: { root, maxBytes: 100_000 },
    });
    const guest = tested.client();
    guest.say(putRequest(1, "a", "x".repeat(90_000)) + putRequest(2, "b", "y".repeat(90_000)));
    guest.say(getRequest(3, "a"));
    expect((await guest.answers(4)).slice(1)).toMatchObject([
      { ID: 1, DiskPath: containing(root) },
      { ID: 2, Err: containing("is used up") },
      { ID: 3, Size: 90_000 },
    ]);
  });

  test("a token that is known lets write, another one does not, and the log says so", async () => {
    using directory = temporaryDirectory();
    const tokenHashes = [Buffer.from(hashOf("secret"), "base64")];
    await using tested = await TestedServer.start(directory, {
      permission: { kind: "some", uids: new Set(), tokenHashes },
    });
    const clients = [tested.client(), tested.client(), tested.client()] as const;
    clients[0].say(`token secret\n${putRequest(1, "a", "trusted")}`);
    clients[1].say(`token wrong\n${putRequest(1, "b", "poison")}`);
    clients[2].say(putRequest(1, "c", "poison"));
    const stored = await Promise.all(clients.map(async (client) => (await client.answers(2))[1]));
    expect(stored).toMatchObject([
      { DiskPath: containing("/output/") },
      { DiskPath: containing("/private/") },
      { DiskPath: containing("/private/") },
    ]);
    expect(tested.server.statistics()).toMatchObject({ begun: 3, readOnly: 2 });
    expect(tested.told).toEqual(["a build gave a token that is not known: it may only read"]);
    expect(tested.files()).toHaveLength(2);
  });

  test("the system says which user a client is", async () => {
    using directory = temporaryDirectory();
    const address: CacheAddress = { kind: "unix", path: directory.join("s") };
    const peerUser = await loadPeerUser();
    const own = process.getuid?.() ?? -1;
    for (const [uid, place] of [
      [own, "/output/"],
      [own + 1, "/private/"],
    ] as const) {
      const permission = { kind: "some", uids: new Set([uid]), tokenHashes: [] } as const;
      await using tested = await TestedServer.start(directory, { address, permission, peerUser });
      const client = tested.client();
      client.say(putRequest(1, `for ${uid}`, "body"));
      const [, stored] = await client.answers(2);
      const root = tested.tier.layout.directory;
      expect(stored).toMatchObject({ DiskPath: containing(`${root}${place}`) });
    }
  });

  test("nobody is known who comes over TCP", async () => {
    using directory = temporaryDirectory();
    const uids = new Set([process.getuid?.() ?? -1, 0, 2 ** 32 - 1]);
    await using tested = await TestedServer.start(directory, {
      permission: { kind: "some", uids, tokenHashes: [] },
      peerUser: await loadPeerUser(),
    });
    const client = tested.client();
    client.say(putRequest(1, "a", "body"));
    expect((await client.answers(2))[1]).toMatchObject({ DiskPath: containing("/private/") });
  });
});
