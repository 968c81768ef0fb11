import { isPseudoVersion } from "../../../module/pseudo.ts";
import { canonical } from "../../../module/semver.ts";

/** The version that a tag stands for. */
export interface TagVersion {
  /** Without build metadata, so not always the tag's own text. */
  readonly version: string;
  /** Whether the tag is exactly that version: two tags with metadata may share one. */
  readonly isCanonical: boolean;
}

/**
 * The version of a tag; undefined for a tag of something else, of an incomplete version (`v1.2`), and for one that looks
 * like a pseudo-version (tagToVersion of cmd/go/internal/modfetch/coderepo.go).
 *
 * @param tagPrefix the module's directory and a slash, or ""
 */
export function tagVersion(tag: string, tagPrefix: string): TagVersion | undefined {
  if (!tag.startsWith(tagPrefix) || isPseudoVersion(tag)) return undefined;
  const text = tag.slice(tagPrefix.length);
  const version = canonical(text);
  if (version === "" || !text.startsWith(version)) return undefined;
  return { version, isCanonical: version === text };
}
