import { CacheServer } from "../../test/support/cache_server.ts";
import { GOMODFS } from "../gomodfs.ts";
import { median, timeProgram } from "../measure.ts";
import type { Measure, Workload } from "../workload.ts";

/** Starts in one measurement; a single one is shorter than what the scheduler does to it. */
const STARTS = 20;
/** What a go command says that needs nothing. */
const CLOSE = '{"ID":1,"Command":"close"}\n';

/** What each go command pays before its first question is answered, against Node itself. */
export const buildCacheStart: readonly Workload[] = [
  startOf("gomodfs cacheprog, from its start to its end", () => []),
  startOf("gomodfs cacheprog connect, from its start to its end", (address) => [
    "connect",
    address,
  ]),
];

function startOf(name: string, args: (address: string) => readonly string[]): Workload {
  return {
    name,
    unit: "ms",
    target: { kind: "ratio", most: 1.5 },
    async prepare(bench) {
      const { environment } = bench.newHome();
      const server = await CacheServer.start(["--plugin", "0"], environment);
      const start = (argv: readonly [string, ...string[]], input: string): Measure => {
        return async () => {
          const times: number[] = [];
          for (let i = 0; i < STARTS; i++)
            times.push(await timeProgram(argv, { environment, input }));
          return median(times);
        };
      };
      return {
        contenders: {
          baseline: start([process.execPath, "-e", "0"], ""),
          gomodfs: start([GOMODFS, "cacheprog", ...args(server.address)], CLOSE),
        },
        [Symbol.asyncDispose]: async () => await server[Symbol.asyncDispose](),
      };
    },
  };
}
