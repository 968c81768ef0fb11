import { AccessControl } from "./access_control.ts";
import { Authenticator, type AuthenticatorOptions } from "./authenticator.ts";
import { ClientAddresses } from "./client_address.ts";
import { PasswordVerifier } from "./password_verifier.ts";
import { type RateLimit, RateLimiter } from "./rate_limiter.ts";

/** How a server decides who may ask. */
export interface AccessControlsOptions
  extends Pick<AuthenticatorOptions, "credentials" | "privatePatterns"> {
  /** Addresses, networks and `unix`, whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
  /** Requests of each client; undefined for no limit. */
  readonly rateLimit: RateLimit | undefined;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
}

/**
 * The go command asks twice where it is refused (cmd/go/internal/web, get), and `go mod download` for ten modules at
 * once: one that has a wrong password should be told so, and not to wait.
 */
const FAILURES: RateLimit = { requestsPerSecond: 0.2, burst: 20 };

/** The access control of a server's addresses. What is counted of a client is counted for all of them together. */
export class AccessControls {
  readonly #options: AccessControlsOptions;
  readonly #addresses: ClientAddresses;
  readonly #passwords: PasswordVerifier;
  readonly #failures: RateLimiter;
  readonly #requests: RateLimiter | undefined;

  /** @throws GomodfsError `USAGE` for a trusted proxy that is neither an address nor a network */
  constructor(options: AccessControlsOptions) {
    const { trustedProxies, rateLimit, clock } = options;
    this.#options = options;
    this.#addresses = new ClientAddresses(trustedProxies);
    this.#passwords = new PasswordVerifier({ clock });
    this.#failures = new RateLimiter({ limit: FAILURES, clock });
    this.#requests = rateLimit && new RateLimiter({ limit: rateLimit, clock });
  }

  /** For an address on which clients without credentials are let in, or are not. */
  control({ allowAnonymous }: Pick<AuthenticatorOptions, "allowAnonymous">): AccessControl {
    const { credentials, privatePatterns } = this.#options;
    return new AccessControl({
      authenticator: new Authenticator({
        credentials,
        privatePatterns,
        allowAnonymous,
        passwords: this.#passwords,
        failures: this.#failures,
      }),
      addresses: this.#addresses,
      requests: this.#requests,
    });
  }
}
