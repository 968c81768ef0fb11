import { formatModuleVersion } from "../module/module_version.ts";
import type { DisplayStream, PrefetchDisplay } from "./prefetch_display.ts";
import type { PrefetchProgress } from "./prefetch_progress.ts";
import { formatBytes, formatDuration } from "./quantity.ts";

const PERIOD_MILLISECONDS = 100;
const DEFAULT_COLUMNS = 80;
const MAX_BAR_COLUMNS = 24;
/** A bar of less says nothing: the room goes to the words. */
const MIN_BAR_COLUMNS = 8;
const MIN_SLOWEST_COLUMNS = 20;

/** Control sequences of ECMA-48, which every terminal but a dumb one knows: CUU, ED from the cursor on, SGR. */
const cursorUp = (lines: number): string => (lines > 0 ? `\x1b[${lines}A` : "");
const ERASE_BELOW = "\x1b[J";
const GREEN = "\x1b[32m";
const PLAIN = "\x1b[39m";

/** Progress as one line at the bottom of a terminal, drawn again ten times a second. */
export class PrefetchBar implements PrefetchDisplay {
  readonly #stream: DisplayStream;
  readonly #progress: PrefetchProgress;
  readonly #timer: NodeJS.Timeout;
  readonly #redraw = (): void => this.#draw();
  /** Columns that the line on the screen takes; 0 if there is none. */
  #drawn = 0;

  constructor(stream: DisplayStream, progress: PrefetchProgress, period = PERIOD_MILLISECONDS) {
    this.#stream = stream;
    this.#progress = progress;
    this.#timer = setInterval(this.#redraw, period);
    this.#timer.unref();
    stream.on("resize", this.#redraw);
  }

  print(line: string): void {
    this.#stream.write(`${this.#erasure()}${line}\n`);
    this.#drawn = 0;
    this.#draw();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#stream.off("resize", this.#redraw);
    this.#stream.write(this.#erasure());
    this.#drawn = 0;
  }

  #draw(): void {
    // In the last column some terminals wrap at once, others not.
    const line = composeLine(this.#progress, this.#columns() - 1);
    this.#stream.write(`${this.#erasure()}${this.#paint(line.bar)}${line.words}`);
    this.#drawn = line.bar.length + line.words.length;
  }

  /** What erases the line; on a terminal that became narrower it is spread over several by now. */
  #erasure(): string {
    if (this.#drawn === 0) return "";
    const lines = Math.ceil(this.#drawn / this.#columns());
    return `${cursorUp(lines - 1)}\r${ERASE_BELOW}`;
  }

  #paint(bar: string): string {
    return bar === "" || this.#stream.hasColors?.() !== true ? bar : `${GREEN}${bar}${PLAIN}`;
  }

  #columns(): number {
    const { columns = DEFAULT_COLUMNS } = this.#stream;
    return Math.max(columns, 1);
  }
}

/** The bar, if there is room, and what stands behind it: together at most `columns` wide. */
function composeLine(
  progress: PrefetchProgress,
  columns: number,
): { readonly bar: string; readonly words: string } {
  const words = describe(progress).slice(0, Math.max(columns, 0));
  const bar = composeBar(progress, Math.min(columns - words.length - 1, MAX_BAR_COLUMNS));
  const figures = bar === "" ? words : ` ${words}`;
  const slowest = describeSlowest(progress, columns - bar.length - figures.length);
  return { bar, words: figures + slowest };
}

function composeBar({ zips, zipsDone }: PrefetchProgress, columns: number): string {
  if (columns < MIN_BAR_COLUMNS) return "";
  const inner = columns - 2;
  const done = zips === 0 ? 0 : Math.min(1, zipsDone / zips);
  return `[${"#".repeat(Math.floor(inner * done)).padEnd(inner, ".")}]`;
}

function describe(progress: PrefetchProgress): string {
  const { zips, zipsDone, bytes } = progress;
  return `${zipsDone}/${zips} modules  ${formatBytes(bytes)}  ${formatBytes(progress.rate())}/s`;
}

function describeSlowest(progress: PrefetchProgress, columns: number): string {
  const slowest = progress.slowest();
  if (slowest === undefined || columns < MIN_SLOWEST_COLUMNS) return "";
  const { id, milliseconds } = slowest;
  const text = `  ${formatDuration(milliseconds)} ${formatModuleVersion(id)}`;
  return text.length <= columns ? text : `${text.slice(0, columns - 1)}~`;
}
