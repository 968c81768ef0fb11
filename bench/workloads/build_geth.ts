import { runSuccessfully } from "../../test/support/program.ts";
import { BUILD_GETH, gethSources } from "../geth.ts";
import { mountIn } from "../gomodfs.ts";
import type { Home } from "../home.ts";
import { timeProgram } from "../measure.ts";
import type { Measure, Workload } from "../workload.ts";

/** A whole build with an empty build cache: what reading through a mount costs where compiling is the work. */
export const buildGeth: Workload = {
  name: "go build ./cmd/geth, GOCACHE empty",
  unit: "ms",
  target: { kind: "ratio", most: 1.01 },
  long: true,
  mostRuns: 3,
  async prepare(bench) {
    const directory = await gethSources(bench);
    const ended = new AsyncDisposableStack();
    const download = async (home: Home, modcache: string): Promise<void> => {
      const environment = { ...home.environment, GOMODCACHE: modcache };
      const options = { directory, environment, timeout: 600_000 };
      await runSuccessfully(["go", "mod", "download"], options);
    };
    const build = (modcache: string): Measure => {
      return async () => {
        const { environment } = bench.newHome();
        const offline = { ...environment, GOMODCACHE: modcache, GOPROXY: "off" };
        return await timeProgram(BUILD_GETH, { directory, environment: offline });
      };
    };
    const baselineHome = bench.newHome();
    await download(baselineHome, baselineHome.modcache);
    const home = bench.newHome();
    const mount = ended.use(await mountIn(home));
    await download(home, mount.directory);
    const contenders = { baseline: build(baselineHome.modcache), gomodfs: build(mount.directory) };
    return { contenders, [Symbol.asyncDispose]: async () => await ended.disposeAsync() };
  },
};
