/** What a server bears from its clients. Times are in milliseconds. */
export interface HttpLimits {
  /** Connections at one time; a new one that is more ends the one that has been idle longest, or itself. */
  readonly connections: number;
  /** Of these, the ones without a request; beyond them those end that have been idle longest. */
  readonly idleConnections: number;
  /** Requests that are being answered at one time; what comes then is asked to come again. */
  readonly requests: number;
  /** Requests of one connection that wait for their answers (pipelining). */
  readonly requestsOfConnection: number;
  /** Bytes of a request's head. */
  readonly headBytes: number;
  /** Header fields of a request. */
  readonly headerFields: number;
  /** Characters of a request's target. */
  readonly targetLength: number;
  /** For a request's head to arrive, from the connection's beginning or the head's first byte. */
  readonly headTime: number;
  /** A connection without a request is kept this long. */
  readonly idleTime: number;
  /** A client that lets the server wait may do so this long, and longer only as far as it keeps up `bytesPerSecond`. */
  readonly stallTime: number;
  /** What a client that lets the server wait must take in on average. */
  readonly bytesPerSecond: number;
}

/**
 * Sensible for a server that a company's builds share. A go command keeps idle connections for 90 s (net/http
 * DefaultTransport) and should be the one that ends them: it must ask again if a request meets a closing connection. An
 * idle connection takes up 14 KB.
 */
export const DEFAULT_HTTP_LIMITS: HttpLimits = {
  connections: 8_192,
  idleConnections: 2_048,
  requests: 4_096,
  requestsOfConnection: 32,
  headBytes: 16 * 1024,
  headerFields: 100,
  targetLength: 8 * 1024,
  headTime: 10_000,
  idleTime: 120_000,
  stallTime: 60_000,
  bytesPerSecond: 16 * 1024,
};
