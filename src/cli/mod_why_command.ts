import type { ModuleDescription } from "../graph/module_description.ts";
import { ModuleTrees } from "../graph/module_trees.ts";
import type { PackageLoad } from "../graph/package_load.ts";
import { PackageLoader } from "../graph/package_loader.ts";
import { packagesNamed } from "../graph/package_names.ts";
import type { Requirements } from "../graph/requirements.ts";
import { isStandardImportPath, StandardLibrary } from "../graph/standard_library.ts";
import {
  formatReasons,
  type Reason,
  type ReasonFormat,
  whyModules,
  whyPackage,
} from "../graph/why.ts";
import { GomodfsError, isGomodfsError } from "../lib/gomodfs_error.ts";
import { compareBytes } from "../module/byte_order.ts";
import { EXIT_DONE, EXIT_FAILED } from "./exit_code.ts";
import type { ModWhyFlags } from "./mod_flags.ts";
import { moduleListOf } from "./mod_list_command.ts";
import { type ModSession, withModSession } from "./mod_session.ts";

/** `gomodfs mod why`: why packages, or modules, are needed, as `go mod why` prints it. */
export async function runModWhy(names: readonly string[], flags: ModWhyFlags): Promise<number> {
  const query = flags.modules === true ? names.find((name) => name.includes("@")) : undefined;
  if (query !== undefined) {
    throw new GomodfsError("USAGE", `${query}: a module path is needed, not a version query`);
  }
  const { reasons, failures } = await withModSession(
    flags,
    () => "mod",
    async (session) => await explain(names, flags, session),
  );
  process.stdout.write(formatReasons(reasons, formatOf(flags), flags.vendor === true));
  for (const failure of failures) process.stderr.write(`gomodfs: ${failure}\n`);
  return failures.length > 0 ? EXIT_FAILED : EXIT_DONE;
}

interface Explanation {
  readonly reasons: readonly Reason[];
  /** Why modules could not be looked into: what is behind them is not known. */
  readonly failures: readonly string[];
}

async function explain(
  names: readonly string[],
  flags: ModWhyFlags,
  session: ModSession,
): Promise<Explanation> {
  const { loader, service, sums, settings, directory } = session;
  const trees = new ModuleTrees(loader.project, service.cache, sums);
  const standard = new StandardLibrary(settings.GOROOT);
  const packages = new PackageLoader({ loader, trees, standard });
  const requirements = await loader.requirements();
  const vendor = flags.vendor === true;
  if (flags.modules === true) {
    const modules = await listed(names, session);
    const { load } = await packages.loadAll(requirements, { vendor, standard: false });
    return { reasons: whyModules(modules, load), failures: failuresOf(load) };
  }
  const { named, promoted } = await nameAndPromote(
    names,
    requirements,
    async (name, current) =>
      await packagesNamed(name, { loader, trees, standard, requirements: current, directory }),
    packages,
  );
  const { load } = await packages.loadAll(promoted, {
    vendor,
    standard: names.includes("all") || named.flat().some(isStandardImportPath),
  });
  const paths = named.flatMap((found, index) => (names[index] === "all" ? inAll(load) : found));
  return { reasons: paths.map((path) => whyPackage(path, load)), failures: failuresOf(load) };
}

/** What names stand for, and the requirements that this leads to, which may in turn be other packages for a pattern. */
async function nameAndPromote(
  names: readonly string[],
  start: Requirements,
  find: (name: string, requirements: Requirements) => Promise<string[]>,
  packages: PackageLoader,
): Promise<{ readonly named: readonly string[][]; readonly promoted: Requirements }> {
  const wanted = names.length === 0 ? ["."] : names;
  for (let requirements = start; ; ) {
    const named: string[][] = [];
    for (const name of wanted) named.push(name === "all" ? [] : await find(name, requirements));
    const promoted = await packages.promote(named.flat(), requirements);
    if (promoted === requirements) return { named, promoted };
    requirements = promoted;
  }
}

async function listed(
  names: readonly string[],
  session: ModSession,
): Promise<readonly Pick<ModuleDescription, "Path">[]> {
  const options = { details: false, versions: false, updates: false, retracted: false };
  return await moduleListOf(session, options).list(names);
}

function inAll(load: PackageLoad): string[] {
  const all = load.packages.filter(({ marks, testOf }) => marks.all && testOf === undefined);
  return all.map(({ path }) => path).sort(compareBytes);
}

/** Each module once, however many packages it might have. */
function failuresOf(load: PackageLoad): string[] {
  const messages = load.packages.flatMap(({ location }) =>
    location?.kind === "failed" && isGomodfsError(location.error) ? location.error.message : [],
  );
  return [...new Set(messages)];
}

function formatOf({ json, dot }: ModWhyFlags): ReasonFormat {
  if (json === true) return "json";
  return dot === true ? "dot" : "text";
}
