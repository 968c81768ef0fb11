import { generatedStore } from "../generated_store.ts";
import { mountIn } from "../gomodfs.ts";
import type { Workload } from "../workload.ts";

const MODULES = 10_000;

/** From the start of the daemon to its ready line, with a store that has been filling for years. */
export const mountReady: Workload = {
  name: "mount to ready, 10,000 modules resident",
  unit: "ms",
  target: { kind: "absolute", most: 300 },
  async prepare(bench) {
    const store = await generatedStore(MODULES);
    return {
      contenders: {
        gomodfs: async () => {
          const home = bench.newHome();
          const start = performance.now();
          await using mount = await mountIn(home, ["--store", store]);
          const elapsed = performance.now() - start;
          await mount.stop();
          return elapsed;
        },
      },
      async [Symbol.asyncDispose]() {},
    };
  },
};
