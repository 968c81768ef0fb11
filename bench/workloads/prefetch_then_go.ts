import type { Bench } from "../bench.ts";
import { type Fetcher, fetchersInto, measureEach, warmProxyFor } from "../fetcher.ts";
import { BUILD_GETH, LIST_GETH } from "../geth.ts";
import { flushToDisk, timeProgram } from "../measure.ts";
import { GO_ETHEREUM } from "../project.ts";
import type { Measure, PreparedWorkload, Workload } from "../workload.ts";

type Command = readonly [string, ...string[]];

/**
 * Fetching and what it is for, together. Large files are written past the page cache, so that the go command reads them
 * from the disk: these rows show what that costs.
 */
export const prefetchThenList: Workload = {
  name: "prefetch, then go list -deps ./cmd/geth",
  unit: "ms",
  target: { kind: "none" },
  prepare: async (bench) => await prepare(bench, LIST_GETH),
};

/** With a GOCACHE in which nothing is compiled. */
export const prefetchThenBuild: Workload = {
  name: "prefetch, then go build ./cmd/geth",
  unit: "ms",
  target: { kind: "none" },
  long: true,
  mostRuns: 3,
  prepare: async (bench) => await prepare(bench, BUILD_GETH),
};

async function prepare(bench: Bench, command: Command): Promise<PreparedWorkload> {
  const directory = await GO_ETHEREUM.sources(bench);
  await warmProxyFor(GO_ETHEREUM, bench, "loopback");
  const measure = (fetcher: Fetcher): Measure => {
    return async () => {
      const home = await bench.newGoHome();
      await flushToDisk();
      const { environment } = home;
      const offline = { ...environment, GOPROXY: "off" };
      const fetching = await timeProgram(fetcher.argv(home), { directory, environment });
      return fetching + (await timeProgram(command, { directory, environment: offline }));
    };
  };
  const contenders = measureEach(fetchersInto("modcache", bench.peers), measure);
  return { contenders, async [Symbol.asyncDispose]() {} };
}
