import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../../../../test/support/temporary_directory.ts";
import type { GitForge } from "../../../testdata/git_forge.ts";
import type { CodeHost } from "../../code_host.ts";
import { GitRepositories } from "../../git/git_repositories.ts";

/** Clones of the repositories of a {@linkcode GitForge}, made over HTTP as those of any other host. */
export class ForgeClones implements AsyncDisposable {
  readonly #directory: TemporaryDirectory = temporaryDirectory();
  readonly #repositories: GitRepositories;

  constructor(forge: GitForge) {
    this.#repositories = new GitRepositories({
      directory: this.#directory.join("clones"),
      environment: {
        ...forge.environment,
        PATH: process.env["PATH"],
        HOME: this.#directory.path,
      },
      // Repositories stay as they are while they are asked about.
      freshness: 600_000,
    });
  }

  /** The repository at a URL. */
  open(url: string): CodeHost {
    return this.#repositories.open(url, { insecure: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#repositories.close();
    this.#directory[Symbol.dispose]();
  }
}
