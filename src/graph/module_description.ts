import type { Origin } from "../module/revision_info.ts";

/**
 * What is told of a module, with the names and in the order of `go list -m -json` (cmd/go/internal/modinfo ModulePublic).
 * Dir and GoMod are there for what is a directory of this machine: a main module, and what replaces a module. What is
 * undefined is left out.
 */
export interface ModuleDescription {
  readonly Path: string;
  readonly Version?: string | undefined;
  /** The query that led to the version. */
  readonly Query?: string | undefined;
  readonly Versions?: readonly string[] | undefined;
  readonly Replace?: ModuleDescription | undefined;
  /** RFC 3339. */
  readonly Time?: string | undefined;
  readonly Update?: ModuleDescription | undefined;
  readonly Main?: true | undefined;
  readonly Indirect?: true | undefined;
  readonly Dir?: string | undefined;
  readonly GoMod?: string | undefined;
  readonly GoVersion?: string | undefined;
  readonly Retracted?: readonly string[] | undefined;
  readonly Deprecated?: string | undefined;
  readonly Error?: { readonly Err: string } | undefined;
  /** As go.sum has them. */
  readonly Sum?: string | undefined;
  readonly GoModSum?: string | undefined;
  readonly Origin?: Origin | undefined;
}

/** The line that `go list -m` prints of a module (ModulePublic.String). */
export function formatModule(module: ModuleDescription): string {
  const { Replace: replace } = module;
  const replaced = replace === undefined ? "" : ` => ${formatVersioned(replace)}`;
  return `${formatVersioned(module)}${replaced}`;
}

/** The line that `go list -m -versions` prints. */
export function formatVersions({ Path, Versions = [], Deprecated }: ModuleDescription): string {
  const deprecated = Deprecated === undefined ? [] : ["(deprecated)"];
  return [Path, ...Versions, ...deprecated].join(" ");
}

function formatVersioned(module: ModuleDescription): string {
  const { Path, Version, Update, Deprecated } = module;
  const version = Version === undefined ? "" : ` ${Version}${retractedMark(module)}`;
  const update =
    Version === undefined || Update === undefined
      ? ""
      : ` [${Update.Version ?? ""}${retractedMark(Update)}]`;
  return `${Path}${version}${update}${Deprecated === undefined ? "" : " (deprecated)"}`;
}

function retractedMark({ Retracted }: ModuleDescription): string {
  return Retracted === undefined ? "" : " (retracted)";
}
