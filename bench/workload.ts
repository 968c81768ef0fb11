import type { Bench } from "./bench.ts";

/** Who is measured: what people have now, gomodfs, and another program that does the same. */
export type Contender = "baseline" | "gomodfs" | "peer";

/** What a row of the table promises. */
export type Target =
  /** The median of gomodfs divided by that of the baseline is at most this. */
  | { readonly kind: "ratio"; readonly most: number }
  /** The median of gomodfs divided by that of the peer is at most this; nothing where the peer is not given. */
  | { readonly kind: "peer-ratio"; readonly most: number }
  /** The median of gomodfs is at most this, in the row's unit. */
  | { readonly kind: "absolute"; readonly most: number }
  /** Nothing: the ratio is shown to be honest. */
  | { readonly kind: "none" };

/** One measurement, with all that must be made before it and is not measured. */
export type Measure = () => Promise<number>;

/** A workload that is ready to be measured. */
export interface PreparedWorkload extends AsyncDisposable {
  readonly contenders: Readonly<Partial<Record<Contender, Measure>>>;
}

/** Of the samples; less is better. */
export type Unit = "ms" | "us" | "MB";

/** One row of the table. */
export interface Workload {
  /** Matched by `--only`. */
  readonly name: string;
  readonly unit: Unit;
  readonly target: Target;
  /** Takes minutes: runs only with `--long`. */
  readonly long?: true;
  /** Measured no more often than this, whatever `--runs` says. */
  readonly mostRuns?: number;
  prepare(bench: Bench): Promise<PreparedWorkload>;
}
