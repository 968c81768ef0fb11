// The entry of the command line. It loads only what the command at hand needs: start-up time is part of every build.
import { EXIT_DONE, reportError } from "./exit_code.ts";

const [major = "0"] = process.versions.node.split(".");
const OLDEST_NODE = 24;

async function main(): Promise<number> {
  if (Number(major) < OLDEST_NODE) {
    process.stderr.write(
      `gomodfs: needs Node ${OLDEST_NODE} or later, and this is ${process.version}\n` +
        "  run npm ci in the project's folder, which brings one, or install a newer Node\n",
    );
    return 1;
  }
  const [, , command] = process.argv;
  if (command === "version" || command === "--version" || command === "-V") {
    const { versionLine } = await import("./version.ts");
    process.stdout.write(`${versionLine()}\n`);
    return EXIT_DONE;
  }
  const { runProgram } = await import("./program.ts");
  return await runProgram(process.argv);
}

try {
  process.exitCode = await main();
} catch (error) {
  process.exitCode = reportError(error);
}
