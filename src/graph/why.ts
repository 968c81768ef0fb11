import { compareBytes } from "../module/byte_order.ts";
import { quoteDot } from "./graph_output.ts";
import type { ModuleDescription } from "./module_description.ts";
import type { PackageLoad } from "./package_load.ts";

/** Why a package or module is needed. */
export interface Reason {
  readonly kind: "package" | "module";
  /** What was asked about. */
  readonly path: string;
  /** Packages from a main module's to the one asked about, or to one of the module; undefined if it is not needed. */
  readonly chain: readonly string[] | undefined;
}

/** How reasons are written. */
export type ReasonFormat = "text" | "json" | "dot";

/** Why a package is needed. */
export function whyPackage(path: string, load: PackageLoad): Reason {
  return { kind: "package", path, chain: load.get(path)?.importChain() };
}

/** Why modules are needed: for each the shortest chain to any of its packages. */
export function whyModules(
  modules: readonly Pick<ModuleDescription, "Path">[],
  load: PackageLoad,
): Reason[] {
  const chains = new Map<string, readonly string[]>();
  const packages = load.packages.filter(({ testOf }) => testOf === undefined);
  for (const pkg of packages.toSorted((a, b) => compareBytes(a.path, b.path))) {
    const { module } = pkg;
    if (module === undefined) continue;
    const known = chains.get(module.path);
    const chain = pkg.importChain();
    if (known === undefined || chain.length < known.length) chains.set(module.path, chain);
  }
  return modules.map(({ Path: path }) => ({ kind: "module", path, chain: chains.get(path) }));
}

/**
 * Reasons as `go mod why` prints them, as a JSON object a line, or as one digraph.
 *
 * @param vendor whether what only tests of dependencies need was left out
 */
export function formatReasons(
  reasons: readonly Reason[],
  format: ReasonFormat,
  vendor: boolean,
): string {
  switch (format) {
    case "text":
      return reasons.map((reason) => stanza(reason, vendor)).join("\n");
    case "json":
      return reasons.map((reason) => `${JSON.stringify(fields(reason))}\n`).join("");
    case "dot":
      return `digraph why {\n${[...new Set(reasons.flatMap(edges))].join("")}}\n`;
  }
}

function stanza({ kind, path, chain }: Reason, vendor: boolean): string {
  const lines = chain ?? [
    `(main module does not need${vendor ? " to vendor" : ""} ${kind} ${path})`,
  ];
  return `# ${path}\n${lines.map((line) => `${line}\n`).join("")}`;
}

function fields({ kind, path, chain }: Reason): object {
  const needed = chain !== undefined;
  return { [kind === "module" ? "Module" : "Package"]: path, Needed: needed, Chain: chain ?? [] };
}

function edges({ chain = [] }: Reason): string[] {
  return chain.map((path, index) => {
    const next = chain[index + 1];
    return `\t${quoteDot(path)}${next === undefined ? "" : ` -> ${quoteDot(next)}`};\n`;
  });
}
