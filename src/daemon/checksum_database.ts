import { join } from "node:path";
import type { ChecksumDatabase } from "../cache/checksums.ts";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import type { Logger } from "../lib/logger.ts";
import { GoSum, parseGoSum } from "../module/go_sum.ts";
import { formatModuleVersion, type H1, type ModuleVersion } from "../module/module_version.ts";
import { SumdbClient } from "../sumdb/client.ts";
import type { UnprovenAnswer } from "../sumdb/client_ops.ts";
import type { Evidence } from "../sumdb/evidence.ts";
import { FileCache } from "../sumdb/file_cache.ts";
import { FileConfig } from "../sumdb/file_config.ts";
import type { ChecksumDatabaseSetting } from "../sumdb/known_keys.ts";
import { PendingWrites } from "../sumdb/pending_writes.ts";
import { DatabaseHead } from "./checksum_database_head.ts";
import { ChecksumDatabaseMirror, type DatabaseRoute } from "./checksum_database_mirror.ts";

/** What a checksum database of a daemon is made of. */
export interface SumdbDatabaseOptions {
  readonly setting: Extract<ChecksumDatabaseSetting, { kind: "database" }>;
  readonly route: DatabaseRoute;
  /** Where verified records and tiles are kept. */
  readonly cacheDirectory: string;
  /** Where they are until they are complete, on the same file system; beside their places unless given. */
  readonly temporaryDirectory: string | undefined;
  /** `pkg/sumdb` in GOPATH: the signed tree head last seen, which go commands on this machine keep there too. */
  readonly configDirectory: string;
  readonly evidence: Evidence;
  readonly log: Logger;
  /** Milliseconds since 1970; tests give their own. */
  readonly clock?: () => number;
}

/** Evidence that is being written at once. */
const MAX_PENDING_EVIDENCE = 4;

/** A checksum database that a setting names: a client of it, and a mirror for other clients. */
export class SumdbDatabase implements ChecksumDatabase {
  readonly name: string;
  /** The database for others. */
  readonly mirror: ChecksumDatabaseMirror;
  readonly #route: DatabaseRoute;
  readonly #cache: FileCache;
  readonly #client: SumdbClient;
  readonly #head: DatabaseHead;
  readonly #evidence: Evidence;
  readonly #pendingEvidence: PendingWrites;

  constructor(options: SumdbDatabaseOptions) {
    const { setting, route, cacheDirectory, temporaryDirectory, configDirectory } = options;
    const { evidence, log, clock = Date.now } = options;
    const { name } = setting;
    this.name = name;
    this.#route = route;
    this.#evidence = evidence;
    this.#pendingEvidence = new PendingWrites(MAX_PENDING_EVIDENCE, (error) =>
      log.error("cannot keep evidence against a checksum database", { error }),
    );
    const cache = new FileCache(cacheDirectory, temporaryDirectory);
    this.#cache = cache;
    const config = new FileConfig(configDirectory);
    const client = new SumdbClient(setting.verifier, {
      readRemote: (path) => route.read(path),
      readConfig: (file) => config.readConfig(file),
      writeConfig: (file, old, content) => config.writeConfig(file, old, content),
      readCache: (file) => cache.readCache(file),
      writeCache: (file, content) => cache.writeCache(file, content),
      log: (message) => log.debug(message),
      securityError: (evidenceText) => this.#accuseOfFork(evidenceText),
      unproven: (answer) => this.#accuseOfLie(answer),
    });
    this.#client = client;
    this.#head = new DatabaseHead({ name, client, config, evidence, clock });
    this.mirror = new ChecksumDatabaseMirror({
      name,
      client,
      route,
      cache,
      head: this.#head,
      clock,
    });
  }

  async lookup(id: ModuleVersion): Promise<{ readonly zip: H1; readonly goMod: H1 }> {
    const lines = await this.#client.lookup(id);
    const sums = new GoSum(parseGoSum(lines.join("\n"), this.name));
    const [zip] = sums.hashes(id, "zip");
    const [goMod] = sums.hashes(id, "goMod");
    if (zip !== undefined && goMod !== undefined) return { zip, goMod };
    throw new GomodfsError(
      "UNVERIFIED",
      `the record of ${formatModuleVersion(id)} in ${this.name} lacks a hash`,
    );
  }

  /** Sees to it that the record of a module version is in the cache directory. */
  async keepRecord(id: ModuleVersion): Promise<void> {
    await this.#client.lookup(id);
    await this.#client.flush();
  }

  /**
   * Sees to it that a tile is in the cache directory, for a go command that proves a record in another tree than this
   * client has seen. Whoever reads a tile authenticates it against a signed tree: nothing is believed for being there.
   */
  async keepTile(tile: string): Promise<void> {
    const content = await this.#route.read(`/${tile}`);
    await this.#cache.writeCache(`${this.name}/${tile}`, content);
  }

  /** Resolves when all that was proven is in the cache, and all evidence on disk. */
  async close(): Promise<void> {
    await this.#client.flush();
    await this.#pendingEvidence.settled();
  }

  #accuseOfFork(text: string): void {
    this.#head.distrust();
    this.#keepEvidence({
      kind: "fork",
      summary: "has signed trees that contradict each other",
      text,
      identity: text,
    });
  }

  #accuseOfLie({ path, content, head, error }: UnprovenAnswer): void {
    const answer = Buffer.from(content.buffer, content.byteOffset, content.length);
    this.#keepEvidence({
      kind: "unproven",
      summary: `gave an answer to ${path} that cannot be proven: ${error.message}`,
      text: `answered:\n${answer.toString("utf8")}\nnewest tree known:\n${Buffer.from(head).toString("utf8")}`,
      identity: `${path}\n${answer.toString("base64")}`,
    });
  }

  #keepEvidence(evidence: Omit<Parameters<Evidence["keep"]>[0], "database">): void {
    const keep = async (): Promise<void> => {
      await this.#evidence.keep({ database: this.name, ...evidence });
    };
    void this.#pendingEvidence.start(keep);
  }
}

/** `pkg/sumdb` of the first GOPATH, where cmd/go keeps tree heads; without a GOPATH, a directory of the store. */
export function sumdbConfigDirectory(gopath: string | undefined, fallback: string): string {
  const first = gopath?.split(":")[0];
  return first === undefined || first === ""
    ? join(fallback, "heads")
    : join(first, "pkg", "sumdb");
}
