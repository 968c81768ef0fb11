/** A part of a command's time. */
export interface Phase {
  readonly name: string;
  readonly milliseconds: number;
}

/** Measures the phases of a command, which follow each other from the start of the process. */
export class Stopwatch {
  readonly #clock: () => number;
  readonly #phases: Phase[] = [];
  #begin = 0;

  /** @param clock milliseconds since the start */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
  }

  /** The phases so far, in their order. */
  get phases(): readonly Phase[] {
    return this.#phases;
  }

  /** Ends the phase that is under way, which only now gets its name; the next begins. */
  end(name: string): void {
    const now = this.#clock();
    this.#phases.push({ name, milliseconds: now - this.#begin });
    this.#begin = now;
  }
}
