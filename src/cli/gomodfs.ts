// The entry of the command line. It loads only what the command at hand needs: start-up time is part of every build.
import { versionLine } from "./version.ts";

const OLDEST_NODE = 24;
/** What a shell makes of a program that SIGPIPE ended. */
const EXIT_SIGPIPE = 128 + 13;

async function main(): Promise<number> {
  const [major] = process.versions.node.split(".");
  if (Number(major) < OLDEST_NODE) {
    process.stderr.write(
      `gomodfs: needs Node ${OLDEST_NODE} or later, and this is ${process.version}\n` +
        "  run npm ci in the project's folder, which brings one, or install a newer Node\n",
    );
    return 1;
  }
  const [, , command] = process.argv;
  if (command === "version" || command === "--version" || command === "-V") {
    process.stdout.on("error", endWithReader);
    process.stdout.write(`${versionLine()}\n`);
    return 0;
  }
  if (command === "cacheprog") {
    // It has standard output for itself: to make a stream of it takes 3 ms.
    const { runCacheprog } = await import("./cacheprog.ts");
    return await runCacheprog(process.argv.slice(3));
  }
  process.stdout.on("error", endWithReader);
  const { runProgram } = await import("./program.ts");
  return await runProgram(process.argv);
}

/** The reader has seen enough: gomodfs list | head. A program that does not ignore SIGPIPE, as Node does, ends by it. */
function endWithReader(error: Error): void {
  if ("code" in error && error.code === "EPIPE") process.exit(EXIT_SIGPIPE);
  throw error;
}

process.exitCode = await main();
