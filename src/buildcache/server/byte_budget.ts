/** A number of bytes that several may take from. */
export class ByteBudget {
  readonly #limit: number;
  readonly #within: ByteBudget | undefined;
  #taken = 0;

  /** @param within another budget that what is taken from this one must fit in too */
  constructor(limit: number, within?: ByteBudget) {
    this.#limit = limit;
    this.#within = within;
  }

  /** Takes bytes if they are there. */
  take(bytes: number): boolean {
    if (this.#taken + bytes > this.#limit) return false;
    if (this.#within?.take(bytes) === false) return false;
    this.#taken += bytes;
    return true;
  }

  /** Gives back all that was taken. */
  release(): void {
    if (this.#within !== undefined) this.#within.#give(this.#taken);
    this.#taken = 0;
  }

  /** Takes bytes back from a budget within this one. */
  #give(bytes: number): void {
    this.#taken -= bytes;
    if (this.#within !== undefined) this.#within.#give(bytes);
  }
}
