import type { Environment } from "../environment.ts";
import { GomodfsError } from "../gomodfs_error.ts";
import { printableReason } from "../server_reason.ts";

/** What signs a request. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** With credentials that were given for some time. */
  readonly sessionToken?: string;
}

/** Gives credentials that are valid now. */
export interface CredentialSource {
  /** @throws GomodfsError `FORBIDDEN` if there are none, `TIMEOUT` */
  get(): Promise<Credentials>;
  /** Others than the ones given last, which the server calls expired; the same where there are no others. */
  renew(): Promise<Credentials>;
}

/** Milliseconds. */
const defaultTimeout = 30_000;
/** How long a failure is remembered, in milliseconds: to ask for instance metadata in vain takes a second each time. */
const failureLifetime = 10_000;

/**
 * The credentials that every program of AWS takes: environment, profile, SSO, web identity, container and instance
 * metadata. Plain keys in the environment need nothing to be loaded.
 *
 * @param env where keys are looked for first. The official chain behind it reads the process's own environment
 */
export function findCredentials(env: Environment): CredentialSource {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_PROFILE } = env;
  // A profile that is named goes first, in the official chain too.
  if (!AWS_PROFILE && AWS_ACCESS_KEY_ID && AWS_SECRET_ACCESS_KEY) {
    return new FixedCredentials({
      accessKeyId: AWS_ACCESS_KEY_ID,
      secretAccessKey: AWS_SECRET_ACCESS_KEY,
      ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }),
    });
  }
  return new ChainCredentials(async () => (await import("./credential_chain.ts")).officialChain());
}

/** Credentials that do not change. */
export class FixedCredentials implements CredentialSource {
  readonly #credentials: Credentials;

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
  }

  get(): Promise<Credentials> {
    return Promise.resolve(this.#credentials);
  }

  renew(): Promise<Credentials> {
    return this.get();
  }
}

/** The official chain, as far as it is needed. It keeps credentials, and renews them before they expire. */
export type CredentialChain = (options?: {
  readonly forceRefresh?: boolean;
}) => Promise<Credentials>;

/** Credentials of the official chain, asked in bounded time. */
export class ChainCredentials implements CredentialSource {
  readonly #load: () => Promise<CredentialChain>;
  readonly #timeout: number;
  #chain: Promise<CredentialChain> | undefined;
  #failure: { readonly error: GomodfsError; readonly until: number } | undefined;

  /**
   * @param load loads the chain, once, when credentials are needed
   * @param timeout milliseconds that a source of the chain may take: a program of the profile's, or a server
   */
  constructor(load: () => Promise<CredentialChain>, timeout: number = defaultTimeout) {
    this.#load = load;
    this.#timeout = timeout;
  }

  async get(): Promise<Credentials> {
    return await this.#ask(false);
  }

  async renew(): Promise<Credentials> {
    return await this.#ask(true);
  }

  async #ask(forceRefresh: boolean): Promise<Credentials> {
    if (this.#failure !== undefined && performance.now() < this.#failure.until) {
      throw this.#failure.error;
    }
    this.#chain ??= this.#load();
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(tookTooLong(this.#timeout)), this.#timeout);
    try {
      const chain = await this.#chain;
      return await Promise.race([chain({ forceRefresh }), late]);
    } catch (error) {
      const failure = credentialError(error);
      this.#failure = { error: failure, until: performance.now() + failureLifetime };
      throw failure;
    } finally {
      clearTimeout(timer);
    }
  }
}

function tookTooLong(timeout: number): GomodfsError {
  return new GomodfsError("TIMEOUT", `no S3 credentials after ${timeout} ms`, {
    hint: "check the profile's credential_process, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
  });
}

/** The chain's error in our words. Its own text is shown, since it may say what to do: `run aws sso login`. */
function credentialError(error: unknown): GomodfsError {
  if (error instanceof GomodfsError) return error;
  const reason = error instanceof Error ? printableReason(error.message).replace(/\.$/, "") : "";
  return new GomodfsError("FORBIDDEN", `no S3 credentials were found: ${reason}`, {
    hint:
      "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE to a profile of ~/.aws/config; looked for keys in " +
      "the environment, profile, SSO session, web identity token, container and instance metadata",
  });
}
