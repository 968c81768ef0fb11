import { constants } from "node:os";

/** The signals that end a command: Ctrl-C, and what service managers and CI services send. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const satisfies readonly NodeJS.Signals[];

/** Where signals come from: `process`, or a stand-in. */
interface SignalEmitter {
  once(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  off(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
}

/**
 * While it lives, the first ending signal aborts instead of ending the process, so that the command can clean up. Each
 * is caught once only: whoever presses Ctrl-C twice wants it to end at any price.
 */
export class Interruption implements Disposable {
  readonly #emitter: SignalEmitter;
  readonly #controller = new AbortController();
  readonly #listener = (signal: NodeJS.Signals): void => {
    this.#received ??= signal;
    this.#controller.abort();
  };
  #received: NodeJS.Signals | undefined;

  constructor(emitter: SignalEmitter = process) {
    this.#emitter = emitter;
    for (const signal of SIGNALS) emitter.once(signal, this.#listener);
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The exit code that tells a shell of the signal: 130 for SIGINT. Undefined if there was none. */
  get exitCode(): number | undefined {
    return this.#received === undefined ? undefined : 128 + constants.signals[this.#received];
  }

  [Symbol.dispose](): void {
    for (const signal of SIGNALS) this.#emitter.off(signal, this.#listener);
  }
}
