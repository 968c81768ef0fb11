import { setTimeout as sleep } from "node:timers/promises";
import { LRUCache } from "lru-cache";
import { type ErrorCode, GomodfsError, isGomodfsError } from "../lib/gomodfs_error.ts";
import type { Logger } from "../lib/logger.ts";
import type { ModulePath, ModuleVersion } from "../module/module_version.ts";
import type { ModuleReader } from "../store/module_store.ts";
import { PendingWrites } from "../sumdb/pending_writes.ts";
import type { ModuleSource } from "../upstream/module_source.ts";
import { SharedFlights } from "../upstream/shared_flights.ts";
import { FailureLog, type FetchFailure } from "./failure_log.ts";
import type { ModuleQueries, QueryAnswer, QueryOptions } from "./query_answer.ts";
import { askSource, formatQuestion, isLasting, type Question } from "./query_question.ts";
import { ResidentAnswers } from "./query_resident.ts";
import { type KeptAnswer, QueryStore } from "./query_store.ts";

/** What {@linkcode CachedModuleQueries} are made of. */
export interface CachedModuleQueriesOptions {
  readonly source: ModuleSource;
  /** Answers what neither upstream nor an earlier answer does. */
  readonly store: ModuleReader;
  /** Where answers are kept. */
  readonly directory: string;
  readonly log: Logger;
  /** Told each version that an answer names: it exists, whatever was heard of it before. */
  readonly onVersion?: (id: ModuleVersion) => void;
  /** Milliseconds that an answer is as good as a new one; a minute unless given. */
  readonly freshFor?: number;
  /** Milliseconds that upstream has to answer where an older answer is known; two seconds unless given. */
  readonly patience?: number;
  /** Milliseconds since 1970; tests give their own. */
  readonly clock?: () => number;
}

/** Bytes of answers in memory. */
const MAX_MEMORY = 16 << 20;
const MAX_PENDING_WRITES = 64;
/** Past this share of its time an answer is asked for again while it is given, so that nobody waits for what many ask. */
const RENEWAL_SHARE = 3 / 4;
/** What an Age header can say (RFC 9111 section 1.2.2). */
const MAX_AGE_SECONDS = 2 ** 31;

/** Failures after which an older answer is better than none. The others are answers themselves, or the asker's doing. */
const UPSTREAM_FAILURES: ReadonlySet<ErrorCode> = new Set([
  "UPSTREAM",
  "TIMEOUT",
  "FORBIDDEN",
  "UNSUPPORTED",
  "BUSY",
]);

/**
 * Answers that outlive upstream. One that is fresh is given again; one that is older is asked for again, and given as
 * stale if upstream fails or takes long. What was never asked is answered from what is resident. That there is no such
 * thing is an answer too, but one that counts for seconds only, so that a release shows up soon.
 */
