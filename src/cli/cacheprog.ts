// What `gomodfs cacheprog` does first. It is a bundle of its own: each go command starts one, so it loads what a build
// with a local cache needs, and nothing else.
import { writeAll } from "../buildcache/server/descriptor_io.ts";
import type { CacheprogSettings } from "./cacheprog_settings.ts";
import { parseSettings } from "./cacheprog_settings.ts";
import { EXIT_DONE, reportError } from "./exit_code.ts";

const STDOUT = 1;

/**
 * Runs `gomodfs cacheprog` and gives its exit code.
 *
 * @param args the arguments behind `cacheprog`
 */
export async function runCacheprog(args: readonly string[]): Promise<number> {
  try {
    return await run(parseSettings(args, process.env), args);
  } catch (error) {
    return reportError(error);
  }
}

async function run(settings: CacheprogSettings, args: readonly string[]): Promise<number> {
  if (settings.help) {
    const { helpText } = await import("./cacheprog_help.ts");
    print(helpText(settings.command));
    return EXIT_DONE;
  }
  if (settings.version) {
    const { versionLine } = await import("./version.ts");
    print(`${versionLine()}\n`);
    return EXIT_DONE;
  }
  if (settings.command === "connect") {
    const { runConnect } = await import("./cacheprog_connect.ts");
    return await runConnect(settings);
  }
  if (settings.command === "direct" && settings.bucket === undefined) {
    const { runDirect } = await import("./cacheprog_direct.ts");
    return await runDirect(settings);
  }
  // In another bundle, which reads the arguments itself: no object of this one means anything there.
  const { runCacheprogService } = await import("./cacheprog_service.ts");
  return await runCacheprogService(args);
}

/** Who reads no further has seen enough. */
function print(text: string): void {
  writeAll(STDOUT, Buffer.from(text));
}
