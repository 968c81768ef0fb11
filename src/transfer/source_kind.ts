/** The kinds of sources that modules are imported from. */
export const SOURCE_KINDS = ["modcache", "zips", "repository"] as const;

/**
 * `modcache`: a GOMODCACHE, whose `cache/download` is read. `zips`: a GOPROXY tree, or any directory with module zips, or
 * one zip. `repository`: a git repository as tailscale/gomodfs and gomodfs write it.
 */
export type SourceKind = (typeof SOURCE_KINDS)[number];
