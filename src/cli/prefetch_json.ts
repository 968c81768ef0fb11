import { explain } from "./prefetch_failure.ts";
import type { ModuleResult, PartOutcome, PartResult } from "./prefetch_results.ts";

/**
 * The line of `prefetch --json` about a module: path, version, the parts that are there now, bytes downloaded, source
 * (proxies, `direct` or `resident`), time in seconds, error if a part failed, and in a dry run the parts that are missing.
 */
export function moduleLine({ id, parts, bytes, milliseconds }: ModuleResult): string {
  const missing = partsThatAre(["missing"], parts);
  const failed = parts.find(({ outcome }) => outcome.kind === "failed")?.outcome;
  return JSON.stringify({
    path: id.path,
    version: id.version,
    parts: partsThatAre(["resident", "fetched"], parts),
    bytes,
    source: sourceOf(parts),
    time: Math.round(milliseconds) / 1000,
    ...(missing.length > 0 && { missing }),
    ...(failed?.kind === "failed" && { error: explain(failed.error) }),
  });
}

function partsThatAre(
  kinds: readonly PartOutcome["kind"][],
  parts: readonly PartResult[],
): string[] {
  return parts.filter(({ outcome }) => kinds.includes(outcome.kind)).map(({ part }) => part);
}

/** Nearly always one; if parts came from several, all of them. Null if nothing is there. */
function sourceOf(parts: readonly PartResult[]): string | null {
  const sources = new Set(
    parts.flatMap(({ outcome }) => (outcome.kind === "fetched" ? outcome.source : [])),
  );
  if (sources.size > 0) return [...sources].join(",");
  return parts.some(({ outcome }) => outcome.kind === "resident") ? "resident" : null;
}
