import type { LookupRequest, ReadRequest, Unique } from "./request.ts";

/** A request whose answer may take its time. */
export type WaitingRequest = LookupRequest | ReadRequest;

/** Requests that wait for a ticket to be settled; several may wait for one. */
export class PendingRequests {
  readonly #limit: number;
  readonly #byTicket = new Map<number, Map<bigint, WaitingRequest>>();
  readonly #ticketOf = new Map<bigint, number>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#ticketOf.size;
  }

  /** @returns false if there is no room for another one */
  add(ticket: number, request: WaitingRequest): boolean {
    if (this.size >= this.#limit) return false;
    const key = keyOf(request.unique);
    const waiting = this.#byTicket.get(ticket);
    if (waiting === undefined) this.#byTicket.set(ticket, new Map([[key, request]]));
    else waiting.set(key, request);
    this.#ticketOf.set(key, ticket);
    return true;
  }

  /** Takes out what waits for `ticket`, in the order in which it came. */
  take(ticket: number): WaitingRequest[] {
    const waiting = this.#byTicket.get(ticket);
    if (waiting === undefined) return [];
    this.#byTicket.delete(ticket);
    for (const key of waiting.keys()) this.#ticketOf.delete(key);
    return [...waiting.values()];
  }

  /** Takes out everything. */
  takeAll(): WaitingRequest[] {
    return [...this.#byTicket.keys()].flatMap((ticket) => this.take(ticket));
  }

  /** Takes out one request. @returns false if it does not wait */
  remove(unique: Unique): boolean {
    const key = keyOf(unique);
    const ticket = this.#ticketOf.get(key);
    if (ticket === undefined) return false;
    this.#ticketOf.delete(key);
    const waiting = this.#byTicket.get(ticket);
    waiting?.delete(key);
    if (waiting?.size === 0) this.#byTicket.delete(ticket);
    return true;
  }
}

function keyOf({ low, high }: Unique): bigint {
  return (BigInt(high) << 32n) | BigInt(low);
}
