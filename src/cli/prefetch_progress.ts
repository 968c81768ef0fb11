import type { ModulePart } from "../cache/module_cache.ts";
import { formatModuleVersion, type ModuleVersion } from "../module/module_version.ts";
import type { PrefetchEvent } from "../prefetch/prefetch_event.ts";

/** A fetch under way. */
export interface FetchUnderWay {
  readonly id: ModuleVersion;
  readonly part: ModulePart;
  /** How long it has taken so far. */
  readonly milliseconds: number;
}

interface Begun {
  readonly id: ModuleVersion;
  readonly part: ModulePart;
  readonly since: number;
}

interface Sample {
  readonly time: number;
  readonly bytes: number;
}

/** Zips arrive whole, so that a rate over less than this jumps about. */
const RATE_MILLISECONDS = 5_000;
/** At ten pictures a second some hundred samples fall into that time. */
const SAMPLE_MILLISECONDS = 50;

/** How far a prefetch has come, gathered from its events. */
export class PrefetchProgress {
  readonly #clock: () => number;
  readonly #underWay = new Map<string, Begun>();
  readonly #samples: Sample[];
  #modules = 0;
  #zips = 0;
  #zipsDone = 0;
  #bytes = 0;

  /** @param clock milliseconds since some moment */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
    this.#samples = [{ time: clock(), bytes: 0 }];
  }

  /** Module versions known to be needed. */
  get modules(): number {
    return this.#modules;
  }

  /** Zips known to be needed. */
  get zips(): number {
    return this.#zips;
  }

  /** Zips that are there now, or failed. */
  get zipsDone(): number {
    return this.#zipsDone;
  }

  /** Bytes downloaded. */
  get bytes(): number {
    return this.#bytes;
  }

  record(event: PrefetchEvent): void {
    switch (event.kind) {
      case "planned":
        this.#modules = event.modules;
        this.#zips = event.zips;
        break;
      case "started":
        this.#underWay.set(keyOf(event), {
          id: event.id,
          part: event.part,
          since: this.#clock(),
        });
        break;
      case "finished":
        this.#bytes += event.bytes;
        this.#end(event);
        break;
      case "failed":
      case "dropped":
        this.#end(event);
        break;
      case "missing":
      case "note":
        break;
    }
  }

  /** The fetch that has been under way for longest. */
  slowest(): FetchUnderWay | undefined {
    // Maps keep the order of insertion: the first is the oldest.
    const [oldest] = this.#underWay.values();
    if (oldest === undefined) return undefined;
    const { id, part, since } = oldest;
    return { id, part, milliseconds: this.#clock() - since };
  }

  /** Bytes a second that came lately. */
  rate(): number {
    const now = this.#clock();
    this.#sample(now);
    const [first] = this.#samples;
    if (first === undefined || now <= first.time) return 0;
    return ((this.#bytes - first.bytes) * 1000) / (now - first.time);
  }

  #sample(now: number): void {
    const last = this.#samples.at(-1);
    if (last === undefined || now - last.time >= SAMPLE_MILLISECONDS) {
      this.#samples.push({ time: now, bytes: this.#bytes });
    }
    while (this.#isBeforeWindow(this.#samples[1], now)) this.#samples.shift();
  }

  /** Of the samples from before the window one stays, where the window begins. */
  #isBeforeWindow(sample: Sample | undefined, now: number): boolean {
    return sample !== undefined && sample.time <= now - RATE_MILLISECONDS;
  }

  /** A zip that was dropped may still be told to have failed: it is done once. */
  #end(event: Extract<PrefetchEvent, { kind: "finished" | "failed" | "dropped" }>): void {
    const wasUnderWay = this.#underWay.delete(keyOf(event));
    if (event.part === "zip" && (wasUnderWay || event.kind === "finished")) this.#zipsDone++;
  }
}

function keyOf({ id, part }: { readonly id: ModuleVersion; readonly part: ModulePart }): string {
  return `${formatModuleVersion(id)}.${part}`;
}
