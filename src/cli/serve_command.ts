import { type Configuration, resolveConfiguration } from "../config/configuration.ts";
import { readConfigurationFile } from "../config/configuration_file.ts";
import { flagValues } from "../config/flag_values.ts";
import { createLogger } from "../lib/pino_logger.ts";
import { findServiceManager } from "../lib/service_manager.ts";
import { inheritedSockets } from "../lib/socket_activation.ts";
import { ServingProcess } from "../serve/serving_process.ts";
import { readGoSettings } from "../upstream/go_settings.ts";
import { EXIT_DONE } from "./exit_code.ts";
import type { ServeFlags } from "./serve_definition.ts";

/** `gomodfs serve`: serves until a signal, an unmount or a request to stop. */
export async function runServe(flags: ServeFlags): Promise<number> {
  const environment = process.env;
  const readConfiguration = async (): Promise<Configuration> => {
    const source = await readConfigurationFile(flags.config, environment);
    return resolveConfiguration(source, flagValues(flags, process.cwd())).values;
  };
  const configuration = await readConfiguration();
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  const serving = await ServingProcess.start({
    configuration,
    readConfiguration,
    settings: readGoSettings(environment),
    environment,
    log: createLogger(configuration.log),
    manager: await findServiceManager(environment),
    inherited: inheritedSockets(environment),
    print: (text) => void process.stdout.write(text),
  });
  process.on("SIGHUP", () => void serving.reload());
  await serving.run(stop.signal);
  return EXIT_DONE;
}
