import { type ErrorDetails, GomodfsError, isGomodfsError } from "../lib/gomodfs_error.ts";
import type { GraphNode } from "../module/mvs.ts";

/**
 * The failure of a node of the module graph, told with the requirements that lead there (cmd/go/internal/mvs
 * BuildListError).
 *
 * @param path from a main module to the node
 * @param resolved what stands in the node's place, if it is replaced
 * @returns a GomodfsError of the failure's code
 */
export function requirementError(
  path: readonly GraphNode[],
  resolved: string | undefined,
  failure: unknown,
): unknown {
  if (!isGomodfsError(failure)) return failure;
  const named = path.filter(({ version }) => version !== "").map(formatNode);
  const last = named.pop() ?? "";
  const replaced = resolved === undefined || resolved === last ? "" : ` (replaced by ${resolved})`;
  const steps = named.map((node) => `${node} requires\n\t`).join("");
  const details: ErrorDetails = {
    cause: failure.cause,
    ...(failure.hint === undefined ? {} : { hint: failure.hint }),
  };
  return new GomodfsError(failure.code, `${steps}${last}${replaced}: ${failure.message}`, details);
}

/** A node as the go command writes it: a main module has no version. */
export function formatNode({ path, version }: GraphNode): string {
  return version === "" ? path : `${path}@${version}`;
}
