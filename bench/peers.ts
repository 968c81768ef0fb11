import { TailscaleGomodfs } from "./tailscale_gomodfs.ts";

/** Other programs that do the same, built by who runs the bench. */
export interface Peers {
  /** tailscale/gomodfs, in the rows on a mount. */
  readonly gomodfs?: TailscaleGomodfs;
  /** The path of a cfal/go-prefetch binary, in the rows of prefetch. */
  readonly goPrefetch?: string;
  /** The path of a goproxy/goproxy binary, in the rows of the GOPROXY server. */
  readonly goproxy?: string;
  /** The path of a tailscale/go-cache-plugin binary, in the rows of the build cache. */
  readonly goCachePlugin?: string;
}

/**
 * Reads the values of `--peer`.
 *
 * @param goproxy the proxy of the bench
 * @throws Error for a value that is not `NAME=PATH` with a name that is known
 */
export async function openPeers(options: readonly string[], goproxy: string): Promise<Peers> {
  const binaries = new Map(options.map(parsePeer));
  const gomodfs = binaries.get("gomodfs");
  const goPrefetch = binaries.get("go-prefetch");
  const goproxyServer = binaries.get("goproxy");
  const goCachePlugin = binaries.get("go-cache-plugin");
  return {
    ...(gomodfs !== undefined && { gomodfs: await TailscaleGomodfs.open(gomodfs, goproxy) }),
    ...(goPrefetch !== undefined && { goPrefetch }),
    ...(goproxyServer !== undefined && { goproxy: goproxyServer }),
    ...(goCachePlugin !== undefined && { goCachePlugin }),
  };
}

const NAMES: readonly string[] = ["gomodfs", "go-prefetch", "goproxy", "go-cache-plugin"];

function parsePeer(option: string): readonly [name: string, path: string] {
  const [, name = "", path = ""] = /^([a-z-]+)=(.+)$/.exec(option) ?? [];
  if (NAMES.includes(name)) return [name, path];
  throw new Error(`--peer ${option}: write NAME=PATH, with one of ${NAMES.join(", ")}`);
}
