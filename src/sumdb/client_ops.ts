import type { GomodfsError } from "../lib/gomodfs_error.ts";

/**
 * What a {@linkcode SumdbClient} needs of the world, as golang.org/x/mod/sumdb.ClientOps. All methods may be called
 * while others are under way. `file` is a relative, slash-separated name that starts with the database's name.
 */
export interface ClientOps {
  /**
   * Reads `path` ("/lookup/..." or "/tile/...") from the database.
   *
   * @throws GomodfsError for every answer but HTTP 200; `NOT_FOUND` for 404 and 410
   */
  readRemote(path: string): Promise<Uint8Array>;
  /** Reads the configuration file `NAME/latest`, the signed tree last seen; no bytes if there is none yet. */
  readConfig(file: string): Promise<Uint8Array>;
  /**
   * Replaces a configuration file in one step, if it still has the content `old` or none.
   *
   * @returns `conflict` if it has other content
   * @throws GomodfsError if it cannot be written
   */
  writeConfig(file: string, old: Uint8Array, content: Uint8Array): Promise<"written" | "conflict">;
  /** Reads a cached file, such as `NAME/lookup/M@V` or `NAME/tile/8/0/x012/345`. Failing is like having nothing. */
  readCache(file: string): Promise<Uint8Array | undefined>;
  /** Keeps a file that is proven. Failing is logged and otherwise ignored. */
  writeCache(file: string, content: Uint8Array): Promise<void>;
  log(message: string): void;
  /** Is told, with all evidence, when the database contradicts itself. */
  securityError(message: string): void;
  /** Is told of an answer of the remote that nothing but a lie or damage can explain, other than a contradiction. */
  unproven?(answer: UnprovenAnswer): void;
}

/** An answer that is not signed by the database, or not part of the log that it has signed. */
export interface UnprovenAnswer {
  /** What was asked for: `/lookup/M@V`, `/latest`. */
  readonly path: string;
  readonly content: Uint8Array;
  /** The signed head of the tree in which it was looked for; no bytes if there was none. */
  readonly head: Uint8Array;
  readonly error: GomodfsError;
}
