import type { Bench } from "./bench.ts";
import { gethSources } from "./geth.ts";
import { kubernetesSources } from "./kubernetes.ts";

/** A program whose modules are fetched. */
export interface Project {
  readonly name: string;
  /** The directory with its go.mod and its go.sum. Not to be written. */
  sources(bench: Bench): Promise<string>;
}

export const GO_ETHEREUM: Project = { name: "go-ethereum", sources: gethSources };
export const KUBERNETES: Project = { name: "kubernetes", sources: kubernetesSources };
