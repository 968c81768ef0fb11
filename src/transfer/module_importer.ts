import type { Checksums, Expectation } from "../cache/checksums.ts";
import type { ModulePart } from "../cache/module_cache.ts";
import { type ErrorCode, GomodfsError, isGomodfsError } from "../lib/gomodfs_error.ts";
import { goModHash } from "../module/dirhash.ts";
import { synthesizeGoMod } from "../module/go_mod.ts";
import type { SumKind } from "../module/go_sum.ts";
import { formatModuleVersion, type H1, type ModuleVersion } from "../module/module_version.ts";
import { canonicalRevisionInfo, parseRevisionInfo } from "../module/revision_info.ts";
import { checkZipSize } from "../module/zip_rules.ts";
import type { ModuleStore } from "../store/module_store.ts";
import { HeldZips } from "./held_zips.ts";
import { runLanes } from "./lanes.ts";
import type { Offer, OfferedFile, OfferedModule, OfferedZip } from "./offered_module.ts";
import {
  TransferCount,
  TransferRecord,
  type TransferResult,
  type TransferSummary,
} from "./transfer_result.ts";

/** Modules at a time: small files share a commit of the store with what is written beside them. */
const LANES = 64;

type Resident = Readonly<Record<ModulePart, boolean>>;

const NOTHING: Resident = { info: false, mod: false, zip: false };

/** What an importer is made of. */
export interface ModuleImporterParts {
  readonly store: ModuleStore;
  readonly checksums: Checksums;
  /** Gets large zips until they are stored; made when the first comes. */
  readonly spoolDirectory: string;
}

/**
 * Takes modules into a store. Zips and go.mod files are verified as those of a download are; a `.info`, which nothing
 * signs, must name its version, and comes only with what was verified.
 */
export class ModuleImporter {
  readonly #store: ModuleStore;
  readonly #checksums: Checksums;
  readonly #zips: HeldZips;
  readonly #resident = new Map<string, Resident>();

  constructor({ store, checksums, spoolDirectory }: ModuleImporterParts) {
    this.#store = store;
    this.#checksums = checksums;
    this.#zips = new HeldZips(spoolDirectory);
    for (const { id, info, goMod, zip } of store.list()) {
      this.#resident.set(formatModuleVersion(id), { info, mod: goMod, zip });
    }
  }

  /**
   * Takes in all that is offered and not resident. A failure ends nothing but the part that it is about.
   *
   * @param report is told what became of each offer, as soon as that is known
   * @throws whatever the iterable throws
   */
  async import(
    offers: Iterable<Offer>,
    report: (result: TransferResult) => void,
  ): Promise<TransferSummary> {
    const count = new TransferCount();
    await runLanes(offers, LANES, async (offer) => {
      const result = await this.#take(offer);
      count.add(result);
      report(result);
    });
    return count.summary;
  }

  async #take(offer: Offer): Promise<TransferResult> {
    if (offer.kind === "unreadable") {
      const record = new TransferRecord(offer.place);
      record.fail(offer.error);
      return record.result();
    }
    const key = formatModuleVersion(offer.id);
    const record = new TransferRecord(offer.id);
    const resident = this.#resident.get(key) ?? NOTHING;
    const { id, info, goMod, zip } = offer;
    await Promise.all([
      zip && !resident.zip && record.attempt("zip", () => this.#takeZip(id, zip)),
      goMod && !resident.mod && record.attempt("mod", () => this.#takeGoMod(id, goMod)),
    ]);
    if (goMod === undefined && !resident.mod && zip !== undefined && !record.failed) {
      await record.attempt("mod", () => this.#takeGoModOfZip(id));
    }
    if (info !== undefined && !resident.info && !record.failed) {
      await record.attempt("info", () => this.#takeInfo(id, info));
    }
    this.#remember(offer, resident, record);
    return record.result();
  }

  /** So that a source which has the module again is not read. */
  #remember(
    { id, info, zip, goMod }: OfferedModule,
    before: Resident,
    record: TransferRecord,
  ): void {
    if (record.failed) return;
    this.#resident.set(formatModuleVersion(id), {
      info: before.info || info !== undefined,
      mod: before.mod || goMod !== undefined || zip !== undefined,
      zip: before.zip || zip !== undefined,
    });
  }

