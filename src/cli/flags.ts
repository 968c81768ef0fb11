import type { LogFormat, LogLevel } from "../lib/logger.ts";
import type { ExportLayout } from "../transfer/export_target.ts";
import type { SourceKind } from "../transfer/source_kind.ts";

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

/** Flags of `gomodfs import`. */
export interface ImportFlags extends SourceFlags {
  readonly from?: SourceKind;
  /** go.sum files. */
  readonly sum?: readonly string[];
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** Flags of `gomodfs export`. */
export interface ExportFlags extends StoreFlags {
  readonly as: ExportLayout;
  readonly modcacherw?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}
