import { fileURLToPath } from "node:url";
import { run } from "./mounted_memory.ts";

const PROGRAM = fileURLToPath(new URL("./write_attempts.ts", import.meta.url));

/**
 * Lets write_attempts.ts loose on `directory`.
 *
 * @param prefix a command that runs it as somebody else
 * @returns the different outcomes of all attempts; the name of the attempt with those that are not EROFS
 */
export async function attemptWrites(
  directory: string,
  prefix: readonly string[],
): Promise<string[]> {
  const { stdout } = await run("env", [...prefix, process.execPath, PROGRAM, directory]);
  const outcomes: unknown = JSON.parse(stdout);
  const described = Object.entries(outcomes ?? {}).map(([name, outcome]) =>
    outcome === "EROFS" ? "EROFS" : `${name}: ${String(outcome)}`,
  );
  return [...new Set(described)];
}
