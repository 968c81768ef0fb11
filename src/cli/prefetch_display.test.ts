import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { parseModuleVersion } from "../module/path.ts";
import { PrefetchBar } from "./prefetch_bar.ts";
import type { DisplayStream } from "./prefetch_display.ts";
import { chooseDisplay } from "./prefetch_display_choice.ts";
import { PrefetchLines } from "./prefetch_lines.ts";
import { PrefetchProgress } from "./prefetch_progress.ts";

const MODULE = parseModuleVersion("github.com/some/module", "v1.0.0");

const ESCAPE = "\x1b";
/** A control sequence, a control character or a letter. */
const PIECE = new RegExp(`${ESCAPE}\\[\\d*[A-Za-z]|\r|\n|[^${ESCAPE}\r\n]`, "g");

/** A terminal as ECMA-48 describes it, as far as the bar uses it: it shows what a person would see. */
class Screen implements DisplayStream {
  readonly isTTY = true;
  columns: number;
  readonly #listeners = new Set<() => void>();
  #lines: string[] = [""];
  #row = 0;
  #column = 0;
  /** Everything that was written. */
  written = "";

  constructor(columns: number) {
    this.columns = columns;
  }

  /** The lines on the screen, without blanks at their ends. */
  get lines(): string[] {
    return this.#lines.map((line) => line.trimEnd());
  }

  /** As terminals do that move what no longer fits into lines of its own. */
  resize(columns: number): void {
    this.columns = columns;
    const last = this.#lines.pop() ?? "";
    const pieces = last.match(new RegExp(`.{1,${columns}}`, "g")) ?? [""];
    this.#lines.push(...pieces);
    this.#row = this.#lines.length - 1;
    this.#column = pieces.at(-1)?.length ?? 0;
    for (const listener of this.#listeners) listener();
  }

  on(_: "resize", listener: () => void): void {
    this.#listeners.add(listener);
  }

  off(_: "resize", listener: () => void): void {
    this.#listeners.delete(listener);
  }

  get isWatched(): boolean {
    return this.#listeners.size > 0;
  }

  write(text: string): void {
    this.written += text;
    for (const [piece] of text.matchAll(PIECE)) this.#take(piece);
  }

  #take(piece: string): void {
    if (piece === "\r") this.#column = 0;
    else if (piece === "\n") this.#moveTo(this.#row + 1, 0);
    else if (piece.endsWith("A") && piece.length > 1)
      this.#moveTo(this.#row - Number(piece.slice(2, -1)), this.#column);
    else if (piece.endsWith("J") && piece.length > 1) this.#eraseBelow();
    else if (piece.length === 1) this.#put(piece);
  }

  #moveTo(row: number, column: number): void {
    this.#row = row;
    this.#column = column;
    while (this.#lines.length <= row) this.#lines.push("");
  }

  #eraseBelow(): void {
    this.#lines.length = this.#row + 1;
    this.#lines[this.#row] = (this.#lines[this.#row] ?? "").slice(0, this.#column);
  }

  #put(character: string): void {
    if (this.#column === this.columns) this.#moveTo(this.#row + 1, 0);
    const line = (this.#lines[this.#row] ?? "").padEnd(this.#column);
    this.#lines[this.#row] = line.slice(0, this.#column) + character + line.slice(this.#column + 1);
    this.#column++;
  }
}

function halfWay(): PrefetchProgress {
  const progress = new PrefetchProgress();
  progress.record({ kind: "planned", modules: 9, zips: 4 });
  for (let zip = 0; zip < 2; zip++) {
    progress.record({
      kind: "finished",
      id: MODULE,
      part: "zip",
      origin: { kind: "direct" },
      bytes: 1 << 20,
      milliseconds: 1,
    });
  }
  progress.record({ kind: "started", id: MODULE, part: "zip" });
  return progress;
}

const NEVER = 1_000_000;

