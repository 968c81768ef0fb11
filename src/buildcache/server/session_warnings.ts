/** Warnings that one build shows; the others are only counted: a disk that is full is so for each output. */
const MAX_SHOWN = 3;

/** Tells what goes wrong in a build, without repeating itself. */
export class SessionWarnings {
  readonly #tell: (message: string) => void;
  #count = 0;

  constructor(tell: (message: string) => void) {
    this.#tell = tell;
  }

  warn(message: string): void {
    this.#count += 1;
    if (this.#count <= MAX_SHOWN) this.#tell(message);
  }

  /** Says how many there were that were not shown. */
  end(): void {
    const hidden = this.#count - MAX_SHOWN;
    if (hidden > 0) this.#tell(`the build cache had ${hidden} more such problems`);
    this.#count = 0;
  }
}
