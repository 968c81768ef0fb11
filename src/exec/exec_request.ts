import type { SumText } from "../daemon/control_protocol.ts";
import type { StoreLocation } from "../daemon/store_location.ts";
import type { Logger } from "../lib/logger.ts";
import type { BuildSettings } from "../module/build_context.ts";
import type { ModuleReference } from "../module/go_mod.ts";
import { parseGoSum, type SumLine } from "../module/go_sum.ts";
import type { BuildImports } from "../project/build_imports.ts";
import type { GoSettings } from "../upstream/go_settings.ts";
import type { Command, Environment } from "./child_command.ts";
import type { Identity } from "./unshare.ts";

/** A command to run with every module at hand. */
export interface ExecRequest {
  readonly argv: readonly [string, ...string[]];
  /** Absolute. */
  readonly directory: string;
  readonly environment: Environment;
  readonly location: StoreLocation;
  readonly settings: GoSettings;
  readonly proxy: string | undefined;
  readonly log: Logger;
  /** The texts of the project's go.sum files. */
  readonly sums: readonly SumText[];
  /** What its go.mod files require, direct requirements first. */
  readonly required: readonly ModuleReference[];
  /** How packages are built, and what the command's build begins with, as far as that is known. */
  readonly build?: BuildSettings;
  readonly imports?: BuildImports;
}

/** What the ways of running a command share. */
export interface PreparedExec {
  readonly request: ExecRequest;
  readonly command: Command;
  /** The user's own GOMODCACHE. */
  readonly moduleCache: string;
  /** Set in a user namespace of gomodfs's own making. */
  readonly identity: Identity | undefined;
}

/** The lines of the project's go.sum files. */
export function sumLines({ sums }: Pick<ExecRequest, "sums">): SumLine[] {
  return sums.flatMap(({ path, text }) => parseGoSum(text, path));
}