describe("PrefetchBar", () => {
  it("shows how much is done in one line and leaves nothing behind", () => {
    const screen = new Screen(100);
    const bar = new PrefetchBar(screen, halfWay(), NEVER);
    bar.print("first");
    expect(screen.lines[0]).toBe("first");
    expect(screen.lines[1]).toMatch(
      /^\[#{11}\.{11}\] 2\/4 modules {2}2\.0 MiB {2}[\d.]+ [KMG]?i?B\/s {2}\d+ ms github\.com\/some\/module@v1\.0\.0$/,
    );
    bar.print("second");
    expect(screen.lines.slice(0, 2)).toEqual(["first", "second"]);
    expect(screen.lines.filter((line) => line.includes("modules"))).toHaveLength(1);
    bar.close();
    expect(screen.lines).toEqual(["first", "second", ""]);
    expect(screen.isWatched).toBe(false);
  });

  it.each([1, 2, 10, 20, 30, 40, 60, 80, 200])("fits a terminal of %d columns", (columns) => {
    const screen = new Screen(columns);
    const bar = new PrefetchBar(screen, halfWay(), NEVER);
    bar.print("");
    expect(screen.lines).toHaveLength(2);
    bar.close();
    expect(screen.lines).toEqual(["", ""]);
  });

  it("is drawn again when the terminal becomes narrower, without remains", () => {
    const screen = new Screen(100);
    const bar = new PrefetchBar(screen, halfWay(), NEVER);
    bar.print("above");
    screen.resize(30);
    expect(screen.lines).toHaveLength(2);
    expect(screen.lines[0]).toBe("above");
    expect(screen.lines[1]).toContain("2/4 modules");
    screen.resize(120);
    expect(screen.lines).toHaveLength(2);
    expect(screen.lines[1]).toContain("github.com/some/module");
    bar.close();
  });

  it("is drawn by itself", async () => {
    const screen = new Screen(80);
    const bar = new PrefetchBar(screen, halfWay(), 1);
    while (screen.written === "") await sleep(1);
    bar.close();
    expect(screen.lines).toEqual([""]);
  });

  it("has colour only where the terminal's user wants it", () => {
    for (const wanted of [true, false]) {
      const screen = Object.assign(new Screen(80), { hasColors: () => wanted });
      const bar = new PrefetchBar(screen, halfWay(), NEVER);
      bar.print("");
      bar.close();
      expect(screen.written.includes(`${ESCAPE}[32m`)).toBe(wanted);
    }
  });
});

describe("PrefetchLines", () => {
  it("writes a plain line now and then", async () => {
    const screen = new Screen(200);
    const lines = new PrefetchLines(screen, halfWay(), 1);
    while (!screen.written.includes("\n")) await sleep(1);
    lines.close();
    expect(screen.lines[0]).toMatch(
      /^2 of 4 modules, 2\.0 MiB, [\d.]+ [KMG]?i?B\/s, slowest github\.com\/some\/module@v1\.0\.0 \(zip, for \d+ ms\)$/,
    );
    expect(screen.written).not.toContain(ESCAPE);
  });
});

describe("chooseDisplay()", () => {
  const choose = (isTTY: boolean, environment: NodeJS.ProcessEnv, quiet = false): string => {
    const screen = Object.assign(new Screen(80), { isTTY });
    const display = chooseDisplay(screen, halfWay(), { quiet, environment });
    display.close();
    return display.constructor.name;
  };

  it("draws a bar on a terminal that can and is no log", () => {
    expect(choose(true, { TERM: "xterm" })).toBe("PrefetchBar");
    expect(choose(true, { TERM: "xterm", CI: "false" })).toBe("PrefetchBar");
    expect(choose(true, { TERM: "dumb" })).toBe("PrefetchLines");
    expect(choose(true, {})).toBe("PrefetchLines");
    expect(choose(true, { TERM: "xterm", CI: "true" })).toBe("PrefetchLines");
    expect(choose(false, { TERM: "xterm" })).toBe("PrefetchLines");
  });

  it("shows nothing if it must be quiet", () => {
    expect(choose(true, { TERM: "xterm" }, true)).toBe("PrintOnly");
  });
});
