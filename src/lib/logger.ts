import { isGomodfsError } from "./gomodfs_error.ts";

/** Levels of importance, the most talkative first. */
export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
/** `text` for people, `json` for machines: one line an event in both. */
export const LOG_FORMATS = ["text", "json"] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** Details of an event. An `error` is written with its code, hint and causes. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where the program says what happens. Messages are short, in lower case and without a period. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** A logger that says nothing. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** Turns an error into what a log line says of it. */
export function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) };
  const described: Record<string, unknown> = { message: error.message };
  if (isGomodfsError(error)) {
    described["code"] = error.code;
    if (error.hint !== undefined) described["hint"] = error.hint;
  } else {
    described["stack"] = error.stack;
  }
  if (error.cause !== undefined) described["cause"] = describeError(error.cause);
  return described;
}
