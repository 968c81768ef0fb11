import { formatModuleVersion } from "../module/module_version.ts";
import type { DisplayStream, PrefetchDisplay } from "./prefetch_display.ts";
import type { PrefetchProgress } from "./prefetch_progress.ts";
import { formatBytes, formatDuration } from "./quantity.ts";

/** Often enough that CI services see that the job lives, seldom enough that the log stays short. */
const PERIOD_MILLISECONDS = 5_000;

/** Progress as a line every few seconds, for logs and for terminals that can do no more. */
export class PrefetchLines implements PrefetchDisplay {
  readonly #stream: DisplayStream;
  readonly #progress: PrefetchProgress;
  readonly #timer: NodeJS.Timeout;

  constructor(stream: DisplayStream, progress: PrefetchProgress, period = PERIOD_MILLISECONDS) {
    this.#stream = stream;
    this.#progress = progress;
    this.#timer = setInterval(() => this.print(describe(this.#progress)), period);
    this.#timer.unref();
  }

  print(line: string): void {
    this.#stream.write(`${line}\n`);
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

function describe(progress: PrefetchProgress): string {
  const slowest = progress.slowest();
  const parts = [
    `${progress.zipsDone} of ${progress.zips} modules`,
    formatBytes(progress.bytes),
    `${formatBytes(progress.rate())}/s`,
  ];
  if (slowest !== undefined) {
    const { id, part, milliseconds } = slowest;
    parts.push(`slowest ${formatModuleVersion(id)} (${part}, for ${formatDuration(milliseconds)})`);
  }
  return parts.join(", ");
}
