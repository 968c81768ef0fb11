import { locateStore, type StoreLocation } from "../daemon/store_location.ts";
import type { LogFormat, Logger, LogLevel } from "../lib/logger.ts";
import { createLogger } from "../lib/pino_logger.ts";
import { type GoSettings, readGoSettings } from "../upstream/go_settings.ts";
import type { SourceFlags } from "./flags.ts";

/** What commands that fetch modules read from flags and environment. */
export interface SessionSettings {
  readonly location: StoreLocation;
  readonly settings: GoSettings;
  readonly proxy: string | undefined;
  readonly log: Logger;
}

/** Reads the settings of a command that fetches modules. */
export function readSessionSettings(
  flags: SourceFlags,
  environment: NodeJS.ProcessEnv,
  defaultLevel: LogLevel,
): SessionSettings {
  const format: LogFormat = flags.logFormat;
  const settings = readGoSettings(environment);
  return {
    location: locateStore(flags.store, environment, {
      writableDirectories: settings.flags.modcacherw,
    }),
    settings,
    proxy: flags.proxy,
    log: createLogger({ level: flags.logLevel ?? defaultLevel, format }),
  };
}
