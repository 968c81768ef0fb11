import { type Fetcher, fetchersInto, measureEach, warmProxyFor } from "../fetcher.ts";
import { measurePeakMegabytes } from "../peak_memory.ts";
import { GO_ETHEREUM, KUBERNETES, type Project } from "../project.ts";
import type { Measure, Workload } from "../workload.ts";

/** What a prefetch takes of a small CI machine's memory at most. */
export const prefetchMemory: readonly Workload[] = [GO_ETHEREUM, KUBERNETES].map(memoryFor);

function memoryFor(project: Project): Workload {
  return {
    name: `peak memory of prefetch, ${project.name}`,
    unit: "MB",
    target: { kind: "absolute", most: 200 },
    mostRuns: 3,
    async prepare(bench) {
      const directory = await project.sources(bench);
      await warmProxyFor(project, bench, "loopback");
      const measure = (fetcher: Fetcher): Measure => {
        return async () => {
          const home = await bench.newGoHome();
          const { environment } = home;
          return await measurePeakMegabytes(fetcher.argv(home), { directory, environment });
        };
      };
      const contenders = measureEach(fetchersInto("modcache", bench.peers), measure);
      return { contenders, async [Symbol.asyncDispose]() {} };
    },
  };
}
