import { GomodfsError } from "../lib/gomodfs_error.ts";
import { GoWorkspace } from "./go_workspace.ts";

/** What an {@linkcode IdleWorkspace} is made of. */
export interface IdleWorkspaceOptions {
  readonly spoolDirectory: string;
  /** Milliseconds without use after which it is removed. */
  readonly idleTime: number;
  /** Told just before that. */
  readonly onRemove: () => void;
}

/** A workspace that is made when it is needed, shared by all who use it at once, and removed when it has lain idle. */
export class IdleWorkspace {
  readonly #options: IdleWorkspaceOptions;
  #workspace: Promise<GoWorkspace> | undefined;
  #users = 0;
  #timer: NodeJS.Timeout | undefined;
  #closing: PromiseWithResolvers<void> | undefined;

  constructor(options: IdleWorkspaceOptions) {
    this.#options = options;
  }

  /**
   * Keeps the workspace from being removed until the promise of `task` settles.
   *
   * @throws GomodfsError `STORE` if it cannot be made, `CANCELLED` after {@linkcode close}, and whatever `task` throws
   */
  async use<T>(task: (workspace: GoWorkspace) => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) {
      throw new GomodfsError("CANCELLED", "version control is not asked any longer");
    }
    this.#users += 1;
    clearTimeout(this.#timer);
    try {
      return await task(await this.#open());
    } finally {
      this.#users -= 1;
      if (this.#users === 0) this.#fallIdle();
    }
  }

  /** Removes the workspace when its last user is gone. */
  async close(): Promise<void> {
    this.#closing ??= Promise.withResolvers<void>();
    if (this.#users === 0) this.#closing.resolve();
    await this.#closing.promise;
    clearTimeout(this.#timer);
    await this.#remove();
  }

  #open(): Promise<GoWorkspace> {
    if (this.#workspace === undefined) {
      const workspace = GoWorkspace.create(this.#options.spoolDirectory);
      this.#workspace = workspace;
      workspace.catch(() => {
        this.#workspace = undefined;
      });
    }
    return this.#workspace;
  }

  #fallIdle(): void {
    this.#closing?.resolve();
    this.#timer = setTimeout(() => {
      // What cannot be removed now is removed as abandoned some day.
      this.#remove().catch(() => undefined);
    }, this.#options.idleTime).unref();
  }

  async #remove(): Promise<void> {
    const workspace = this.#workspace;
    if (workspace === undefined) return;
    this.#workspace = undefined;
    this.#options.onRemove();
    await (await workspace).remove();
  }
}
