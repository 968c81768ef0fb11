import { join } from "node:path";
import { CacheServer } from "../../test/support/cache_server.ts";
import { GOMODFS } from "../../test/support/gomodfs_mount.ts";
import type { Bench } from "../bench.ts";
import {
  BenchBucket,
  type CacheProgram,
  CoreBuild,
  GOMODFS_CACHEPROG,
  goCachePlugin,
} from "../build_caches.ts";
import type { Contender, Measure, PreparedWorkload, Target, Workload } from "../workload.ts";

const FAR_MILLISECONDS = 20;
const NAME = "go build ./core/..., GOCACHEPROG";

/** `go build ./core/...` of go-ethereum with gomodfs as its build cache, beside the go command's own and go-cache-plugin. */
export const buildCache: readonly Workload[] = [
  cold("local tier only", { kind: "ratio", most: 1.03 }, undefined),
  cold("S3 empty", { kind: "ratio", most: 1.04 }, 0),
  warm("direct", false),
  warm("serve and connect", true),
  fresh("loopback", { kind: "peer-ratio", most: 0.6 }, 0),
  fresh(`${FAR_MILLISECONDS} ms`, { kind: "peer-ratio", most: 0.3 }, FAR_MILLISECONDS),
];

/** Empty caches. @param latency of the bucket; there is none if undefined */
function cold(name: string, target: Target, latency: number | undefined): Workload {
  return {
    name: `${NAME}, cold, ${name}`,
    unit: "ms",
    target,
    long: true,
    mostRuns: 3,
    async prepare(bench) {
      const build = await CoreBuild.prepare(bench);
      const bucket = latency === undefined ? undefined : await BenchBucket.start(latency);
      let runs = 0;
      const measure = (program: CacheProgram): Measure => {
        return () => build.timeWith(program, build.newHome(), bucket?.bucket, `run-${runs++}`);
      };
      return {
        contenders: {
          baseline: () => build.time(build.newHome()),
          gomodfs: measure(GOMODFS_CACHEPROG),
          ...(bucket !== undefined && peer(bench, measure)),
        },
        [Symbol.asyncDispose]: async () => await bucket?.[Symbol.asyncDispose](),
      };
    },
  };
}

/** Everything is in the local cache; the baseline is the go command's own, which runs in its process. */
function warm(name: string, isServed: boolean): Workload {
  return {
    name: `${NAME}, warm, ${name}`,
    unit: "ms",
    target: { kind: "peer-ratio", most: 1 },
    async prepare(bench): Promise<PreparedWorkload> {
      await using stack = new AsyncDisposableStack();
      const build = await CoreBuild.prepare(bench);
      const home = build.newHome();
      await build.time(home);
      const { bucket } = stack.use(await BenchBucket.start());
      const local = async (
        program: CacheProgram,
        cacheHome = build.newHome(),
      ): Promise<Measure> => {
        const measure: Measure = () => build.timeWith(program, cacheHome, bucket);
        await measure();
        return measure;
      };
      const ours = isServed ? await served(stack, build) : await localOnly(build);
      const { goCachePlugin: binary } = bench.peers;
      const contenders: Partial<Record<Contender, Measure>> = {
        baseline: () => build.time(home),
        gomodfs: ours,
        ...(binary !== undefined && { peer: await local(goCachePlugin(binary)) }),
      };
      const kept = stack.move();
      return { contenders, [Symbol.asyncDispose]: async () => await kept.disposeAsync() };
    },
  };
}

async function localOnly(build: CoreBuild): Promise<Measure> {
  const home = build.newHome();
  const measure: Measure = () => build.timeWith(GOMODFS_CACHEPROG, home);
  await measure();
  return measure;
}

async function served(stack: AsyncDisposableStack, build: CoreBuild): Promise<Measure> {
  const home = build.newHome();
  const args = ["--plugin", "0", "--cache-dir", join(home.directory, "build-cache")];
  const server = stack.use(await CacheServer.start(args, home.environment));
  const variables = { GOCACHEPROG: `${GOMODFS} cacheprog connect ${server.address}` };
  const measure: Measure = () => build.time(home, variables);
  await measure();
  return measure;
}

/** A machine that has nothing, and a bucket that has all. */
function fresh(name: string, target: Target, latency: number): Workload {
  return {
    name: `${NAME}, fresh machine, S3 warm, ${name}`,
    unit: "ms",
    target,
    async prepare(bench) {
      const build = await CoreBuild.prepare(bench);
      const home = build.newHome();
      await build.time(home);
      const bucket = await BenchBucket.start(latency);
      const filled = async (program: CacheProgram, prefix: string): Promise<Measure> => {
        const measure: Measure = () =>
          build.timeWith(program, build.newHome(), bucket.bucket, prefix);
        await measure();
        return measure;
      };
      const { goCachePlugin: binary } = bench.peers;
      return {
        contenders: {
          baseline: () => build.time(home),
          gomodfs: await filled(GOMODFS_CACHEPROG, "ours"),
          ...(binary !== undefined && { peer: await filled(goCachePlugin(binary), "peer") }),
        },
        [Symbol.asyncDispose]: async () => await bucket[Symbol.asyncDispose](),
      };
    },
  };
}

function peer(
  bench: Bench,
  measure: (program: CacheProgram) => Measure,
): { readonly peer?: Measure } {
  const { goCachePlugin: binary } = bench.peers;
  return binary === undefined ? {} : { peer: measure(goCachePlugin(binary)) };
}
