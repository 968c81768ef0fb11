import { GOMODFS } from "../gomodfs.ts";
import { median, timeProgram } from "../measure.ts";
import type { Measure, Workload } from "../workload.ts";

/** Starts in one measurement; a single one is shorter than what the scheduler does to it. */
const STARTS = 20;

/** What every command costs before it does anything, against Node itself. */
export const startUp: Workload = {
  name: "gomodfs version",
  unit: "ms",
  target: { kind: "ratio", most: 1.5 },
  async prepare(bench) {
    const { environment } = bench.newHome();
    const start = (argv: readonly [string, ...string[]]): Measure => {
      return async () => {
        const times: number[] = [];
        for (let i = 0; i < STARTS; i++) times.push(await timeProgram(argv, { environment }));
        return median(times);
      };
    };
    return {
      contenders: {
        baseline: start([process.execPath, "-e", "0"]),
        gomodfs: start([GOMODFS, "version"]),
      },
      async [Symbol.asyncDispose]() {},
    };
  },
};
