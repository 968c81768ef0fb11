import type { LogFormat, LogLevel } from "../lib/logger.ts";

/** Flags of commands that look into a store. */
export interface StoreFlags {
  readonly store?: string;
}

/** Flags of commands that fetch modules. */
export interface SourceFlags extends StoreFlags {
  readonly proxy?: string;
  readonly logLevel?: LogLevel;
  readonly logFormat: LogFormat;
}

/** Flags of `gomodfs mount`. */
export interface MountFlags extends SourceFlags {
  readonly allowOther?: boolean;
}

/** Flags of `gomodfs exec`. */
export interface ExecFlags extends SourceFlags {
  readonly directory: string;
}
