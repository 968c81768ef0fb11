import type { ModulePath } from "../module/module_version.ts";

/** What upstream said to a question whose answer changes with time, and how old that is. */
export interface QueryAnswer {
  /** The body as the GOPROXY protocol has it: the lines of a list, or a RevInfo in canonical JSON. */
  readonly content: Uint8Array;
  /** Since upstream said so, in seconds; 0 for what was asked just now. */
  readonly ageSeconds: number;
  /** Whether it is past its time, and given because upstream cannot be asked. */
  readonly stale: boolean;
}

/** How to ask {@linkcode ModuleQueries}. */
export interface QueryOptions {
  /** Gives up: the promise rejects with GomodfsError `CANCELLED`, which ends nobody else's waiting for the same answer. */
  readonly signal: AbortSignal;
  /** Asks no upstream: what is resident and what was heard earlier must do, otherwise `NOT_FOUND`. */
  readonly offline: boolean;
}

/**
 * The questions about modules that no store answers by itself, since their answers change with time.
 *
 * Every method throws GomodfsError: `NOT_FOUND` if upstream says so, or if `offline` and nothing is known; otherwise the
 * code of what went wrong.
 */
export interface ModuleQueries {
  /** The tagged versions of a module: a line each (`@v/list`), sorted; empty where it has none. */
  versions(path: ModulePath, options: QueryOptions): Promise<QueryAnswer>;
  /** The RevInfo of its newest version (`@latest`). */
  latest(path: ModulePath, options: QueryOptions): Promise<QueryAnswer>;
  /** The RevInfo of what a branch, a commit or a tag that is no canonical version names, `query` unescaped. */
  revision(path: ModulePath, query: string, options: QueryOptions): Promise<QueryAnswer>;
}
