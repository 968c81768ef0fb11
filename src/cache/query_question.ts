import { GomodfsError, isGomodfsError } from "../lib/gomodfs_error.ts";
import type { ModulePath, ModuleVersion } from "../module/module_version.ts";
import { parseModuleVersion } from "../module/path.ts";
import { isPseudoVersion, pseudoVersionRevision } from "../module/pseudo.ts";
import { formatRevisionInfo, parseRevisionInfo } from "../module/revision_info.ts";
import { listOfVersions, parseVersionList } from "../module/version_list.ts";
import type { FetchOptions, ModuleSource } from "../upstream/module_source.ts";

/** A question whose answer changes with time. */
export type Question =
  | { readonly kind: "list"; readonly path: ModulePath }
  | { readonly kind: "latest"; readonly path: ModulePath }
  /** `query` is a branch, a commit or a tag that is no canonical version. */
  | { readonly kind: "revision"; readonly path: ModulePath; readonly query: string };

/** What a source answered. */
export interface SourceAnswer {
  /** As QueryAnswer has it. */
  readonly content: Uint8Array;
  /** The version that it names; undefined for a list. */
  readonly id: ModuleVersion | undefined;
}

/** As the go command names it: `github.com/a/b@latest`. Different questions have different names. */
export function formatQuestion(question: Question): string {
  switch (question.kind) {
    case "list":
      return `${question.path}/@v/list`;
    case "latest":
      return `${question.path}/@latest`;
    case "revision":
      return `${question.path}@${question.query}`;
  }
}

/** Whether no other answer will ever be given: a commit stays what it is, if it is asked for by its whole hash. */
export function isLasting(question: Question, content: Uint8Array): boolean {
  if (question.kind !== "revision" || !isWholeHash(question.query)) return false;
  try {
    const { version } = parseRevisionInfo(content);
    // A commit that has a tag is called by the tag, and another tag may come.
    return isPseudoVersion(version) && question.query.startsWith(pseudoVersionRevision(version));
  } catch (error) {
    if (isGomodfsError(error, "INVALID")) return false;
    throw error;
  }
}

/**
 * Asks a source.
 *
 * @throws GomodfsError `UPSTREAM` if the answer makes no sense, and whatever the source throws
 */
export async function askSource(
  source: ModuleSource,
  question: Question,
  options: FetchOptions,
): Promise<SourceAnswer> {
  switch (question.kind) {
    case "list":
      return listAnswer(question, await source.versions(question.path, options));
    case "latest":
      return infoAnswer(question, await source.latest(question.path, options));
    case "revision": {
      const { path, query } = question;
      return infoAnswer(question, await source.revision(path, query, options));
    }
  }
}

function listAnswer(question: Question, body: Uint8Array): SourceAnswer {
  const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString("utf8");
  const versions = parseVersionList(question.path, text);
  // A login page must not take the place of a list.
  if (versions.length === 0 && text.trimStart().startsWith("<")) throw nonsense(question);
  return { content: Buffer.from(listOfVersions(versions).list), id: undefined };
}

function infoAnswer(question: Question, body: Uint8Array): SourceAnswer {
  try {
    const info = parseRevisionInfo(body);
    const id = parseModuleVersion(question.path, info.version);
    return { content: Buffer.from(formatRevisionInfo(info)), id };
  } catch (error) {
    if (isGomodfsError(error, "INVALID")) throw nonsense(question, error);
    throw error;
  }
}

function nonsense(question: Question, cause?: GomodfsError): GomodfsError {
  const reason = cause === undefined ? "that is no list of versions" : `: ${cause.message}`;
  return new GomodfsError(
    "UPSTREAM",
    `upstream answered something to ${formatQuestion(question)} ${reason}`,
    { ...(cause !== undefined && { cause }) },
  );
}

/** The complete SHA-1 or SHA-256 name of a git commit. */
function isWholeHash(query: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(query);
}
