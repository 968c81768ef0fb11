import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { isMissing } from "./file_error.ts";

/** Where the parts of a git repository are. */
export interface Repository {
  /** What git calls GIT_DIR. */
  readonly directory: string;
  /** `objects/pack`. */
  readonly packDirectory: string;
  /** `refs/gomod`. */
  readonly refsDirectory: string;
  /**
   * Files in the making and locks of gomodfs. Not in `objects/pack`, where `git gc --prune=now` removes what looks
   * unfinished (builtin/prune.c, remove_temporary_files), however young it is.
   */
  readonly temporaryDirectory: string;
}

/**
 * `gc` and `maintenance`: other git commands that run in the store shall not repack it by the way. `fsck`: a module may
 * hold files of these names with any content, and nothing ever checks them out.
 */
const CONFIG = `[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = true
\tlogAllRefUpdates = false
[gc]
\tauto = 0
[maintenance]
\tauto = false
[receive]
\tautogc = false
[fsck]
\thasDotgit = ignore
\tgitmodulesBlob = ignore
\tgitmodulesLarge = ignore
\tgitmodulesName = ignore
\tgitmodulesParse = ignore
\tgitmodulesPath = ignore
\tgitmodulesUpdate = ignore
\tgitmodulesUrl = ignore
`;

/** What a directory may hold and still become a repository: the beginnings of one. */
const BEGINNINGS = new Set(["config", "gomodfs", "objects", "refs"]);

/**
 * The repository at `directory`, or in its `.git`.
 *
 * @throws GomodfsError `STORE` if there is none, `UNSUPPORTED` if it is of a format that is not read here
 */
export function openRepository(directory: string): Repository {
  const nested = join(directory, ".git");
  const root = existsSync(join(nested, "HEAD")) ? nested : directory;
  if (!existsSync(join(root, "HEAD"))) {
    throw new GomodfsError("STORE", `${directory} is not a git repository`, {
      hint: "name an empty or missing directory to have a store made there",
    });
  }
  checkFormat(root);
  const repository = {
    directory: root,
    packDirectory: join(root, "objects", "pack"),
    refsDirectory: join(root, "refs", "gomod"),
    temporaryDirectory: join(root, "gomodfs"),
  };
  return repository;
}

/**
 * Makes sure that there is a repository at `directory` in which gomodfs can write.
 *
 * @throws GomodfsError as {@linkcode openRepository}, and `STORE` if the directory holds something else or is read-only
 */
export function createRepository(directory: string): Repository {
  try {
    if (isVacant(directory)) initialise(directory);
    const repository = openRepository(directory);
    mkdirSync(repository.packDirectory, { recursive: true });
    mkdirSync(repository.temporaryDirectory, { recursive: true });
    return repository;
  } catch (error) {
    if (error instanceof GomodfsError) throw error;
    throw new GomodfsError("STORE", `cannot make a store at ${directory}`, { cause: error });
  }
}

function isVacant(directory: string): boolean {
  try {
    return readdirSync(directory).every((name) => BEGINNINGS.has(name));
  } catch (error) {
    if (isMissing(error)) return true;
    throw error;
  }
}

/** HEAD comes last and at once: a directory without it is no repository to git and vacant to us. */
function initialise(directory: string): void {
  for (const path of ["objects/pack", "objects/info", "refs/heads", "refs/gomod", "gomodfs"]) {
    mkdirSync(join(directory, path), { recursive: true });
  }
  writeFileSync(join(directory, "config"), CONFIG);
  const head = join(directory, "gomodfs", `HEAD.${process.pid}`);
  writeFileSync(head, "ref: refs/heads/main\n");
  renameSync(head, join(directory, "HEAD"));
}

function checkFormat(directory: string): void {
  const path = join(directory, "config");
  if (!existsSync(path) || statSync(path).size > 1024 * 1024) return;
  const config = readFileSync(path, "utf8");
  if (
    /^\s*objectformat\s*=\s*sha256/im.test(config) ||
    /^\s*refstorage\s*=\s*reftable/im.test(config)
  ) {
    throw new GomodfsError(
      "UNSUPPORTED",
      `${directory} is a git repository with SHA-256 or reftable`,
      {
        hint: "use another directory for the store",
      },
    );
  }
}
