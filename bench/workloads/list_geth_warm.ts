import { gethSources, LIST_GETH, warmProxy } from "../geth.ts";
import { mountIn } from "../gomodfs.ts";
import { timeProgram } from "../measure.ts";
import type { Measure, Workload } from "../workload.ts";

/** Every build after the first: all is resident, and in the kernel's page cache. */
export const listGethWarm: Workload = {
  name: "go list -deps ./cmd/geth, warm",
  unit: "ms",
  target: { kind: "ratio", most: 1.1 },
  async prepare(bench) {
    const directory = await gethSources(bench);
    const baselineHome = await warmProxy(bench, directory);
    const ended = new AsyncDisposableStack();
    const list = (environment: Readonly<Record<string, string | undefined>>): Measure => {
      return async () => await timeProgram(LIST_GETH, { directory, environment });
    };
    const baseline = list({ ...baselineHome.environment, GOPROXY: "off" });
    const home = await bench.newGoHome();
    const mount = ended.use(await mountIn(home));
    const gomodfs = list({
      ...home.environment,
      GOMODCACHE: mount.directory,
      GOPROXY: "off",
    });
    const contenders: Partial<Record<"baseline" | "gomodfs" | "peer", Measure>> = {
      baseline,
      gomodfs,
    };
    const peer = bench.peers.gomodfs;
    if (peer !== undefined) {
      const peerHome = await bench.newGoHome();
      const peerMount = ended.use(await peer.mount(peerHome));
      contenders.peer = list({
        ...peerHome.environment,
        GOMODCACHE: peerMount.directory,
        GOPROXY: "off",
      });
    }
    // Twice: the first run fills, and indexes in the build cache what it reads.
    for (const measure of Object.values(contenders)) {
      await measure();
      await measure();
    }
    return { contenders, [Symbol.asyncDispose]: async () => await ended.disposeAsync() };
  },
};
