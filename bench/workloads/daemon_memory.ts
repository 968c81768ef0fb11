import { cpSync } from "node:fs";
import { runSuccessfully } from "../../test/support/program.ts";
import { generatedStore } from "../generated_store.ts";
import { gethSources, LIST_GETH } from "../geth.ts";
import { mountIn } from "../gomodfs.ts";
import { residentMegabytes } from "../resident_memory.ts";
import type { Workload } from "../workload.ts";

const MODULES = 2_000;

/** What the daemon keeps in memory, with many modules resident, after a build has filled and read some more. */
export const daemonMemory: Workload = {
  name: "memory of the daemon, 2,000 modules resident",
  unit: "MB",
  target: { kind: "absolute", most: 150 },
  async prepare(bench) {
    const directory = await gethSources(bench);
    const store = await generatedStore(MODULES);
    return {
      contenders: {
        gomodfs: async () => {
          const home = bench.newHome();
          cpSync(store, home.store, { recursive: true });
          await using mount = await mountIn(home);
          const environment = { ...home.environment, GOMODCACHE: mount.directory, GOPROXY: "off" };
          await runSuccessfully(LIST_GETH, { directory, environment, timeout: 600_000 });
          return residentMegabytes(mount.pid);
        },
      },
      async [Symbol.asyncDispose]() {},
    };
  },
};
