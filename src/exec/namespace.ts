/**
 * Which way a file system can be mounted for one command only:
 * - `root`: a mount namespace, with the privilege that this process has (CAP_SYS_ADMIN);
 * - `user-namespace`: a user namespace, which gives that privilege to anybody, and a mount namespace in it;
 * - `fusermount3`: a mount that all see, at a directory of its own, made by the setuid program of libfuse;
 * - `none`.
 */
export type MountWay = "root" | "user-namespace" | "fusermount3" | "none";

/** What came of trying one way. `reason` is half a sentence: "/dev/fuse cannot be opened (EACCES)". */
export type ProbeResult =
  | { readonly possible: true }
  | { readonly possible: false; readonly reason: string };

/** The ways to try. Each is tried only if those before it are not possible. */
export interface NamespaceProbes {
  /** Whether this process can mount FUSE in a mount namespace of its own. */
  root(): Promise<ProbeResult>;
  /** Whether it can in a user namespace, with the command under the person's own ids. */
  userNamespace(): Promise<ProbeResult>;
  /** Whether fusermount3 is there and can mount. */
  fusermount(): Promise<ProbeResult>;
}

/** The way that was found, and why those before it are not possible. */
export interface MountChoice {
  readonly way: MountWay;
  readonly refused: readonly { readonly way: MountWay; readonly reason: string }[];
}

/** Tries the ways in the order of {@linkcode MountWay}; a private mount is better than a visible one. */
export async function chooseMountWay(probes: NamespaceProbes): Promise<MountChoice> {
  const ways = [
    { way: "root", probe: () => probes.root() },
    { way: "user-namespace", probe: () => probes.userNamespace() },
    { way: "fusermount3", probe: () => probes.fusermount() },
  ] as const;
  const refused: { way: MountWay; reason: string }[] = [];
  for (const { way, probe } of ways) {
    const result = await probe();
    if (result.possible) return { way, refused };
    refused.push({ way, reason: result.reason });
  }
  return { way: "none", refused };
}

/** One line that says why no FUSE is to be had: every way with its reason. */
export function describeRefusals(choice: MountChoice): string {
  return choice.refused.map(({ way, reason }) => `${WAY_NAMES[way]}: ${reason}`).join("; ");
}

const WAY_NAMES: Readonly<Record<MountWay, string>> = {
  root: "mount namespace",
  "user-namespace": "user namespace",
  fusermount3: "fusermount3",
  none: "none",
};
