import { runSuccessfully } from "../test/support/program.ts";
import type { Bench, Link } from "./bench.ts";
import { GOMODFS } from "./gomodfs.ts";
import type { Home } from "./home.ts";
import type { Peers } from "./peers.ts";
import type { Project } from "./project.ts";
import type { Contender, Measure } from "./workload.ts";

/** A program that fetches the modules of the project in whose directory it is started. */
export interface Fetcher {
  argv(home: Home): readonly [string, ...string[]];
  /** Fails if something was left out: that would be no measurement. */
  check(home: Home, directory: string): Promise<void>;
}

/** Who is measured with what. */
export interface Fetchers {
  readonly baseline: Fetcher;
  readonly gomodfs: Fetcher;
  readonly peer?: Fetcher;
}

/** Where `gomodfs prefetch` puts modules; the others know the GOMODCACHE only. */
export type Destination = "modcache" | "store";

const TIMEOUT_MILLISECONDS = 600_000;
const DOWNLOAD = ["go", "mod", "download"] as const;

/** Nothing is missing if the go command, which may ask nobody, finds all that it would download. */
async function checkModcache({ environment }: Home, directory: string): Promise<void> {
  const offline = { ...environment, GOPROXY: "off" };
  const options = { directory, environment: offline, timeout: TIMEOUT_MILLISECONDS };
  await runSuccessfully(DOWNLOAD, options);
}

async function checkStore({ environment }: Home, directory: string): Promise<void> {
  const options = { directory, environment, timeout: TIMEOUT_MILLISECONDS };
  await runSuccessfully([GOMODFS, "exec", "--proxy", "off", "--", ...DOWNLOAD], options);
}

const GO_MOD_DOWNLOAD: Fetcher = { argv: () => DOWNLOAD, check: checkModcache };

const GOMODFS_PREFETCH: Readonly<Record<Destination, Fetcher>> = {
  modcache: { argv: () => [GOMODFS, "prefetch", "-q"], check: checkModcache },
  store: { argv: () => [GOMODFS, "prefetch", "-q", "--into", "store"], check: checkStore },
};

function goPrefetch(binary: string): Fetcher {
  return {
    argv: ({ environment }) => [binary, "-q", "--proxy", environment["GOPROXY"] ?? "", "."],
    // It is known to leave out what a build does without: go mod download asks for more.
    async check() {},
  };
}

/** `gomodfs prefetch` beside `go mod download` and, where it is given, go-prefetch. */
export function fetchersInto(destination: Destination, { goPrefetch: binary }: Peers): Fetchers {
  return {
    baseline: GO_MOD_DOWNLOAD,
    gomodfs: GOMODFS_PREFETCH[destination],
    ...(binary !== undefined && { peer: goPrefetch(binary) }),
  };
}

/** The measurement of each fetcher. */
export function measureEach(
  { baseline, gomodfs, peer }: Fetchers,
  measure: (fetcher: Fetcher) => Measure,
): Readonly<Partial<Record<Contender, Measure>>> {
  return {
    baseline: measure(baseline),
    gomodfs: measure(gomodfs),
    ...(peer !== undefined && { peer: measure(peer) }),
  };
}

/**
 * Fetches a project's modules with every fetcher, so that the proxy of a link keeps all answers in memory; not again in
 * the same run.
 */
export async function warmProxyFor(project: Project, bench: Bench, link: Link): Promise<void> {
  await bench.once(`${project.name}, ${link}`, async () => {
    const directory = await project.sources(bench);
    const { baseline, gomodfs, peer } = fetchersInto("modcache", bench.peers);
    for (const fetcher of [baseline, gomodfs, ...(peer === undefined ? [] : [peer])]) {
      const home = await bench.newGoHome(link);
      const { environment } = home;
      const options = { directory, environment, timeout: TIMEOUT_MILLISECONDS };
      await runSuccessfully(fetcher.argv(home), options);
    }
  });
}
