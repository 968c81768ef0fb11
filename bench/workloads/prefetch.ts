import type { Link } from "../bench.ts";
import {
  type Destination,
  type Fetcher,
  fetchersInto,
  measureEach,
  warmProxyFor,
} from "../fetcher.ts";
import { flushToDisk, timeProgram } from "../measure.ts";
import { GO_ETHEREUM, KUBERNETES, type Project } from "../project.ts";
import type { Measure, Workload } from "../workload.ts";

interface PrefetchRow {
  readonly what: string;
  readonly into: Destination;
  readonly link: Link;
  /** The ratio to go mod download. */
  readonly most: number;
}

const ROWS: readonly PrefetchRow[] = [
  { what: "into a GOMODCACHE", into: "modcache", link: "loopback", most: 0.45 },
  { what: "into the store", into: "store", link: "loopback", most: 0.4 },
  { what: "50 ms, 100 Mbit/s a connection", into: "modcache", link: "far", most: 0.35 },
];

/** Fetching all modules of a project before its first build, on a machine that has none. */
export const prefetch: readonly Workload[] = [GO_ETHEREUM, KUBERNETES].flatMap((project) =>
  ROWS.map((row) => prefetchProject(project, row)),
);

function prefetchProject(project: Project, { what, into, link, most }: PrefetchRow): Workload {
  return {
    name: `prefetch ${project.name}, ${what}`,
    unit: "ms",
    target: { kind: "ratio", most },
    async prepare(bench) {
      const directory = await project.sources(bench);
      await warmProxyFor(project, bench, link);
      const measure = (fetcher: Fetcher): Measure => {
        return async () => {
          const home = await bench.newGoHome(link);
          await flushToDisk();
          const { environment } = home;
          const elapsed = await timeProgram(fetcher.argv(home), { directory, environment });
          await fetcher.check(home, directory);
          return elapsed;
        };
      };
      const contenders = measureEach(fetchersInto(into, bench.peers), measure);
      return { contenders, async [Symbol.asyncDispose]() {} };
    },
  };
}
