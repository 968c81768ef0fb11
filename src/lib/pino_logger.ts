import { type DestinationStream, destination, pino } from "pino";
import {
  describeError,
  type LogFields,
  type LogFormat,
  type Logger,
  type LogLevel,
} from "./logger.ts";

/** How a logger is made. */
export interface LoggerOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
}

/** A logger on standard error: standard output belongs to what a command prints. */
export function createLogger({ level, format }: LoggerOptions): Logger {
  const stderr = destination({ fd: 2, sync: true });
  const log = pino(
    {
      level,
      base: null,
      serializers: { error: describeError },
      formatters: { level: (label) => ({ level: label }) },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
    },
    format === "json" ? stderr : textLines(stderr),
  );
  const write =
    (at: Exclude<LogLevel, "silent">) =>
    (message: string, fields: LogFields = {}) =>
      log[at](fields, message);
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}

function textLines(stream: DestinationStream): DestinationStream {
  return {
    write(line: string): void {
      const parsed: unknown = JSON.parse(line);
      stream.write(`${formatText(parsed)}\n`);
    },
  };
}

function formatText(event: unknown): string {
  if (typeof event !== "object" || event === null) return String(event);
  const { level, time, msg, error, ...fields } = event as Record<string, unknown>;
  const clock = typeof time === "string" ? time.slice(11, 19) : "";
  const rest = Object.entries(fields).map(([name, value]) => `${name}=${formatValue(value)}`);
  return [`${clock} ${String(level)}: ${String(msg)}`, ...rest].join(" ") + formatError(error);
}

function formatError(error: unknown): string {
  if (typeof error !== "object" || error === null) return "";
  const { message, hint, cause } = error as Record<string, unknown>;
  return `: ${String(message)}${formatError(cause)}${hint === undefined ? "" : ` (${formatValue(hint)})`}`;
}

function formatValue(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
