import { tooManyRequests } from "./access_refusals.ts";
import { type Admission, refused } from "./admission.ts";
import type { Authenticator } from "./authenticator.ts";
import { type AddressedRequest, type ClientAddresses, rateLimitKey } from "./client_address.ts";
import type { RateLimiter } from "./rate_limiter.ts";

/** What decides on a listening address. */
export interface AccessControlOptions {
  readonly authenticator: Authenticator;
  readonly addresses: ClientAddresses;
  /** Requests of each client; undefined for no limit. */
  readonly requests: RateLimiter | undefined;
}

/** A request as access control looks at it; an IncomingMessage is one. */
export interface AccessRequest extends AddressedRequest {
  readonly headers: AddressedRequest["headers"] & { readonly authorization?: string | undefined };
}

/** Decides which requests are answered: who may ask, and how often. */
export class AccessControl {
  readonly #options: AccessControlOptions;

  constructor(options: AccessControlOptions) {
    this.#options = options;
  }

  /** Whether the request is let in; a promise only where a password has to be derived. */
  admit(request: AccessRequest): Admission | Promise<Admission> {
    const { authenticator, addresses } = this.#options;
    const address = rateLimitKey(addresses.of(request));
    const { authorization } = request.headers;
    const admission = authenticator.authenticate({ authorization, address });
    return admission instanceof Promise
      ? admission.then((settled) => this.#limit(settled, address))
      : this.#limit(admission, address);
  }

  /** Clients with a name are counted by it, others by their address, also when they are refused. */
  #limit(admission: Admission, address: string): Admission {
    const { requests } = this.#options;
    if (requests === undefined) return admission;
    const name = admission.kind === "admitted" ? admission.client.name : undefined;
    const wait = requests.take(name === undefined ? `address ${address}` : `name ${name}`);
    return wait > 0 ? refused(tooManyRequests(wait)) : admission;
  }
}
