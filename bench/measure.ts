import { type ProgramOptions, runSuccessfully } from "../test/support/program.ts";
import type { Contender, Measure } from "./workload.ts";

/** The measurements of one contender, in the order in which they were made. */
export type Samples = readonly number[];

const TIMEOUT_MILLISECONDS = 20 * 60_000;

/** Milliseconds from the start of a program to its end; it must succeed. */
export async function timeProgram(
  argv: readonly [string, ...string[]],
  options: ProgramOptions,
): Promise<number> {
  const start = performance.now();
  await runSuccessfully(argv, { timeout: TIMEOUT_MILLISECONDS, ...options });
  return performance.now() - start;
}

/** Writes out what earlier measurements left in the page cache, lest the next one pays for it. */
export async function flushToDisk(): Promise<void> {
  await runSuccessfully(["sync"], { timeout: TIMEOUT_MILLISECONDS });
}

/** Measures each contender `runs` times, in turns, so that what else the machine does meets all of them. */
export async function measureInTurns(
  contenders: Readonly<Partial<Record<Contender, Measure>>>,
  runs: number,
): Promise<Partial<Record<Contender, Samples>>> {
  const samples: Partial<Record<Contender, number[]>> = {};
  for (let run = 0; run < runs; run++) {
    for (const contender of CONTENDERS) {
      const measure = contenders[contender];
      if (measure === undefined) continue;
      samples[contender] = [...(samples[contender] ?? []), await measure()];
    }
  }
  return samples;
}

/** The order of turns and columns. */
export const CONTENDERS: readonly Contender[] = ["baseline", "gomodfs", "peer"];

/** The middle one of the samples, or the mean of the middle two. */
export function median(samples: Samples): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  const lower = sorted[middle - 1] ?? upper;
  return sorted.length % 2 === 1 ? upper : (lower + upper) / 2;
}
