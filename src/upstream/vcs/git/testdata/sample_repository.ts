import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { runSuccessfully } from "../../../../../test/support/program.ts";

/** Files to write: names to contents. */
export type WorkFiles = Readonly<Record<string, string | Uint8Array>>;

/** A git repository with a work tree in a directory of this machine. */
export class SampleRepository {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** Its file: URL. */
  get url(): string {
    return pathToFileURL(this.directory).href;
  }

  /** Makes it, empty. */
  static async create(directory: string, format = "sha1"): Promise<SampleRepository> {
    mkdirSync(directory, { recursive: true });
    const repository = new SampleRepository(directory);
    await repository.git("init", "-q", "-b", "master", `--object-format=${format}`);
    return repository;
  }

  /** Runs git there and gives what it prints, without the newline at the end. */
  async git(...args: readonly string[]): Promise<string> {
    return await this.gitAt("2020-01-02T03:04:05Z", ...args);
  }

  /** Runs git as if it were then: RFC 3339. */
  async gitAt(date: string, ...args: readonly string[]): Promise<string> {
    const output = await runSuccessfully(["git", ...args], {
      directory: this.directory,
      environment: {
        PATH: process.env["PATH"],
        HOME: this.directory,
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_AUTHOR_NAME: "Russ Cox",
        GIT_AUTHOR_EMAIL: "rsc@golang.org",
        GIT_COMMITTER_NAME: "Russ Cox",
        GIT_COMMITTER_EMAIL: "rsc@golang.org",
        GIT_AUTHOR_DATE: date,
        GIT_COMMITTER_DATE: date,
      },
    });
    return output.trimEnd();
  }

  /** Writes files and commits them; gives the commit's hash. */
  async commit(files: WorkFiles, message = "a commit", date?: string): Promise<string> {
    for (const [name, content] of Object.entries(files)) {
      const path = join(this.directory, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    }
    await this.git("add", "--all", "--force");
    const args = ["commit", "-q", "--allow-empty", "-m", message];
    await this.gitAt(date ?? "2020-01-02T03:04:05Z", ...args);
    return await this.git("rev-parse", "HEAD");
  }
}

/**
 * The repository of cmd/go's own tests (cmd/go/testdata/vcstest/git/gitrepo1.txt), hash by hash:
 * `ede458df…` master v1.2.3 v1.2.4-annotated, `76a00fb2…` v2.0.1 v2.3 and the branch v2.3.4, `9d028003…` v2.0.2 and the
 * branch v2, `a8205f85…` the branch v3.
 */
export async function makeGoSampleRepository(directory: string): Promise<SampleRepository> {
  const repository = await SampleRepository.create(directory);
  await repository.commit({ README: "" }, "empty README", "2018-04-17T15:43:22-04:00");
  await repository.git("tag", "v1.2.3");
  await repository.git("checkout", "-q", "-b", "v2");
  await repository.commit({ v2: "v2\n" }, "v2", "2018-04-17T15:45:48-04:00");
  for (const tag of ["v2.3", "v2.0.1"]) await repository.git("tag", tag);
  await repository.git("branch", "v2.3.4");
  const intermediate = { "foo.txt": "intermediate\n" };
  await repository.commit(intermediate, "intermediate", "2018-04-17T16:00:19-04:00");
  await repository.commit({ "another.txt": "another\n" }, "another", "2018-04-17T16:00:32-04:00");
  await repository.git("tag", "v2.0.2");
  await repository.git("checkout", "-q", "master");
  await repository.git("checkout", "-q", "-b", "v3");
  await repository.commit(
    { "v3/sub/dir/file.txt": "v3/sub/dir/file\n" },
    "add v3/sub/dir/file.txt",
    "2018-04-17T16:16:52-04:00",
  );
  await repository.git("checkout", "-q", "master");
  const annotated = ["tag", "-a", "v1.2.4-annotated", "-m", "v1.2.4-annotated"];
  await repository.gitAt("2018-04-17T22:23:00-04:00", ...annotated);
  return repository;
}
