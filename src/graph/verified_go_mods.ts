import { checkHash } from "../cache/checksums.ts";
import type { ModuleCache } from "../cache/module_cache.ts";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { goModHash } from "../module/dirhash.ts";
import { type GoMod, parseGoModLax } from "../module/go_mod.ts";
import type { GoSum } from "../module/go_sum.ts";
import { formatModuleVersion, type ModuleVersion } from "../module/module_version.ts";
import type { GraphNode } from "../module/mvs.ts";
import { nodeKey } from "../module/mvs_graph.ts";
import type { ModuleReader } from "../store/module_store.ts";
import { summarize } from "./go_mod_summary.ts";
import type { GoModSummary } from "./module_graph.ts";
import type { ModuleGoMods } from "./project_go_mods.ts";

/** Where go.mod files are, or are fetched into. */
export interface GoModCache extends Pick<ModuleCache, "read"> {
  readonly store: Pick<ModuleReader, "readGoMod">;
}

/**
 * The go.mod files of a build list, each read once and held against the project's go.sum, whether it is resident or fetched.
 * What fails is kept, so that it can be told with the requirements that lead to it.
 */
export class VerifiedGoMods implements ModuleGoMods {
  readonly #cache: GoModCache;
  readonly #sums: GoSum;
  readonly #mustHaveSums: boolean;
  readonly #read = new Map<string, GoMod | Promise<GoMod>>();
  readonly #failures = new Map<string, unknown>();

  /** @param mustHaveSums whether it is an error if go.sum does not have the hash of a file of the graph */
  constructor(cache: GoModCache, sums: GoSum, mustHaveSums: boolean) {
    this.#cache = cache;
    this.#sums = sums;
    this.#mustHaveSums = mustHaveSums;
  }

  /** Why the go.mod file of a node could not be used; undefined if it could, or nobody asked. */
  failure(node: GraphNode): unknown {
    return this.#failures.get(nodeKey(node));
  }

  /**
   * @returns undefined after a failure, which is kept: `UNVERIFIED` if go.sum must have the file's hash and has not, and
   * those of {@linkcode read}
   */
  summary(
    id: ModuleVersion,
    node: GraphNode,
  ): GoModSummary | undefined | Promise<GoModSummary | undefined> {
    try {
      if (this.#mustHaveSums && !this.hasSum(id)) throw missingSum(id);
      const read = this.read(id);
      if (!(read instanceof Promise)) return this.#summarize(id, node, read);
      return read.then(
        (verified) => this.#summarize(id, node, verified),
        (error: unknown) => this.#fail(node, error),
      );
    } catch (error) {
      return this.#fail(node, error);
    }
  }

  /**
   * The go.mod file of a module; at once if it is resident.
   *
   * @throws GomodfsError `SECURITY` if it is not what go.sum says, `INVALID` if it cannot be parsed, and what fetching it
   * throws
   */
  read(id: ModuleVersion): GoMod | Promise<GoMod> {
    const key = formatModuleVersion(id);
    const known = this.#read.get(key);
    if (known !== undefined) return known;
    const resident = this.#cache.store.readGoMod(id);
    const read =
      resident === undefined
        ? this.#cache.read(id, "mod").then((bytes) => this.#keep(id, bytes))
        : this.#verify(id, resident);
    this.#read.set(key, read);
    return read;
  }

  /** Whether go.sum has the hash of a go.mod file. */
  hasSum(id: ModuleVersion): boolean {
    return this.#sums.hashes(id, "goMod").size > 0;
  }

  #keep(id: ModuleVersion, bytes: Uint8Array): GoMod {
    const verified = this.#verify(id, bytes);
    this.#read.set(formatModuleVersion(id), verified);
    return verified;
  }

  #verify(id: ModuleVersion, bytes: Uint8Array): GoMod {
    const hashes = this.#sums.hashes(id, "goMod");
    if (hashes.size > 0) {
      checkHash(id, "goMod", goModHash(bytes), { source: "go.sum", hashes });
    }
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
    return parseGoModLax(text, `${formatModuleVersion(id)}/go.mod`);
  }

  /** Which path a file declares matters where it counts as a requirement (cmd/go/internal/modload, goModSummary). */
  #summarize(id: ModuleVersion, node: GraphNode, goMod: GoMod): GoModSummary | undefined {
    const { module } = goMod;
    if (module === node.path || module === id.path) return summarize(goMod);
    return this.#fail(node, new GomodfsError("INVALID", pathProblem(module, node)));
  }

  #fail(node: GraphNode, error: unknown): undefined {
    this.#failures.set(nodeKey(node), error);
    return undefined;
  }
}

function pathProblem(declared: string | undefined, { path }: GraphNode): string {
  if (declared === undefined) return "parsing go.mod: missing module line";
  return `parsing go.mod:\n\tmodule declares its path as: ${declared}\n\t        but was required as: ${path}`;
}

function missingSum({ path }: ModuleVersion): GomodfsError {
  return new GomodfsError(
    "UNVERIFIED",
    `missing go.sum entry for go.mod file; to add it:\n\tgo mod download ${path}`,
  );
}
