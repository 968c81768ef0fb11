import { randomBytes } from "node:crypto";

/** Makes ids of requests: `ORIGIN-N`, where the origin tells servers and restarts apart. */
export class RequestIds {
  readonly #origin: string;
  #count = 0;

  constructor(origin: string = randomBytes(5).toString("base64url")) {
    this.#origin = origin;
  }

  next(): string {
    this.#count += 1;
    return `${this.#origin}-${this.#count.toString(36)}`;
  }
}
