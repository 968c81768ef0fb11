import { type FlagValue, resolveConfiguration } from "../config/configuration.ts";
import type { Logger } from "../lib/logger.ts";
import { ServingProcess } from "../serve/serving_process.ts";
import { readGoSettings } from "../upstream/go_settings.ts";
import type { CacheprogSettings } from "./cacheprog_settings.ts";

/**
 * Starts what go-cache-plugin serves over HTTP beside the build cache: modules at the root and under `/mod`, checksum
 * databases, a reverse proxy. It is `gomodfs serve --http` in the same process.
 *
 * @throws GomodfsError `USAGE` for settings that it cannot use, `BUSY` if something else listens there
 */
export async function startHttpServices(
  { http = "", revproxy, sumdb }: CacheprogSettings,
  log: Logger,
): Promise<ServingProcess> {
  const flags: FlagValue[] = [
    { path: ["http", "listen"], flag: "--http", value: [http] },
    { path: ["reverse_proxy", "hosts"], flag: "--revproxy", value: revproxy },
    { path: ["sumdb", "databases"], flag: "--sumdb", value: sumdb },
  ];
  const configuration = resolveConfiguration(undefined, flags).values;
  return await ServingProcess.start({
    configuration,
    readConfiguration: async () => configuration,
    settings: readGoSettings(process.env),
    environment: process.env,
    log,
    manager: undefined,
    inherited: [],
    print: (text) => void process.stderr.write(text),
  });
}
