import { readProcessStat } from "../lib/process_stat.ts";

/** The signals that a command gets when gomodfs gets them. */
export const FORWARDED_SIGNALS = [
  "SIGINT",
  "SIGTERM",
  "SIGHUP",
  "SIGQUIT",
  "SIGUSR1",
  "SIGUSR2",
  "SIGWINCH",
] as const satisfies readonly NodeJS.Signals[];

/** A signal that {@linkcode SignalForwarding} passes on. */
export type ForwardedSignal = (typeof FORWARDED_SIGNALS)[number];

/** Where signals come from: `process`, or a stand-in. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  off(signal: NodeJS.Signals, listener: () => void): unknown;
}

// What the terminal driver sends to the whole foreground process group (termios(3): VINTR, VQUIT; TIOCSWINSZ).
const TERMINAL_SIGNALS: ReadonlySet<ForwardedSignal> = new Set(["SIGINT", "SIGQUIT", "SIGWINCH"]);

/**
 * While it lives, signals for gomodfs go to the command instead and gomodfs survives them.
 *
 * A signal of the terminal has reached the command already when both are in its foreground process group: sending it
 * again would be a second Ctrl-C, which many programs take for "stop without cleaning up". Node does not tell who sent
 * a signal (siginfo_t), so in the foreground SIGINT and SIGQUIT are taken for the terminal's.
 */
export class SignalForwarding implements Disposable {
  readonly #source: SignalSource;
  readonly #listeners = new Map<ForwardedSignal, () => void>();

  /**
   * @param deliver sends a signal to the command
   * @param terminalReaches whether a signal of the terminal reaches the command by itself
   */
  constructor(
    source: SignalSource,
    deliver: (signal: ForwardedSignal) => void,
    terminalReaches: () => boolean,
  ) {
    this.#source = source;
    for (const signal of FORWARDED_SIGNALS) {
      const listener = () => {
        if (TERMINAL_SIGNALS.has(signal) && terminalReaches()) return;
        deliver(signal);
      };
      this.#listeners.set(signal, listener);
      source.on(signal, listener);
    }
  }

  [Symbol.dispose](): void {
    for (const [signal, listener] of this.#listeners) this.#source.off(signal, listener);
    this.#listeners.clear();
  }
}

/**
 * Whether this process is in the foreground process group of its controlling terminal: what a person types there
 * reaches it and the children that stay in its group. Without /proc (not Linux) a terminal on stdin decides.
 */
export function inTerminalForeground(): boolean {
  const stat = readProcessStat("self");
  if (stat === undefined) return process.stdin.isTTY;
  return stat.foregroundProcessGroup === stat.processGroup;
}
