import { GomodfsError } from "../lib/gomodfs_error.ts";
import { goModHash } from "../module/dirhash.ts";
import { formatModuleVersion, type H1, type ModuleVersion } from "../module/module_version.ts";
import { parseRevisionInfo } from "../module/revision_info.ts";

/** Something that an export finds where it wants to write. */
export interface ExistingPart {
  readonly id: ModuleVersion;
  /** Where it is, for messages. */
  readonly place: string;
}

/**
 * Checks that a `.info` that is there already is about the version. Sources differ in what else they say of it.
 *
 * @throws GomodfsError `SECURITY`
 */
export function checkExistingInfo({ id, place }: ExistingPart, existing: Uint8Array): void {
  if (versionOf(existing) !== id.version) {
    throw differs(place, `is not about ${formatModuleVersion(id)}`);
  }
}

/**
 * Checks that a `.mod` that is there already is the store's.
 *
 * @throws GomodfsError `SECURITY`
 */
export function checkExistingGoMod(
  { id, place }: ExistingPart,
  existing: Uint8Array,
  stored: Uint8Array,
): void {
  const [found, expected] = [goModHash(existing), goModHash(stored)];
  if (found === expected) return;
  throw differs(place, `has ${found}, the store's ${formatModuleVersion(id)}/go.mod ${expected}`);
}

/**
 * Checks that a module that is there already is the store's.
 *
 * @throws GomodfsError `SECURITY`
 */
export function checkExistingModule({ id, place }: ExistingPart, existing: H1, stored: H1): void {
  if (existing === stored) return;
  throw differs(place, `has ${existing}, the store's ${formatModuleVersion(id)} ${stored}`);
}

/** The error for something at `place` that is not what the store has. */
export function differs(place: string, how: string): GomodfsError {
  return new GomodfsError("SECURITY", `${place} is there already and ${how}`, {
    hint: "remove it, or export to another directory",
  });
}

function versionOf(info: Uint8Array): string | undefined {
  try {
    return parseRevisionInfo(info).version;
  } catch (error) {
    if (error instanceof GomodfsError) return undefined;
    throw error;
  }
}
