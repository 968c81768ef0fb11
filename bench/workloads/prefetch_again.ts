import { runSuccessfully } from "../../test/support/program.ts";
import type { Bench } from "../bench.ts";
import { generatedProject } from "../generated_project.ts";
import { GOMODFS } from "../gomodfs.ts";
import { median, timeProgram } from "../measure.ts";
import type { Measure, Workload } from "../workload.ts";

type Command = readonly [string, ...string[]];

const MODULES = 500;

/** Starts in one measurement; a single one is too short to be told from what the scheduler does to it. */
const STARTS = 10;

/** A prefetch that has nothing to fetch, without what the start of the program itself takes. */
export const prefetchAgain: Workload = {
  name: "prefetch again, 500 modules resident, over start-up",
  unit: "ms",
  target: { kind: "absolute", most: 150 },
  async prepare(bench) {
    const contenders = {
      baseline: await overStartUp(bench, ["go", "mod", "download"], ["go", "version"]),
      gomodfs: await overStartUp(bench, [GOMODFS, "prefetch", "-q"], [GOMODFS, "version"]),
    };
    return { contenders, async [Symbol.asyncDispose]() {} };
  },
};

/** Fetches once, and measures by how much fetching again takes longer than a command that only starts. */
async function overStartUp(bench: Bench, fetch: Command, start: Command): Promise<Measure> {
  const { directory, variables } = await generatedProject(bench, MODULES);
  const home = await bench.newGoHome();
  const options = { directory, environment: { ...home.environment, ...variables } };
  await runSuccessfully(fetch, options);
  return async () => {
    const differences: number[] = [];
    for (let i = 0; i < STARTS; i++) {
      const starting = await timeProgram(start, options);
      differences.push((await timeProgram(fetch, options)) - starting);
    }
    return median(differences);
  };
}
