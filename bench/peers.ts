import { TailscaleGomodfs } from "./tailscale_gomodfs.ts";

/** Other programs that do the same, built by who runs the bench. */
export interface Peers {
  /** tailscale/gomodfs, in the rows on a mount. */
  readonly gomodfs?: TailscaleGomodfs;
  /** The path of a cfal/go-prefetch binary, in the rows of prefetch. */
  readonly goPrefetch?: string;
}

/**
 * Reads the values of `--peer`.
 *
 * @param goproxy the proxy of the bench
 * @throws Error for a value that is neither `gomodfs=PATH` nor `go-prefetch=PATH`
 */
export async function openPeers(options: readonly string[], goproxy: string): Promise<Peers> {
  const binaries = new Map(options.map(parsePeer));
  const gomodfs = binaries.get("gomodfs");
  const goPrefetch = binaries.get("go-prefetch");
  return {
    ...(gomodfs !== undefined && { gomodfs: await TailscaleGomodfs.open(gomodfs, goproxy) }),
    ...(goPrefetch !== undefined && { goPrefetch }),
  };
}

function parsePeer(option: string): readonly [name: string, path: string] {
  const [, name, path] = /^(gomodfs|go-prefetch)=(.+)$/.exec(option) ?? [];
  if (name !== undefined && path !== undefined) return [name, path];
  throw new Error(`--peer ${option}: write --peer gomodfs=PATH or --peer go-prefetch=PATH`);
}
