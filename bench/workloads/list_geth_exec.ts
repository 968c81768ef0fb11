import { gethSources, LIST_GETH, warmProxy } from "../geth.ts";
import { GOMODFS } from "../gomodfs.ts";
import { timeProgram } from "../measure.ts";
import type { Workload } from "../workload.ts";

/** A cold CI job: nothing is on the machine, and the project has its go.sum. */
export const listGethExec: Workload = {
  name: "go list -deps ./cmd/geth, cold, exec",
  unit: "ms",
  target: { kind: "ratio", most: 0.5 },
  async prepare(bench) {
    const directory = await gethSources(bench);
    await warmProxy(bench, directory);
    return {
      contenders: {
        baseline: async () => {
          const { environment } = await bench.newGoHome();
          return await timeProgram(LIST_GETH, { directory, environment });
        },
        gomodfs: async () => {
          const { environment } = await bench.newGoHome();
          const argv = [GOMODFS, "exec", "-C", directory, "--", ...LIST_GETH] as const;
          return await timeProgram(argv, { environment });
        },
      },
      async [Symbol.asyncDispose]() {},
    };
  },
};
