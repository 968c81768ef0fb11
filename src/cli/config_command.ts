import { type ResolvedConfiguration, resolveConfiguration } from "../config/configuration.ts";
import { readConfigurationFile } from "../config/configuration_file.ts";
import { formatConfiguration } from "../config/format_configuration.ts";
import { referenceProblems } from "../config/referenced_files.ts";
import { GomodfsError } from "../lib/gomodfs_error.ts";
import { createLogger } from "../lib/pino_logger.ts";
import { EXIT_DONE, EXIT_FAILED, reportError } from "./exit_code.ts";

/** `gomodfs config check`: everything that is wrong with a file of configuration. */
export async function runConfigCheck(named: string | undefined): Promise<number> {
  const source = await readConfigurationFile(named, process.env);
  const configuration = resolve(source);
  if (configuration === undefined) return EXIT_FAILED;
  const log = createLogger({ level: "warn", format: "text" });
  const problems = await referenceProblems(configuration.values, log);
  for (const problem of problems) reportError(problem);
  if (problems.length > 0) return EXIT_FAILED;
  process.stdout.write(
    source === undefined
      ? "there is no file of configuration: the defaults hold\n"
      : `${source.file} is right\n`,
  );
  return EXIT_DONE;
}

/** `gomodfs config show`: every setting as it holds. */
export async function runConfigShow(named: string | undefined): Promise<number> {
  const configuration = resolve(await readConfigurationFile(named, process.env));
  if (configuration === undefined) return EXIT_FAILED;
  process.stdout.write(formatConfiguration(configuration));
  return EXIT_DONE;
}

/** Undefined, with the reasons printed, for a file that is wrong: the command line is not, so this is no error of usage. */
function resolve(
  source: Parameters<typeof resolveConfiguration>[0],
): ResolvedConfiguration | undefined {
  try {
    return resolveConfiguration(source);
  } catch (error) {
    if (!(error instanceof GomodfsError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return undefined;
  }
}
