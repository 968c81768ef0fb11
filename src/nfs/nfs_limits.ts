/** What an NFS server bears from its clients. Times are in milliseconds. */
export interface NfsLimits {
  /** Connections at one time; a new one that is more ends the one that has been idle longest, or itself. */
  readonly connections: number;
  /** Of these, the ones without a call; beyond them those end that have been idle longest. */
  readonly idleConnections: number;
  /** Bytes of a call. */
  readonly recordBytes: number;
  /** For the rest of a call to arrive once it has begun. */
  readonly recordTime: number;
  /** Calls of one connection that wait for what is being fetched; those beyond are asked to come again. */
  readonly waitingOfConnection: number;
  /** The same of all connections. */
  readonly waiting: number;
  /** How long a call waits for what is being fetched before it is asked to come again. */
  readonly waitTime: number;
  /** Bytes of replies that one client has not taken in; its further calls are not read until it has. */
  readonly queuedBytesOfConnection: number;
  /** The same of all clients: beyond it, calls are read only of those who have taken in all. */
  readonly queuedBytes: number;
  /** A client that lets the server wait may do so this long, and longer only as far as it keeps up `bytesPerSecond`. */
  readonly stallTime: number;
  /** What a client that lets the server wait must take in on average. */
  readonly bytesPerSecond: number;
}

/**
 * Sensible for a host with hundreds of guests. A kernel has one connection for each server (nconnect: up to 16), sends
 * again what is not answered after 60 s (timeo=600, nfs(5)), and connects anew when a connection ends. The longest call
 * besides WRITE, of which FSINFO allows 64 KiB, has 2 KiB.
 */
export const DEFAULT_NFS_LIMITS: NfsLimits = {
  connections: 1_024,
  idleConnections: 1_024,
  recordBytes: 96 * 1024,
  recordTime: 30_000,
  waitingOfConnection: 256,
  waiting: 4_096,
  waitTime: 25_000,
  queuedBytesOfConnection: 4 * 1024 * 1024,
  queuedBytes: 48 * 1024 * 1024,
  stallTime: 60_000,
  bytesPerSecond: 16 * 1024,
};