  async #takeZip(id: ModuleVersion, zip: OfferedZip): Promise<number> {
    const size = zip.size();
    checkZipSize(id, size);
    const expected = this.#expectation(id, "zip");
    const held = await this.#zips.hold(zip);
    const verify = async (h1: H1): Promise<void> =>
      checkOffered({ id, what: "zip", place: zip.place }, h1, await expected);
    try {
      await this.#store.putModule(id, held.bytes, verify, "ahead");
    } finally {
      await held.release();
    }
    return size;
  }

  async #takeGoMod(id: ModuleVersion, goMod: OfferedFile): Promise<number> {
    const expected = this.#expectation(id, "goMod");
    const content = await goMod.read();
    return await this.#putGoMod(id, content, goMod.place, expected);
  }

  /** The go.mod that the go command would use: the zip's, or one that it makes up (modfetch/coderepo.go, legacyGoMod). */
  async #takeGoModOfZip(id: ModuleVersion): Promise<number> {
    const expected = this.#expectation(id, "goMod");
    const module = this.#store.openModule(id);
    const index = module?.manifest.find("go.mod") ?? -1;
    const content =
      module === undefined || index < 0
        ? Buffer.from(synthesizeGoMod(id.path))
        : module.readFile(index);
    return await this.#putGoMod(id, content, "its zip", expected);
  }

  async #putGoMod(
    id: ModuleVersion,
    content: Uint8Array,
    place: string,
    expected: Promise<Expectation>,
  ): Promise<number> {
    checkOffered({ id, what: "goMod", place }, goModHash(content), await expected);
    await this.#store.putGoMod(id, content);
    return content.length;
  }

  async #takeInfo(id: ModuleVersion, info: OfferedFile): Promise<number> {
    const content = await info.read();
    const { version } = parseRevisionInfo(content);
    if (version !== id.version) {
      throw new GomodfsError(
        "INVALID",
        `${info.place} is about version ${JSON.stringify(version)} and not ${formatModuleVersion(id)}`,
      );
    }
    await this.#store.putInfo(id, canonicalRevisionInfo(content));
    return content.length;
  }

  /** The look-up runs beside the reading; its failure is met when it is awaited, not before. */
  #expectation(id: ModuleVersion, what: SumKind): Promise<Expectation> {
    const expected = this.#lookUp(id, what);
    expected.catch(() => {});
    return expected;
  }

  async #lookUp(id: ModuleVersion, what: SumKind): Promise<Expectation> {
    try {
      return await this.#checksums.expectation(id, what);
    } catch (error) {
      throw isGomodfsError(error) && NO_ANSWERS.has(error.code) ? unverifiable(id, error) : error;
    }
  }
}

/** What the checksum database cannot be asked by, or has nothing for. */
const NO_ANSWERS: ReadonlySet<ErrorCode> = new Set([
  "NOT_FOUND",
  "UPSTREAM",
  "TIMEOUT",
  "FORBIDDEN",
]);

function unverifiable(id: ModuleVersion, cause: GomodfsError): GomodfsError {
  return new GomodfsError(
    "UNVERIFIED",
    `cannot verify ${formatModuleVersion(id)}: ${cause.message}`,
    { hint: "give a go.sum that has it with --sum, or exempt private modules by GOPRIVATE", cause },
  );
}

interface OfferedPart {
  readonly id: ModuleVersion;
  readonly what: SumKind;
  readonly place: string;
}

function checkOffered({ id, what, place }: OfferedPart, found: H1, expected: Expectation): void {
  if (expected === "exempt" || expected.hashes.has(found)) return;
  const thing = what === "zip" ? formatModuleVersion(id) : `${formatModuleVersion(id)}/go.mod`;
  throw new GomodfsError(
    "SECURITY",
    `checksum mismatch for ${thing}: ${place} has ${found}, ${expected.source} says ${[...expected.hashes].join(" or ")}`,
    {
      hint: "the file may have been tampered with, or the version was changed after it was published",
    },
  );
}
