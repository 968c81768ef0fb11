import { isGomodfsError } from "../../lib/gomodfs_error.ts";
import type { ModulePath } from "../../module/module_version.ts";
import { matchPrefixPatterns } from "../../module/prefix_patterns.ts";
import type { Client } from "../http_exchange.ts";
import type { Refusal } from "../refusal.ts";
import {
  credentialsNeeded,
  credentialsWrong,
  tooManyFailures,
  tooManyPasswords,
} from "./access_refusals.ts";
import { type Admission, refused } from "./admission.ts";
import { type PresentedCredential, parseAuthorizationHeader } from "./authorization_header.ts";
import type { Credential } from "./credential.ts";
import type { CredentialSet } from "./credential_set.ts";
import type { PasswordAttempt, PasswordVerifier } from "./password_verifier.ts";
import type { RateLimiter } from "./rate_limiter.ts";

/** What an authenticator works with. */
export interface AuthenticatorOptions {
  /**
   * Asked at each request: it may be loaded anew. Undefined where nobody has to say who they are: what clients say then
   * does not matter, and may be meant for a proxy in front.
   */
  readonly credentials: (() => CredentialSet) | undefined;
  /** Globs of module paths, as GOPRIVATE's: modules that only clients may read whose own patterns match. */
  readonly privatePatterns: readonly string[];
  /** Whether clients that give no credentials are let in, as unknown ones. */
  readonly allowAnonymous: boolean;
  readonly passwords: PasswordVerifier;
  /** Failures of each address. */
  readonly failures: RateLimiter;
}

/** One request, as far as it tells who asks. */
export interface AuthenticationRequest {
  /** The Authorization header. */
  readonly authorization: string | undefined;
  /** Whom a failure is counted for: {@linkcode rateLimitKey}. */
  readonly address: string;
}

type BasicCredential = PresentedCredential & { readonly scheme: "basic" };

/**
 * Finds out who asks. A token is a bearer token, or a password beside its client's name. Whatever is wrong costs the same
 * work, whether the name is known or not: one hash of a token, and the derivation of one password if any client has one.
 */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #privateGlobs: string;
  readonly #anonymous: Admission;
  /** Credentials live as long as the file is not loaded anew. */
  readonly #admissions = new WeakMap<Credential, Admission>();

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
    this.#privateGlobs = options.privatePatterns.join(",");
    this.#anonymous = options.allowAnonymous
      ? { kind: "admitted", client: this.#client(undefined, []) }
      : refused(credentialsNeeded());
  }

  /** Answers at once unless a password must be derived: a promise would cost each request of a token. */
  authenticate({ authorization, address }: AuthenticationRequest): Admission | Promise<Admission> {
    if (authorization === undefined || this.#options.credentials === undefined) {
      return this.#anonymous;
    }
    const credentials = this.#options.credentials();
    const presented = parseAuthorizationHeader(authorization);
    const credential = presented && findToken(presented, credentials);
    if (credential !== undefined) return this.#admit(credential);

    // Before what is remembered of passwords is asked: that is quick, and so are those who guess.
    const wait = this.#options.failures.check(address);
    if (wait > 0) return refused(tooManyFailures(wait));
    if (presented?.scheme === "basic") {
      return this.#checkPassword(presented, credentials, address);
    }
    return this.#fail(address);
  }

  #checkPassword(
    { user, password }: BasicCredential,
    credentials: CredentialSet,
    address: string,
  ): Admission | Promise<Admission> {
    const known = credentials.findPassword(user);
    const hash = known?.hash ?? credentials.decoy;
    if (hash === undefined) return this.#fail(address);
    if (this.#options.passwords.remembers(hash, password) && known !== undefined) {
      return this.#admit(known);
    }
    const { failures, passwords } = this.#options;
    const attempt: PasswordAttempt = {
      begin: () => {
        // Others of this address may have failed while this one waited: the rest of a flood costs no derivations.
        const wait = failures.check(address);
        if (wait > 0) throw new RefusedError(tooManyFailures(wait));
      },
      fail: () => void failures.take(address),
    };
    return passwords.verify(hash, password, attempt).then(
      (isRight) =>
        isRight && known !== undefined ? this.#admit(known) : refused(credentialsWrong()),
      (error: unknown) => {
        if (error instanceof RefusedError) return refused(error.refusal);
        if (isGomodfsError(error, "BUSY")) return refused(tooManyPasswords());
        throw error;
      },
    );
  }

  #fail(address: string): Admission {
    this.#options.failures.take(address);
    return refused(credentialsWrong());
  }

  #admit(credential: Credential): Admission {
    const known = this.#admissions.get(credential);
    if (known !== undefined) return known;
    const client = this.#client(credential.name, credential.patterns);
    const admission: Admission = { kind: "admitted", client };
    this.#admissions.set(credential, admission);
    return admission;
  }

  #client(name: string | undefined, patterns: readonly string[]): Client {
    const globs = patterns.join(",");
    const privateGlobs = this.#privateGlobs;
    return {
      name,
      mayRead: (path: ModulePath): boolean =>
        !matchPrefixPatterns(privateGlobs, path) || matchPrefixPatterns(globs, path),
    };
  }
}

/** A token beside a name must be that name's own: it would be counted and logged by the wrong one. */
function findToken(
  presented: PresentedCredential,
  credentials: CredentialSet,
): Credential | undefined {
  if (presented.scheme === "bearer") return credentials.findToken(presented.token);
  const found = credentials.findToken(presented.password);
  return found?.name === presented.user ? found : undefined;
}

/** Ends a verification that is not to be done any more. */
class RefusedError extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.text);
    this.refusal = refusal;
  }
}
