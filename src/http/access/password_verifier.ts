import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { LRUCache } from "lru-cache";
import { RequestQueue } from "../../lib/request_queue.ts";
import { SingleFlight } from "../../lib/single_flight.ts";
import {
  type DeriveKey,
  deriveKey,
  derivePasswordKey,
  type PasswordHash,
} from "./credential_hash.ts";

/** How a verifier works; the defaults are for a server. */
export interface PasswordVerifierOptions {
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  /** Derivations at once. */
  readonly concurrency?: number;
  /** Derivations that may wait; one more fails. */
  readonly maxWaiting?: number;
  readonly derive?: DeriveKey;
}

/** Whoever tries a password. */
export interface PasswordAttempt {
  /** Is called when the derivation's turn has come; what it throws ends the attempt. */
  begin(): void;
  /** Is called when the password was wrong, before the next attempt begins. */
  fail(): void;
}

/** Derivations run on libuv's four threads, which the file system needs too. */
const CONCURRENCY = 2;
const MAX_WAITING = 64;
const MAX_REMEMBERED = 10_000;
/** After this a client proves its password anew. A changed or removed password counts at once: see #keyOf. */
const REMEMBERED_FOR = 5 * 60_000;

/**
 * Compares passwords with their hashes. A derivation costs tens of milliseconds by design: what was right is remembered
 * for minutes, and few derivations run at once.
 */
export class PasswordVerifier {
  /** Of this process alone: what is remembered is of no use outside. */
  readonly #secret = randomBytes(32);
  readonly #clock: () => number;
  readonly #derive: DeriveKey;
  readonly #queue: RequestQueue;
  readonly #flights = new SingleFlight<boolean>();
  /** Keys of right passwords to when they are forgotten. */
  readonly #right = new LRUCache<string, number>({ max: MAX_REMEMBERED });

  constructor({
    clock,
    concurrency = CONCURRENCY,
    maxWaiting = MAX_WAITING,
    derive = deriveKey,
  }: PasswordVerifierOptions) {
    this.#clock = clock;
    this.#derive = derive;
    this.#queue = new RequestQueue({ slots: concurrency, maxWaiting });
  }

  /** Whether the password was found right a short time ago. */
  remembers(hash: PasswordHash, password: string): boolean {
    const until = this.#right.get(this.#keyOf(hash, password));
    return until !== undefined && this.#clock() < until;
  }

  /**
   * Derives the key and compares, once for all who ask the same at the same time.
   *
   * @throws GomodfsError `BUSY` if too many wait, and whatever the attempt throws before it begins
   */
  async verify(hash: PasswordHash, password: string, attempt: PasswordAttempt): Promise<boolean> {
    const key = this.#keyOf(hash, password);
    return await this.#flights.run(
      key,
      async () =>
        await this.#queue.run("demand", undefined, async () => {
          attempt.begin();
          const derived = await derivePasswordKey(password, hash, this.#derive);
          const isRight = timingSafeEqual(derived, hash.key);
          if (isRight) this.#right.set(key, this.#clock() + REMEMBERED_FOR);
          else attempt.fail();
          return isRight;
        }),
    );
  }

  /**
   * It depends on the derived key, and so on salt and cost: a password that was changed in the file is not remembered as
   * right.
   */
  #keyOf(hash: PasswordHash, password: string): string {
    return createHmac("sha256", this.#secret).update(hash.key).update(password).digest("base64");
  }
}
