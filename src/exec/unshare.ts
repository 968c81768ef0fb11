/** A user and a group, as numbers. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Arguments of unshare(1): a mount namespace whose mounts nobody outside sees. Private is unshare's own default; it is
 * said because on a systemd machine every mount is shared before that.
 */
export const PRIVATE_MOUNTS: readonly string[] = ["--mount", "--propagation", "private"];

/** Arguments of unshare(1): a user namespace in which this process is root, and so may mount. */
export const ROOT_IN_USER_NAMESPACE: readonly string[] = ["--user", "--map-root-user"];

/**
 * Arguments of unshare(1), inside {@linkcode ROOT_IN_USER_NAMESPACE}: one more user namespace in which the command has
 * the ids of the person again, and none of root's privileges over the mounts.
 */
export function mapIdentity(identity: Identity): readonly string[] {
  return ["--user", `--map-user=${identity.uid}`, `--map-group=${identity.gid}`];
}
