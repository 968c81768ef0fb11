import { gethSources, LIST_GETH, warmProxy } from "../geth.ts";
import { mountIn } from "../gomodfs.ts";
import { timeProgram } from "../measure.ts";
import type { Measure, Workload } from "../workload.ts";

/** The first build on a mount that knows nothing of the project: all is fetched when it is read. */
export const listGethMount: Workload = {
  name: "go list -deps ./cmd/geth, cold, mount",
  unit: "ms",
  target: { kind: "ratio", most: 0.9 },
  async prepare(bench) {
    const directory = await gethSources(bench);
    await warmProxy(bench, directory);
    const peer = bench.peers.gomodfs;
    const baseline: Measure = async () => {
      const { environment } = await bench.newGoHome();
      return await timeProgram(LIST_GETH, { directory, environment });
    };
    const gomodfs: Measure = async () => {
      const home = await bench.newGoHome();
      await using mount = await mountIn(home);
      const environment = { ...home.environment, GOMODCACHE: mount.directory, GOPROXY: "off" };
      return await timeProgram(LIST_GETH, { directory, environment });
    };
    const contenders = { baseline, gomodfs };
    const end = async (): Promise<void> => {};
    if (peer === undefined) return { contenders, [Symbol.asyncDispose]: end };
    const measurePeer: Measure = async () => {
      const home = await bench.newGoHome();
      await using mount = await peer.mount(home);
      const environment = { ...home.environment, GOMODCACHE: mount.directory, GOPROXY: "off" };
      return await timeProgram(LIST_GETH, { directory, environment });
    };
    return { contenders: { ...contenders, peer: measurePeer }, [Symbol.asyncDispose]: end };
  },
};
