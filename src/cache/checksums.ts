import { GomodfsError } from "../lib/gomodfs_error.ts";
import { formatModuleVersion, type H1, type ModulePath, type ModuleVersion } from "../module/module_version.ts";

/** Hashes that the project at hand has written down: go.sum and go.work.sum. */
export interface KnownSums {
  /** The hashes of the module's zip that are acceptable; empty if none is known. */
  zip(id: ModuleVersion): readonly H1[];
  /** The hashes of its go.mod that are acceptable; empty if none is known. */
  goMod(id: ModuleVersion): readonly H1[];
}

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

/** What a module's bytes must hash to, and who says so. */
export type Expectation =
  | {
      readonly source: "go.sum" | "checksum database";
      readonly database?: string;
      readonly zip: readonly H1[];
      readonly goMod: readonly H1[];
    }
  /** Settings exempt the module from verification, and no go.sum names it. */
  | { readonly source: "exempt" };

/** What kind of bytes were hashed. */
export type Hashed = "zip" | "goMod";

/** Decides what each module must hash to: go.sum first, then the checksum database (modfetch/fetch.go, checkModSum). */
export class Checksums {
  readonly #known: KnownSums;
  readonly #policy: ChecksumPolicy;

  constructor(known: KnownSums, policy: ChecksumPolicy) {
    this.#known = known;
    this.#policy = policy;
  }

  /**
   * What the zip or go.mod of `id` must hash to.
   *
   * @throws GomodfsError `UNVERIFIED` if the module must be verified and nothing can do so; whatever the look-up throws
   */
  async expectation(id: ModuleVersion, what: Hashed): Promise<Expectation> {
    const known = what === "zip" ? this.#known.zip(id) : this.#known.goMod(id);
    if (known.length > 0) {
      return { source: "go.sum", zip: this.#known.zip(id), goMod: this.#known.goMod(id) };
    }
    if (!this.#mustLookUp(id.path)) return { source: "exempt" };
    const { database } = this.#policy;
    if (database === undefined) {
      throw new GomodfsError("UNVERIFIED", `Cannot verify ${formatModuleVersion(id)}: GOSUMDB=off`, {
        hint: "toolchains are always checked against the checksum database: unset GOSUMDB, or set GOTOOLCHAIN=local",
      });
    }
    const { zip, goMod } = await database.lookup(id);
    return { source: "checksum database", database: database.name, zip: [zip], goMod: [goMod] };
  }

  /** As useSumDB of cmd/go/internal/modfetch/sumdb.go. */
  #mustLookUp(path: ModulePath): boolean {
    if (path === "golang.org/toolchain" && !this.#policy.isLocalProxyOnly) return true;
    return this.#policy.database !== undefined && !this.#policy.isExempt(path);
  }
}

/**
 * Compares a hash with what it must be.
 *
 * @throws GomodfsError `SECURITY` if it is something else
 */
export function checkHash(id: ModuleVersion, what: Hashed, actual: H1, expected: Expectation): void {
  if (expected.source === "exempt" || expected[what].includes(actual)) return;
  const thing = what === "zip" ? formatModuleVersion(id) : `${formatModuleVersion(id)}/go.mod`;
  const source = expected.database ?? expected.source;
  throw new GomodfsError(
    "SECURITY",
    `Checksum mismatch for ${thing}: downloaded ${actual}, ${source} says ${expected[what].join(" or ")}`,
    { hint: "the download may have been tampered with, or the version was changed after it was published" },
  );
}