export class CachedModuleQueries implements ModuleQueries {
  readonly #options: CachedModuleQueriesOptions;
  readonly #clock: () => number;
  readonly #freshFor: number;
  readonly #patience: number;
  readonly #memory = new LRUCache<string, KeptAnswer>({
    maxSize: MAX_MEMORY,
    sizeCalculation: ({ content }) => content.length + 1,
  });
  readonly #disk: QueryStore;
  readonly #writes: PendingWrites;
  readonly #residents: ResidentAnswers;
  readonly #flights = new SharedFlights<KeptAnswer>();
  readonly #failures: FailureLog;

  constructor(options: CachedModuleQueriesOptions) {
    this.#options = options;
    this.#clock = options.clock ?? Date.now;
    this.#freshFor = options.freshFor ?? 60_000;
    this.#patience = options.patience ?? 2_000;
    this.#disk = new QueryStore(options.directory);
    this.#writes = new PendingWrites(MAX_PENDING_WRITES, (error) =>
      options.log.warn("cannot keep an answer of upstream", { error }),
    );
    this.#residents = new ResidentAnswers(options.store, this.#clock);
    this.#failures = new FailureLog(this.#clock);
  }

  /** The last failures of upstream, the newest last. */
  get failures(): readonly FetchFailure[] {
    return this.#failures.last;
  }

  async versions(path: ModulePath, options: QueryOptions): Promise<QueryAnswer> {
    return await this.#answer({ kind: "list", path }, options);
  }

  async latest(path: ModulePath, options: QueryOptions): Promise<QueryAnswer> {
    return await this.#answer({ kind: "latest", path }, options);
  }

  async revision(path: ModulePath, query: string, options: QueryOptions): Promise<QueryAnswer> {
    return await this.#answer({ kind: "revision", path, query }, options);
  }

  /** Resolves when all answers are kept. */
  async close(): Promise<void> {
    await this.#writes.settled();
  }

  async #answer(question: Question, options: QueryOptions): Promise<QueryAnswer> {
    const kept = await this.#recall(question);
    if (kept !== undefined && this.#isFresh(question, kept)) {
      if (!options.offline && this.#isAgeing(question, kept)) void this.#renew(question);
      return this.#answerOf(kept, false);
    }
    if (options.offline) return this.#withoutUpstream(question, kept, notKnown(question));
    try {
      return this.#answerOf(await this.#askAgain(question, kept, options.signal), false);
    } catch (error) {
      if (!isGomodfsError(error) || !UPSTREAM_FAILURES.has(error.code)) throw error;
      return this.#withoutUpstream(question, kept, error);
    }
  }

  async #recall(question: Question): Promise<KeptAnswer | undefined> {
    const key = formatQuestion(question);
    const remembered = this.#memory.get(key);
    if (remembered !== undefined) return remembered;
    const kept = await this.#disk.read(key);
    // Another answer may have come meanwhile.
    if (kept !== undefined && !this.#memory.has(key)) this.#memory.set(key, kept);
    return this.#memory.get(key);
  }

  async #askAgain(
    question: Question,
    kept: KeptAnswer | undefined,
    signal: AbortSignal,
  ): Promise<KeptAnswer> {
    const recent = this.#failures.recent(formatQuestion(question));
    if (recent !== undefined) throw recent.error;
    if (kept === undefined) return await this.#ask(question, signal);
    const patience = new AbortController();
    try {
      const tooLong = sleep(this.#patience, undefined, { signal: patience.signal, ref: false });
      const answer = await Promise.race([this.#renew(question), tooLong]);
      if (answer !== undefined) return answer;
      throw new GomodfsError(
        "TIMEOUT",
        `upstream has not answered ${formatQuestion(question)} in ${this.#patience} ms`,
      );
    } finally {
      patience.abort();
    }
  }

  /** Asks upstream even if nobody waits for the answer. */
  #renew(question: Question): Promise<KeptAnswer> {
    const renewal = this.#ask(question, undefined);
    renewal.catch(() => {}); // it is in the log
    return renewal;
  }

  async #ask(question: Question, signal: AbortSignal | undefined): Promise<KeptAnswer> {
    const key = formatQuestion(question);
    return await this.#flights.join(key, signal, async (flightSignal) => {
      try {
        const options = { signal: flightSignal };
        const { content, id } = await askSource(this.#options.source, question, options);
        const answer = { content, askedAt: this.#clock() };
        this.#memory.set(key, answer);
        await this.#writes.start(() => this.#disk.write(key, answer));
        if (id !== undefined) this.#options.onVersion?.(id);
        return answer;
      } catch (error) {
        await this.#account(key, error);
        throw error;
      }
    });
  }

  async #account(key: string, error: unknown): Promise<void> {
    if (isGomodfsError(error, "CANCELLED")) return;
    this.#failures.add(key, error);
    if (isGomodfsError(error, "NOT_FOUND")) {
      this.#memory.delete(key);
      await this.#writes.start(() => this.#disk.remove(key));
      return;
    }
    this.#options.log.warn(`cannot ask upstream for ${key}`, { error });
  }

  /** @throws `error` if nothing is known */
  #withoutUpstream(
    question: Question,
    kept: KeptAnswer | undefined,
    error: GomodfsError,
  ): QueryAnswer {
    if (kept !== undefined) return this.#answerOf(kept, true);
    const resident = this.#residents.answer(question);
    if (resident === undefined) throw error;
    return this.#answerOf({ content: resident.content, askedAt: resident.notBefore }, true);
  }

  #answerOf({ content, askedAt }: KeptAnswer, stale: boolean): QueryAnswer {
    const seconds = Math.floor((this.#clock() - askedAt) / 1000);
    return { content, ageSeconds: Math.min(Math.max(0, seconds), MAX_AGE_SECONDS), stale };
  }

  #isFresh(question: Question, { content, askedAt }: KeptAnswer): boolean {
    if (isLasting(question, content)) return true;
    // An answer from the future, given before the clock was set back, is of unknown age.
    return this.#clock() >= askedAt && this.#clock() < askedAt + this.#freshFor;
  }

  #isAgeing(question: Question, { content, askedAt }: KeptAnswer): boolean {
    if (this.#clock() < askedAt + this.#freshFor * RENEWAL_SHARE) return false;
    const isRefused = this.#failures.recent(formatQuestion(question)) !== undefined;
    return !isRefused && !isLasting(question, content);
  }
}

function notKnown(question: Question): GomodfsError {
  return new GomodfsError(
    "NOT_FOUND",
    `${formatQuestion(question)} is not known here, and upstream was not to be asked`,
  );
}
