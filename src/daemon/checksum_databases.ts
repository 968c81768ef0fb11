import { join } from "node:path";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import type { Logger } from "../lib/logger.ts";
import { Evidence, type SecurityEvent } from "../sumdb/evidence.ts";
import { type ChecksumDatabaseSetting, parseChecksumDatabase } from "../sumdb/known_keys.ts";
import type { ChecksumDatabaseAddress } from "../upstream/checksum_database_route.ts";
import { SumdbDatabase } from "./checksum_database.ts";
import type { ChecksumDatabaseMirror, DatabaseRoute } from "./checksum_database_mirror.ts";

/** What the checksum databases of a daemon are made of. */
export interface ChecksumDatabasesOptions {
  /** What GOSUMDB says. */
  readonly gosumdb: ChecksumDatabaseSetting;
  /** More of them to be served, each as GOSUMDB spells one: `NAME+HASH+KEY [URL]`. */
  readonly further: readonly string[];
  readonly routeTo: (address: ChecksumDatabaseAddress) => DatabaseRoute;
  /** Where verified records and tiles are kept. */
  readonly cacheDirectory: string;
  /** Where they are until they are complete, on the same file system; beside their places unless given. */
  readonly temporaryDirectory: string | undefined;
  /** The signed tree heads last seen. */
  readonly configDirectory: string;
  /** For `evidence/`. */
  readonly stateDirectory: string;
  readonly log: Logger;
  /** Milliseconds since 1970; tests give their own. */
  readonly clock?: () => number;
}

type DatabaseSetting = Extract<ChecksumDatabaseSetting, { kind: "database" }>;

/** The checksum database that modules are verified with, and others that are served beside it. */
export class ChecksumDatabases {
  /** That of GOSUMDB; undefined with GOSUMDB=off. */
  readonly own: SumdbDatabase | undefined;
  readonly #all: readonly SumdbDatabase[];
  readonly #evidence: Evidence;

  /** @throws GomodfsError `USAGE` for a setting that cannot be read, or two keys for one name */
  constructor(options: ChecksumDatabasesOptions) {
    const { gosumdb, further, routeTo, stateDirectory, log, clock = Date.now } = options;
    const evidence = new Evidence({ directory: join(stateDirectory, "evidence"), log, clock });
    const settings = distinctSettings([gosumdb, ...further.map(parseChecksumDatabase)]);
    this.#evidence = evidence;
    this.#all = settings.map((setting) => {
      const url = setting.url === undefined ? undefined : new URL(setting.url);
      const route = routeTo({ name: setting.name, url });
      return new SumdbDatabase({ ...options, setting, route, evidence, clock });
    });
    this.own = gosumdb.kind === "off" ? undefined : this.#all[0];
  }

  /** Each as it is served to others. */
  get mirrors(): ChecksumDatabaseMirror[] {
    return this.#all.map(({ mirror }) => mirror);
  }

  /** What databases did that their operators have to explain, earlier processes' finds included. */
  get securityEvents(): readonly SecurityEvent[] {
    return this.#evidence.events;
  }

  /** Resolves when all that was proven is in the cache, and all evidence on disk. */
  async close(): Promise<void> {
    await Promise.all(this.#all.map(async (database) => await database.close()));
  }
}

function distinctSettings(settings: readonly ChecksumDatabaseSetting[]): DatabaseSetting[] {
  const byName = new Map<string, DatabaseSetting>();
  for (const setting of settings) {
    if (setting.kind === "off") continue;
    const first = byName.get(setting.name);
    if (first !== undefined && first.verifier.keyHash !== setting.verifier.keyHash) {
      throw new GomodfsError(
        "USAGE",
        `there are two keys for the checksum database ${setting.name}`,
        {
          hint: "name each database once",
        },
      );
    }
    if (first === undefined) byName.set(setting.name, setting);
  }
  return [...byName.values()];
}
