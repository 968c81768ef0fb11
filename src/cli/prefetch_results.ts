import type { ModulePart, PartOrigin } from "../cache/module_cache.ts";
import { compareBytes } from "../module/byte_order.ts";
import { formatModuleVersion, type ModuleVersion } from "../module/module_version.ts";
import { compare } from "../module/semver.ts";
import type { PrefetchEvent } from "../prefetch/prefetch_event.ts";

/** What became of a part of a module. */
export type PartOutcome =
  /** It was there before. */
  | { readonly kind: "resident" }
  /** From the proxy of this name, or `direct`. */
  | { readonly kind: "fetched"; readonly source: string }
  | { readonly kind: "failed"; readonly error: unknown }
  /** A dry run would fetch it. */
  | { readonly kind: "missing" };

/** One part of a module. */
export interface PartResult {
  readonly part: ModulePart;
  readonly outcome: PartOutcome;
  /** Bytes downloaded. */
  readonly bytes: number;
  readonly milliseconds: number;
}

/** What became of a module. */
export interface ModuleResult {
  readonly id: ModuleVersion;
  readonly parts: readonly PartResult[];
  /** Bytes downloaded. */
  readonly bytes: number;
  /** From the beginning of its first fetch to the end of its last, in milliseconds. */
  readonly milliseconds: number;
}

interface Gathered {
  readonly id: ModuleVersion;
  readonly parts: PartResult[];
  bytes: number;
  begin: number;
  end: number;
}

/** What became of each module, gathered from the events of a prefetch. */
export class PrefetchResults {
  readonly #clock: () => number;
  readonly #modules = new Map<string, Gathered>();

  /** @param clock milliseconds since some moment */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
  }

  record(event: PrefetchEvent): void {
    switch (event.kind) {
      case "finished":
        this.#add(event.id, { ...event, outcome: outcomeOf(event.origin) });
        break;
      case "failed":
        this.#add(event.id, {
          ...event,
          outcome: { kind: "failed", error: event.error },
          bytes: 0,
        });
        break;
      case "missing":
        this.#add(event.id, { ...event, outcome: { kind: "missing" }, bytes: 0, milliseconds: 0 });
        break;
      case "planned":
      case "started":
      case "dropped":
      case "note":
        break;
    }
  }

  /** All modules of which a part has come or failed, by path and version. */
  modules(): ModuleResult[] {
    return [...this.#modules.values()]
      .sort(byPathAndVersion)
      .map(({ id, parts, bytes, begin, end }) => ({ id, parts, bytes, milliseconds: end - begin }));
  }

  /** Where parts came from, and how many; whoever gave most stands first. What was resident came from nowhere. */
  sources(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { parts } of this.#modules.values()) {
      for (const { outcome } of parts) {
        if (outcome.kind !== "fetched") continue;
        counts.set(outcome.source, (counts.get(outcome.source) ?? 0) + 1);
      }
    }
    return new Map([...counts].sort(([, a], [, b]) => b - a));
  }

  #add(id: ModuleVersion, { part, outcome, bytes, milliseconds }: PartResult): void {
    const result = { part, outcome, bytes, milliseconds };
    const key = formatModuleVersion(id);
    const end = this.#clock();
    const begin = end - milliseconds;
    const gathered = this.#modules.get(key);
    if (gathered === undefined) {
      this.#modules.set(key, { id, parts: [result], bytes, begin, end });
      return;
    }
    gathered.parts.push(result);
    gathered.bytes += bytes;
    gathered.begin = Math.min(gathered.begin, begin);
    gathered.end = end;
  }
}

function outcomeOf(origin: PartOrigin): PartOutcome {
  switch (origin.kind) {
    case "resident":
      return { kind: "resident" };
    case "proxy":
      return { kind: "fetched", source: origin.name };
    case "direct":
      return { kind: "fetched", source: "direct" };
  }
}

function byPathAndVersion({ id: a }: Gathered, { id: b }: Gathered): number {
  return (
    compareBytes(a.path, b.path) ||
    compare(a.version, b.version) ||
    compareBytes(a.version, b.version)
  );
}
