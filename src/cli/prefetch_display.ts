/** Where a display is shown: standard error, or a stand-in. */
export interface DisplayStream {
  readonly isTTY?: boolean;
  /** Width of the terminal. */
  readonly columns?: number;
  write(text: string): unknown;
  on(event: "resize", listener: () => void): unknown;
  off(event: "resize", listener: () => void): unknown;
  /** Whether a terminal shows colours and its user wants them (NO_COLOR). */
  hasColors?(): boolean;
}

/** Shows how a prefetch goes, until it is closed. */
export interface PrefetchDisplay {
  /** Prints a line that stays. */
  print(line: string): void;
  /** Takes away what is shown for the time being only. */
  close(): void;
}
