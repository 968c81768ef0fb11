import { copyHome, gethSources, LIST_GETH, templateHome, warmProxy } from "../geth.ts";
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
    const template = await templateHome(bench);
    await warmProxy(bench, directory);
    return {
      contenders: {
        baseline: async () => {
          const { environment } = copyHome(bench, template);
          return await timeProgram(LIST_GETH, { directory, environment });
        },
        gomodfs: async () => {
          const { environment } = copyHome(bench, template);
          const argv = [GOMODFS, "exec", "-C", directory, "--", ...LIST_GETH] as const;
          return await timeProgram(argv, { environment });
        },
      },
      async [Symbol.asyncDispose]() {},
    };
  },
};
