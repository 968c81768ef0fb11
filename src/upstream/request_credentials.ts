import type { CredentialHeaders } from "./credential_table.ts";

/** The head of an answer that refuses. */
export interface RefusalHead {
  /** `1.1` */
  readonly httpVersion: string;
  readonly status: number;
  /** `Unauthorized`; may be empty. */
  readonly statusText: string;
  /** Names and values in turn, as the server spells them. */
  readonly rawHeaders: readonly string[];
}

/** Headers to try a refused request again with. */
export interface RenewedCredentials {
  readonly headers: CredentialHeaders;
  /** To be told which status they brought: whoever keeps them may want to know whether they are good. */
  settle(status: number): void;
}

/** Who knows the credentials for requests. Asked for https URLs only. */
export interface RequestCredentials {
  /** The headers for a URL; empty where none are known. @throws GomodfsError `CANCELLED` */
  headersFor(url: URL, signal: AbortSignal | undefined): Promise<CredentialHeaders>;
  /**
   * Other headers than those that were `sent` with a request which was refused with a status of 4xx; undefined where
   * there are none. @throws GomodfsError `CANCELLED`
   */
  renew(
    url: URL,
    sent: CredentialHeaders,
    refusal: RefusalHead,
    signal: AbortSignal | undefined,
  ): Promise<RenewedCredentials | undefined>;
}

/** Knows none. */
export const noCredentials: RequestCredentials = {
  headersFor: () => Promise.resolve({}),
  renew: () => Promise.resolve(undefined),
};
