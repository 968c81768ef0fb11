import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../test/support/temporary_directory.ts";
import type { BuildCache } from "./build_cache.ts";
import { CacheSession } from "./cache_session.ts";
import { DiskTier } from "./disk/disk_tier.ts";
import { LocalBuildCache } from "./disk/local_build_cache.ts";

const ACTION = createHash("sha256").update("action").digest("base64");

function parseObject(line: string): unknown {
  return JSON.parse(line);
}

/** A session and what it wrote. */
class Conversation {
  readonly #session: CacheSession;
  readonly warnings: string[] = [];
  #written = "";

  constructor(cache: BuildCache) {
    this.#session = new CacheSession(cache, {
      write: (text) => {
        this.#written += text;
      },
      warn: (message) => void this.warnings.push(message),
    });
  }

  /** All lines so far, parsed. */
  get responses(): readonly unknown[] {
    return this.#written
      .split("\n")
      .filter((line) => line !== "")
      .map(parseObject);
  }

  say(text: string): void {
    this.#session.push(Buffer.from(text));
  }

  async close(id: number): Promise<void> {
    this.say(`{"ID":${id},"Command":"close"}\n\n`);
    await this.#session.closed;
  }

  async end(): Promise<void> {
    await this.#session.end();
  }
}

function put(id: number, body: string, content = body): string {
  const outputId = createHash("sha256").update(body).digest("base64");
  const request = { ID: id, Command: "put", ActionID: ACTION, OutputID: outputId };
  const encoded = Buffer.from(content).toString("base64");
  return `${JSON.stringify({ ...request, BodySize: content.length })}\n\n"${encoded}"\n`;
}

function get(id: number): string {
  return `{"ID":${id},"Command":"get","ActionID":"${ACTION}"}\n\n`;
}

function containing(text: string): unknown {
  return expect.stringContaining(text);
}

function matching(pattern: RegExp): unknown {
  return expect.stringMatching(pattern);
}

function local(directory: string): BuildCache {
  return new LocalBuildCache(new DiskTier(directory));
}

describe("CacheSession", () => {
  test("answers a miss, a put, a hit and a close, in the protocol's words", async () => {
    using directory = temporaryDirectory();
    const conversation = new Conversation(local(directory.path));
    conversation.say(get(1) + put(2, "body") + get(3));
    await conversation.close(4);
    const diskPath = containing(join(directory.path, "output"));
    expect(conversation.responses).toEqual([
      { ID: 0, KnownCommands: ["get", "put", "close"] },
      { ID: 1, Miss: true },
      { ID: 2, DiskPath: diskPath },
      {
        ID: 3,
        OutputID: createHash("sha256").update("body").digest("base64"),
        Size: 4,
        Time: matching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        DiskPath: diskPath,
      },
      { ID: 4 },
    ]);
  });

  test("answers a put whose body is another with an error, and goes on", () => {
    using directory = temporaryDirectory();
    const conversation = new Conversation(local(directory.path));
    conversation.say(put(1, "body", "BODY") + get(2));
    expect(conversation.responses.slice(1)).toEqual([
      { ID: 1, Err: containing("came as 4 bytes whose SHA-256 is") },
      { ID: 2, Miss: true },
    ]);
    expect(conversation.warnings).toHaveLength(1);
  });

  test("answers a put that cannot be kept with the reason, and reads over its body", () => {
    using directory = temporaryDirectory();
    writeFileSync(directory.join("tmp"), "");
    const conversation = new Conversation(local(directory.path));
    conversation.say(put(1, "x".repeat(100_000)) + get(2));
    expect(conversation.responses.slice(1)).toEqual([
      { ID: 1, Err: containing("cannot write") },
      { ID: 2, Miss: true },
    ]);
  });

  test("drops a put that the go command never finishes", async () => {
    using directory = temporaryDirectory();
    mkdirSync(directory.join("tmp"));
    const conversation = new Conversation(local(directory.path));
    conversation.say(put(1, "body").slice(0, -4));
    expect(readdirSync(directory.join("tmp"))).toHaveLength(1);
    await conversation.end();
    expect(readdirSync(directory.join("tmp"))).toEqual([]);
    rmSync(directory.join("tmp"), { recursive: true });
  });

  test("answers gets as they come to be known, all of them before a close", async () => {
    const first = Promise.withResolvers<undefined>();
    const cache: BuildCache = {
      get: async () => await first.promise,
      put: () => {
        throw new Error("nothing is put");
      },
      close: async () => {},
    };
    const conversation = new Conversation(cache);
    conversation.say(get(1));
    const closed = conversation.close(2);
    expect(conversation.responses).toHaveLength(1);
    first.resolve(undefined);
    await closed;
    expect(conversation.responses.slice(1)).toEqual([{ ID: 1, Miss: true }, { ID: 2 }]);
  });

  test("takes a cache that fails for one that has nothing", async () => {
    const conversation = new Conversation({
      get: async () => {
        throw new Error("the bucket is away");
      },
      put: () => {
        throw new Error("nothing is put");
      },
      close: async () => {},
    });
    conversation.say(get(1));
    await conversation.close(2);
    expect(conversation.responses.slice(1)).toEqual([{ ID: 1, Miss: true }, { ID: 2 }]);
    expect(conversation.warnings).toEqual(["the bucket is away"]);
  });
});
