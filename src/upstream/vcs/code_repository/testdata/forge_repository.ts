import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import type { GitForge } from "../../../testdata/git_forge.ts";

/** A file of a commit: its content, where a symbolic link leads, or null if it goes. */
export type CommittedFile = string | Uint8Array | { readonly link: string } | null;

/** What to commit. */
export interface ForgeCommit {
  /** Names relative to the root. Others stay as they are. */
  readonly files?: Readonly<Record<string, CommittedFile>>;
  /** Lightweight tags; with "!" in front, annotated ones. */
  readonly tags?: readonly string[];
  /** RFC 3339. */
  readonly date?: string;
  /** How the bytes of the files' names are; UTF-8 unless given. */
  readonly names?: "latin1";
}

/** Builds a repository of a {@linkcode GitForge} commit by commit. */
export class ForgeRepository {
  readonly #forge: GitForge;
  readonly #name: string;

  constructor(forge: GitForge, name: string) {
    this.#forge = forge;
    this.#name = name;
  }

  /** Commits on top of what is there, and gives the commit's name. */
  async commit({ files = {}, tags = [], date, names }: ForgeCommit): Promise<string> {
    const work = this.#forge.workTree(this.#name);
    mkdirSync(work, { recursive: true });
    for (const [name, file] of Object.entries(files)) put(Buffer.from(`${work}/${name}`, names), file);
    const repository = this.#forge.repository(this.#name);
    if (!existsSync(repository)) {
      await this.git("init", "--quiet", "--initial-branch=main", "--separate-git-dir", repository);
    }
    await this.git("add", "--all", "--force");
    const args = ["commit", "--quiet", "--allow-empty", "--message", "a commit"];
    await this.#forge.git(this.#name, args, date);
    for (const tag of tags) {
      if (tag.startsWith("!")) await this.git("tag", "--annotate", "--message=t", tag.slice(1));
      else await this.git("tag", tag);
    }
    return (await this.git("rev-parse", "HEAD")).trim();
  }

  /** Runs git in the work tree. */
  async git(...args: readonly string[]): Promise<string> {
    return await this.#forge.git(this.#name, args);
  }
}

function put(path: Buffer, file: CommittedFile): void {
  mkdirSync(path.subarray(0, path.lastIndexOf("/")), { recursive: true });
  if (file === null) rmSync(path);
  else if (typeof file === "string" || file instanceof Uint8Array) writeFileSync(path, file);
  else symlinkSync(file.link, path);
}
