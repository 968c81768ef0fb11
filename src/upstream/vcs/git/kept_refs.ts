import { isGomodfsError } from "../../../lib/gomodfs_error.ts";
import { SharedFlights } from "../../shared_flights.ts";
import type { RemoteRefs } from "./remote_refs.ts";

/** Asks the remote. */
export type ListRefs = (signal: AbortSignal) => Promise<RemoteRefs>;

/** Keeps what a remote said for a moment: a build has many questions, the remote is asked once. */
export class KeptRefs {
  readonly #list: ListRefs;
  readonly #freshness: number;
  readonly #flights = new SharedFlights<RemoteRefs>();
  #kept: { readonly until: number; readonly answer: () => RemoteRefs } | undefined;

  /** @param freshness milliseconds for which an answer is good, a failure too */
  constructor(list: ListRefs, freshness: number) {
    this.#list = list;
    this.#freshness = freshness;
  }

  /** @throws GomodfsError as the remote is asked, or `CANCELLED` */
  async get(signal: AbortSignal | undefined): Promise<RemoteRefs> {
    if (this.#kept !== undefined && performance.now() < this.#kept.until)
      return this.#kept.answer();
    return await this.#flights.join("", signal, async (flight) => {
      try {
        const refs = await this.#list(flight);
        this.#keep(() => refs);
        return refs;
      } catch (error) {
        const isAnswer = isGomodfsError(error) && error.code !== "CANCELLED";
        if (isAnswer) {
          this.#keep(() => {
            throw error;
          });
        }
        throw error;
      }
    });
  }

  #keep(answer: () => RemoteRefs): void {
    this.#kept = { until: performance.now() + this.#freshness, answer };
  }
}
