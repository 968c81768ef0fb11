import { GomodfsError } from "./gomodfs_error.ts";

/** A listening socket that a service manager opened for this process. */
export interface InheritedSocket {
  readonly descriptor: number;
  /** FileDescriptorName= of its unit, by default the unit's name; "unknown" if the manager gives none. */
  readonly name: string;
}

/** The first descriptor that is passed (sd_listen_fds(3), SD_LISTEN_FDS_START). */
const FIRST_DESCRIPTOR = 3;
const MAX_DESCRIPTORS = 1_000;

/**
 * The sockets that systemd passes on (sd_listen_fds(3)). The variables that name them are taken out of the environment:
 * they are this process's own.
 *
 * @throws GomodfsError `USAGE` for variables that contradict each other
 */
export function inheritedSockets(
  environment: NodeJS.ProcessEnv,
  pid: number = process.pid,
): InheritedSocket[] {
  const { LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES } = environment;
  for (const name of ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"]) delete environment[name];
  if (LISTEN_PID !== String(pid) || LISTEN_FDS === undefined) return [];
  const count = /^\d{1,4}$/.test(LISTEN_FDS) ? Number(LISTEN_FDS) : Number.NaN;
  if (!(count <= MAX_DESCRIPTORS)) {
    throw new GomodfsError("USAGE", `LISTEN_FDS=${LISTEN_FDS} is no number of sockets`);
  }
  const names = LISTEN_FDNAMES?.split(":") ?? [];
  if (names.length > 0 && names.length !== count) {
    throw new GomodfsError(
      "USAGE",
      `LISTEN_FDNAMES has ${names.length} names for the ${count} sockets of LISTEN_FDS`,
    );
  }
  return Array.from({ length: count }, (_, index) => ({
    descriptor: FIRST_DESCRIPTOR + index,
    name: names[index] ?? "unknown",
  }));
}
