import { SingleFlight } from "../lib/single_flight.ts";
import type { LatestAnswer, SumdbClient } from "../sumdb/client.ts";
import type { Evidence } from "../sumdb/evidence.ts";
import type { FileConfig } from "../sumdb/file_config.ts";
import type { Tree } from "../sumdb/tlog.ts";

/** What a {@linkcode DatabaseHead} is made of. */
export interface DatabaseHeadOptions {
  readonly name: string;
  readonly client: SumdbClient;
  readonly config: FileConfig;
  readonly evidence: Evidence;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** A head, and since when it was known. */
interface KnownHead {
  readonly tree: Tree;
  readonly message: Uint8Array;
  readonly since: number;
}

/** Milliseconds that caches between us and a database may show an older head than the one we know. */
const ROLLBACK_GRACE = 3_600_000;

/**
 * The newest signed head of a database, asked for now and then. A database whose newest head is older than one that has
 * been known for an hour goes backwards: that is kept as evidence, and the newer head stays.
 */
export class DatabaseHead {
  readonly #name: string;
  readonly #client: SumdbClient;
  readonly #config: FileConfig;
  readonly #evidence: Evidence;
  readonly #clock: () => number;
  readonly #refreshing = new SingleFlight<void>();
  #askedAt = Number.NEGATIVE_INFINITY;
  #heardAt: number | undefined;
  /** Known for at least the grace. */
  #settled: KnownHead | undefined;
  #recent: KnownHead | undefined;
  #isMisbehaving = false;

  constructor({ name, client, config, evidence, clock }: DatabaseHeadOptions) {
    this.#name = name;
    this.#client = client;
    this.#config = config;
    this.#evidence = evidence;
    this.#clock = clock;
  }

  /** Whether the database was caught since this process began. Only people can find out why, and begin anew. */
  get isMisbehaving(): boolean {
    return this.#isMisbehaving;
  }

  /** Says that the database was caught. */
  distrust(): void {
    this.#isMisbehaving = true;
  }

  /** When the database last confirmed the head or gave it, in milliseconds since 1970; undefined if that is not known. */
  async heardAt(): Promise<number | undefined> {
    const writtenAt = await this.#writtenAt();
    if (this.#heardAt === undefined || writtenAt === undefined) return this.#heardAt ?? writtenAt;
    return Math.max(this.#heardAt, writtenAt);
  }

  /**
   * Asks for a newer head, unless that was done less than `pace` milliseconds ago. Whoever comes meanwhile waits for it.
   *
   * @throws GomodfsError as SumdbClient.refreshLatest
   */
  async refresh(pace: number): Promise<void> {
    const since = this.#clock() - this.#askedAt;
    if (this.#refreshing.size === 0 && since >= 0 && since < pace) return;
    await this.#refreshing.run("", async () => await this.#refresh());
  }

  async #refresh(): Promise<void> {
    // Before the question: one that fails is not repeated at once either.
    this.#askedAt = this.#clock();
    await this.#client.load();
    await this.#remember();
    const answer = await this.#client.refreshLatest();
    await this.#remember();
    const isOlder = answer.tree.size < this.#client.latest.size;
    if (!isOlder) this.#heardAt = this.#clock();
    else if (this.#settled !== undefined && answer.tree.size < this.#settled.tree.size) {
      await this.#accuse(answer, this.#settled);
    }
  }

  /** Takes note of the current head, so that later ones can be compared with it. */
  async #remember(): Promise<void> {
    const now = this.#clock();
    const { latest: tree, latestHead: message } = this.#client;
    if (message.length === 0) return;
    this.#recent ??= { tree, message, since: (await this.#writtenAt()) ?? now };
    if (now - this.#recent.since < ROLLBACK_GRACE) return;
    this.#settled = this.#recent;
    this.#recent = { tree, message, since: now };
  }

  async #writtenAt(): Promise<number | undefined> {
    return await this.#config.writtenAt(`${this.#name}/latest`);
  }

  async #accuse(answer: LatestAnswer, settled: KnownHead): Promise<void> {
    this.#isMisbehaving = true;
    await this.#evidence.keep({
      database: this.#name,
      kind: "rollback",
      summary: `went back from a tree of ${settled.tree.size} records to one of ${answer.tree.size}`,
      text: [
        `known since ${new Date(settled.since).toISOString()}:`,
        Buffer.from(settled.message).toString("utf8"),
        "answered to /latest:",
        Buffer.from(answer.message).toString("utf8"),
      ].join("\n"),
      identity: `${settled.tree.size} ${answer.tree.size}`,
    });
  }
}
