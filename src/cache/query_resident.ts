import type { ModulePath, ModuleVersion, Version } from "../module/module_version.ts";
import { isPseudoVersion, pseudoVersionRevision } from "../module/pseudo.ts";
import { parseRevisionInfo } from "../module/revision_info.ts";
import { listOfVersions } from "../module/version_list.ts";
import type { ModuleReader } from "../store/module_store.ts";
import type { Question } from "./query_question.ts";

/** What the store alone answers to a question. */
export interface ResidentAnswer {
  readonly content: Uint8Array;
  /**
   * Milliseconds since 1970: when the newest version in it was made. Upstream would have said the same at some time after
   * that.
   */
  readonly notBefore: number;
}

const INDEX_MILLISECONDS = 1_000;
/** As many digits of a commit as pseudo-versions have (cmd/go/internal/modfetch/codehost.ShortenSHA1). */
const REVISION_LENGTH = 12;

/**
 * Answers questions from what is resident as a whole: a go command that chooses from a list must get what it chose. Which
 * modules there are is looked up once a second at most.
 */
export class ResidentAnswers {
  readonly #store: ModuleReader;
  readonly #clock: () => number;
  #versions: ReadonlyMap<ModulePath, readonly Version[]> = new Map();
  #indexedAt = Number.NEGATIVE_INFINITY;

  /** @param clock milliseconds since 1970 */
  constructor(store: ModuleReader, clock: () => number) {
    this.#store = store;
    this.#clock = clock;
  }

  /** @returns undefined if nothing is resident that would answer it */
  answer(question: Question): ResidentAnswer | undefined {
    const versions = this.#versionsOf(question.path);
    if (versions.length === 0) return undefined;
    const { list, latest } = listOfVersions(versions);
    switch (question.kind) {
      case "list":
        return this.#answer(question.path, latest, () => Buffer.from(list));
      case "latest":
        return this.#answer(question.path, latest, (info) => info);
      case "revision":
        return this.#answer(question.path, commitVersion(versions, question.query), (info) => info);
    }
  }

  #answer(
    path: ModulePath,
    version: Version | undefined,
    content: (info: Uint8Array) => Uint8Array,
  ): ResidentAnswer | undefined {
    if (version === undefined) return undefined;
    const id: ModuleVersion = { path, version };
    const info = this.#store.readInfo(id);
    if (info === undefined) return undefined;
    return { content: content(info), notBefore: Date.parse(parseRevisionInfo(info).time) };
  }

  #versionsOf(path: ModulePath): readonly Version[] {
    const now = this.#clock();
    if (Math.abs(now - this.#indexedAt) >= INDEX_MILLISECONDS) {
      this.#versions = this.#index();
      this.#indexedAt = now;
    }
    return this.#versions.get(path) ?? [];
  }

  #index(): ReadonlyMap<ModulePath, readonly Version[]> {
    this.#store.refresh();
    const whole = this.#store.list().filter(({ info, goMod, zip }) => info && goMod && zip);
    const byPath = Map.groupBy(whole, ({ id }) => id.path);
    return new Map([...byPath].map(([path, list]) => [path, list.map(({ id }) => id.version)]));
  }
}

/** The pseudo-version of a commit, if the beginning of its hash names one alone. */
function commitVersion(versions: readonly Version[], query: string): Version | undefined {
  if (!/^[0-9a-f]{7,64}$/.test(query)) return undefined;
  const beginning = query.slice(0, REVISION_LENGTH);
  const [version, another] = versions.filter(
    (candidate) =>
      isPseudoVersion(candidate) && pseudoVersionRevision(candidate).startsWith(beginning),
  );
  return another === undefined ? version : undefined;
}
