import { PrefetchBar } from "./prefetch_bar.ts";
import type { DisplayStream, PrefetchDisplay } from "./prefetch_display.ts";
import { PrefetchLines } from "./prefetch_lines.ts";
import type { PrefetchProgress } from "./prefetch_progress.ts";

/** A bar on a terminal that can draw one, otherwise a line now and then; nothing of its own if `quiet`. */
export function chooseDisplay(
  stream: DisplayStream,
  progress: PrefetchProgress,
  options: { readonly quiet: boolean; readonly environment: NodeJS.ProcessEnv },
): PrefetchDisplay {
  if (options.quiet) return new PrintOnly(stream);
  return canDraw(stream, options.environment)
    ? new PrefetchBar(stream, progress)
    : new PrefetchLines(stream, progress);
}

/** A CI service may give its jobs a terminal, but keeps what is written to it as a log. */
function canDraw(stream: DisplayStream, environment: NodeJS.ProcessEnv): boolean {
  const { TERM = "dumb", CI = "" } = environment;
  return stream.isTTY === true && TERM !== "dumb" && (CI === "" || CI === "false");
}

class PrintOnly implements PrefetchDisplay {
  readonly #stream: DisplayStream;

  constructor(stream: DisplayStream) {
    this.#stream = stream;
  }

  print(line: string): void {
    this.#stream.write(`${line}\n`);
  }

  close(): void {}
}
