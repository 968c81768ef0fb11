import { join } from "node:path";
import { runSuccessfully } from "../../test/support/program.ts";
import { Bench } from "../bench.ts";
import { gethSources } from "../geth.ts";
import { GoproxyServer } from "../goproxy_server.ts";
import type { Home } from "../home.ts";
import { timeProgram } from "../measure.ts";
import { residentMegabytes } from "../resident_memory.ts";
import type { Contender, Measure, Workload } from "../workload.ts";

/** Requests of wrk: one thread, 16 connections, as facts of peers are measured. */
const WRK = ["wrk", "-t1", "-c16"] as const;
const MICROSECONDS = 1_000_000;

interface RequestRow {
  readonly what: string;
  readonly path: string;
  /** Time of a request in proportion to the baseline's. */
  readonly most: number;
}

const ROWS: readonly RequestRow[] = [
  { what: ".info", path: "golang.org/x/net/@v/v0.38.0.info", most: 1.25 },
  { what: ".mod", path: "golang.org/x/net/@v/v0.38.0.mod", most: 1.25 },
  { what: ".zip of 1.8 MB", path: "golang.org/x/net/@v/v0.38.0.zip", most: 1 },
];

/** How quickly resident files are answered. */
export const proxyRequests: readonly Workload[] = ROWS.map(requestRow);

function requestRow({ what, path, most }: RequestRow): Workload {
  return {
    name: `GOPROXY server, ${what}`,
    unit: "us",
    target: { kind: "ratio", most },
    async prepare(bench) {
      return await serving(bench, (server) => async () => {
        const url = `${server.url}/${path}`;
        await runSuccessfully([...WRK, "-d1s", url]);
        return MICROSECONDS / requestsPerSecond(await runSuccessfully([...WRK, "-d5s", url]));
      });
    },
  };
}

/** A whole download of what is resident in the server. */
export const proxyDownload: Workload = {
  name: "go mod download of go-ethereum through it, resident",
  unit: "ms",
  target: { kind: "ratio", most: 1 },
  async prepare(bench) {
    const directory = await gethSources(bench);
    return await serving(bench, (server) => async () => {
      const home = await bench.newGoHome();
      const environment = { ...home.environment, GOPROXY: server.url, GOSUMDB: "off" };
      return await timeProgram(["go", "mod", "download"], { directory, environment });
    });
  },
};

/** What the server keeps in memory through all that. */
export const proxyMemory: Workload = {
  name: "memory of the server after 100,000 requests and that download",
  unit: "MB",
  target: { kind: "absolute", most: 200 },
  mostRuns: 3,
  async prepare(bench) {
    const directory = await gethSources(bench);
    const { gomodfs } = await homes(bench);
    const measure: Measure = async () => {
      await using server = await GoproxyServer.gomodfs(gomodfs);
      for (const { path } of ROWS) await runSuccessfully([...WRK, "-d5s", `${server.url}/${path}`]);
      const home = await bench.newGoHome();
      const environment = { ...home.environment, GOPROXY: server.url, GOSUMDB: "off" };
      await timeProgram(["go", "mod", "download"], { directory, environment });
      return residentMegabytes(server.pid);
    };
    return { contenders: { gomodfs: measure }, async [Symbol.asyncDispose]() {} };
  },
};

/** Starts each contender's server over the same modules, for as long as the workload is measured. */
async function serving(
  bench: Bench,
  measure: (server: GoproxyServer) => Measure,
): Promise<AsyncDisposable & { readonly contenders: Partial<Record<Contender, Measure>> }> {
  const { gomodfs, files } = await homes(bench);
  await using stack = new AsyncDisposableStack();
  const ours = stack.use(await GoproxyServer.gomodfs(gomodfs));
  const baseline = stack.use(await GoproxyServer.files(files, await fileServer(bench)));
  const { goproxy } = bench.peers;
  const peer =
    goproxy === undefined
      ? undefined
      : stack.use(await GoproxyServer.peer(bench.newHome(), goproxy));
  if (peer !== undefined) await downloadThrough(bench, peer);
  const servers = stack.move();
  return {
    contenders: {
      baseline: measure(baseline),
      gomodfs: measure(ours),
      ...(peer === undefined ? {} : { peer: measure(peer) }),
    },
    [Symbol.asyncDispose]: async () => await servers.disposeAsync(),
  };
}

/** A home whose store, and one whose GOMODCACHE, has go-ethereum's modules. */
async function homes(bench: Bench): Promise<{ readonly gomodfs: Home; readonly files: Home }> {
  const gomodfs = bench.sharedHome("served from the store");
  const files = bench.sharedHome("served as files");
  const directory = await gethSources(bench);
  await bench.once("fill what servers serve", async () => {
    const { environment } = files;
    await runSuccessfully(["go", "mod", "download"], { directory, environment, timeout: 600_000 });
    await runSuccessfully(["go", "mod", "download", "golang.org/x/net@v0.38.0"], { environment });
    await using server = await GoproxyServer.gomodfs(gomodfs);
    await downloadThrough(bench, server);
  });
  return { gomodfs, files };
}

async function downloadThrough(bench: Bench, server: GoproxyServer): Promise<void> {
  const directory = await gethSources(bench);
  const environment = { ...bench.newHome().environment, GOPROXY: server.url, GOSUMDB: "off" };
  await runSuccessfully(["go", "mod", "download"], { directory, environment, timeout: 600_000 });
  await runSuccessfully(["go", "mod", "download", "golang.org/x/net@v0.38.0"], { environment });
}

async function fileServer(bench: Bench): Promise<string> {
  const program = Bench.cached("file_server");
  await bench.once("build the file server", async () => {
    const directory = join(import.meta.dirname, "../file_server");
    await runSuccessfully(["go", "build", "-o", program, "."], { directory, timeout: 600_000 });
  });
  return program;
}

function requestsPerSecond(report: string): number {
  const [, rate] = /^Requests\/sec:\s+([\d.]+)$/m.exec(report) ?? [];
  if (/Non-2xx/.test(report) || rate === undefined) throw new Error(`wrk failed:\n${report}`);
  return Number(rate);
}
