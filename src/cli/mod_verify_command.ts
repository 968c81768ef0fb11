import { verifyBuildList } from "../graph/verify_build_list.ts";
import { EXIT_DONE, EXIT_FAILED } from "./exit_code.ts";
import type { ModFlags } from "./mod_flags.ts";
import { withModSession } from "./mod_session.ts";

/** `gomodfs mod verify`: whether what is stored of the build list is what was verified once, and what go.sum says. */
export async function runModVerify(flags: ModFlags): Promise<number> {
  const problems = await withModSession(
    flags,
    () => "mod",
    async ({ loader, service, sums }) => {
      const { graph } = await loader.expand(await loader.requirements());
      return [...verifyBuildList(graph, loader.project, service.store, sums)];
    },
  );
  for (const { id, reason } of problems) {
    if (flags.json === true) {
      const problem = { Path: id.path, Version: id.version, Error: reason };
      process.stdout.write(`${JSON.stringify(problem)}\n`);
    } else {
      process.stderr.write(`gomodfs: ${id.path} ${id.version}: ${reason}\n`);
    }
  }
  if (problems.length > 0) return EXIT_FAILED;
  if (flags.json !== true) process.stdout.write("all modules verified\n");
  return EXIT_DONE;
}
