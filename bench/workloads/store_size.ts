import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { runSuccessfully } from "../../test/support/program.ts";
import { gethSources, LIST_GETH, warmProxy } from "../geth.ts";
import { mountIn } from "../gomodfs.ts";
import type { Home } from "../home.ts";
import type { Measure, Workload } from "../workload.ts";

/** Disk space of the same modules, in a GOMODCACHE and in the store. */
export const storeSize: Workload = {
  name: "disk space after that list",
  unit: "MB",
  target: { kind: "ratio", most: 0.35 },
  async prepare(bench) {
    const directory = await gethSources(bench);
    const filled = await warmProxy(bench, directory);
    const list = async (home: Home, modcache: string): Promise<void> => {
      const environment = { ...home.environment, GOMODCACHE: modcache, GOPROXY: "off" };
      await runSuccessfully(LIST_GETH, { directory, environment, timeout: 600_000 });
    };
    const gomodfs: Measure = async () => {
      const home = bench.newHome();
      await using mount = await mountIn(home);
      await list(home, mount.directory);
      await mount.stop();
      return await allocatedMegabytes(home.store);
    };
    const contenders = { baseline: async () => await allocatedMegabytes(filled.modcache), gomodfs };
    const end = async (): Promise<void> => {};
    const peer = bench.peers.gomodfs;
    if (peer === undefined) return { contenders, [Symbol.asyncDispose]: end };
    const measurePeer: Measure = async () => {
      const home = bench.newHome();
      await using mount = await peer.mount(home);
      await list(home, mount.directory);
      return await allocatedMegabytes(home.store);
    };
    return { contenders: { ...contenders, peer: measurePeer }, [Symbol.asyncDispose]: end };
  },
};

/** stat(2) counts blocks of 512 bytes, whatever the file system's own are. */
const BLOCK_BYTES = 512;

/** What a tree takes on disk, as du counts it. */
async function allocatedMegabytes(root: string): Promise<number> {
  let blocks = 0;
  const counted = new Set<number>();
  const names = await readdir(root, { recursive: true });
  for (const name of ["", ...names]) {
    const stats = await lstat(join(root, name));
    if (!counted.has(stats.ino)) blocks += stats.blocks;
    counted.add(stats.ino);
  }
  return (blocks * BLOCK_BYTES) / 1e6;
}
