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
}
