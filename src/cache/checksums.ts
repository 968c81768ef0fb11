import { GomodfsError } from "../lib/gomodfs_error.ts";
import type { GoSum, SumKind } from "../module/go_sum.ts";
import {
  formatModuleVersion,
  type H1,
  type ModulePath,
  type ModuleVersion,
} from "../module/module_version.ts";
import { TOOLCHAIN_PATH } from "../module/toolchain.ts";

/** A checksum database whose answers are proven against its signed tree. */
export interface ChecksumDatabase {
  readonly name: string;
  /** The hashes of a module version. */
  lookup(id: ModuleVersion): Promise<{ readonly zip: H1; readonly goMod: H1 }>;
}

/** Settings that say what must be verified, as cmd/go reads them. */
export interface ChecksumPolicy {
  /** Undefined for GOSUMDB=off. */
  readonly database: ChecksumDatabase | undefined;
  /** Whether GONOSUMDB (or GOPRIVATE) exempts the module. */
  isExempt(path: ModulePath): boolean;
  /** GOPROXY is one file: URL, with which a toolchain need not be in the database. */
  readonly isLocalProxyOnly: boolean;
}

/** What a module's bytes must hash to, and who says so: go.sum or the name of a checksum database. */
export type Expectation =
  | { readonly source: string; readonly hashes: ReadonlySet<H1> }
  /** Settings exempt the module from verification, and no go.sum names it. */
  | "exempt";

/** Decides what each module must hash to: go.sum first, then the checksum database (modfetch/fetch.go, checkModSum). */
export class Checksums {
  readonly #known: GoSum;
  readonly #policy: ChecksumPolicy;

  constructor(known: GoSum, policy: ChecksumPolicy) {
    this.#known = known;
    this.#policy = policy;
  }

  /**
   * What the zip or go.mod of `id` must hash to.
   *
   * @throws GomodfsError `UNVERIFIED` if the module must be verified and nothing can do so; whatever the look-up throws
   */
  async expectation(id: ModuleVersion, what: SumKind): Promise<Expectation> {
    const known = this.#known.hashes(id, what);
    if (known.size > 0) return { source: "go.sum", hashes: known };
    if (!this.#mustLookUp(id.path)) return "exempt";
    const { database } = this.#policy;
    if (database === undefined) {
      throw new GomodfsError(
        "UNVERIFIED",
        `cannot verify ${formatModuleVersion(id)}: GOSUMDB=off`,
        {
          hint: "toolchains are always checked against the checksum database: unset GOSUMDB, or set GOTOOLCHAIN=local",
        },
      );
    }
    const record = await database.lookup(id);
    return { source: database.name, hashes: new Set([record[what]]) };
  }

  /** Whether no database is to be told the name of a module. */
  isExempt(path: ModulePath): boolean {
    return this.#policy.isExempt(path);
  }

  /** As useSumDB of cmd/go/internal/modfetch/sumdb.go. */
  #mustLookUp(path: ModulePath): boolean {
    if (path === TOOLCHAIN_PATH && !this.#policy.isLocalProxyOnly) return true;
    return this.#policy.database !== undefined && !this.#policy.isExempt(path);
  }
}

/**
 * Compares a hash with what it must be.
 *
 * @throws GomodfsError `SECURITY` if it is something else
 */
export function checkHash(
  id: ModuleVersion,
  what: SumKind,
  actual: H1,
  expected: Expectation,
): void {
  if (expected === "exempt" || expected.hashes.has(actual)) return;
  const thing = what === "zip" ? formatModuleVersion(id) : `${formatModuleVersion(id)}/go.mod`;
  throw new GomodfsError(
    "SECURITY",
    `checksum mismatch for ${thing}: downloaded ${actual}, ${expected.source} says ${[...expected.hashes].join(" or ")}`,
    {
      hint: "the download may have been tampered with, or the version was changed after it was published",
    },
  );
}
