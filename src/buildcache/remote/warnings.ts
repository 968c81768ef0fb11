/** What kind of trouble a warning is about. */
export type Trouble =
  /** The bucket cannot be reached, fails or is too slow. */
  | "unavailable"
  /** The bucket refuses to be read. */
  | "read-denied"
  /** The bucket refuses to be written. */
  | "write-denied"
  /** An upload failed. */
  | "upload"
  /** An object is not what it should be. */
  | "corrupt"
  /** The local tier cannot take something in. */
  | "local"
  /** More is to be uploaded than the queue takes. */
  | "overflow"
  /** Not everything was uploaded in time. */
  | "left";

/** Tells a person of trouble: one line for each kind, however often it comes. */
export class Warnings {
  readonly #warn: (message: string) => void;
  readonly #told = new Set<Trouble>();

  constructor(warn: (message: string) => void) {
    this.#warn = warn;
  }

  once(trouble: Trouble, message: string): void {
    if (this.#told.has(trouble)) return;
    this.#told.add(trouble);
    this.#warn(message);
  }
}
