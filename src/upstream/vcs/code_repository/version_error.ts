import { GomodfsError, isGomodfsError } from "../../../lib/gomodfs_error.ts";
import type { ModulePath } from "../../../module/module_version.ts";

/**
 * The error for a version that does not exist, or not as a version of this module, in the words of x/mod/module
 * InvalidVersionError. For whoever asks it is absent: proxies answer 404 (cmd/go's notExistError).
 */
export function invalidVersion(path: ModulePath, version: string, reason: string): GomodfsError {
  return new GomodfsError("NOT_FOUND", `${path}@${cut(version)}: invalid version: ${reason}`);
}

/** As {@linkcode invalidVersion}, for a pseudo-version that disagrees with the repository. */
export function invalidPseudoVersion(
  path: ModulePath,
  version: string,
  reason: string,
): GomodfsError {
  return new GomodfsError("NOT_FOUND", `${path}@${version}: invalid pseudo-version: ${reason}`);
}

/** What a repository said when it was asked for a version, with the version's name; its code stays. */
export function namingVersion(path: ModulePath, version: string, error: unknown): unknown {
  if (!isGomodfsError(error)) return error;
  const { code, hint, message } = error;
  if (code === "NOT_FOUND") return invalidVersion(path, version, message);
  return new GomodfsError(code, `${path}@${cut(version)}: ${message}`, {
    cause: error,
    ...(hint !== undefined && { hint }),
  });
}

/** A revision that was asked for may be as long as a URL. */
function cut(version: string): string {
  return version.length <= 100 ? version : `${version.slice(0, 100)}...`;
}
