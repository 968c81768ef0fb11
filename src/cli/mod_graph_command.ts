import { formatGraph, type GraphFormat } from "../graph/graph_output.ts";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { isValidGoVersion } from "../module/go_version.ts";
import { EXIT_DONE } from "./exit_code.ts";
import type { ModGraphFlags } from "./mod_flags.ts";
import { withModSession } from "./mod_session.ts";
import { writeInPieces } from "./write_in_pieces.ts";

/** `gomodfs mod graph`: the module graph as `go mod graph` prints it. */
export async function runModGraph(flags: ModGraphFlags): Promise<number> {
  const { go } = flags;
  if (go !== undefined && !isValidGoVersion(go)) {
    throw new GomodfsError("USAGE", `${go} is not a Go version`, {
      hint: "write one such as --go=1.20",
    });
  }
  const graph = await withModSession(
    flags,
    () => "mod",
    async ({ loader }) => {
      const requirements = await loader.requirements();
      if (go !== undefined) return await loader.graphAsOf(requirements, go);
      return (await loader.expand(requirements)).graph;
    },
  );
  writeInPieces(process.stdout, formatGraph(graph, formatOf(flags)));
  return EXIT_DONE;
}

function formatOf({ json, dot }: ModGraphFlags): GraphFormat {
  if (json === true) return "json";
  return dot === true ? "dot" : "text";
}
