import { type Command, InvalidArgumentError, Option } from "commander";
import { DESTINATIONS, type PrefetchFlags, parseConcurrency } from "./prefetch_flags.ts";

const DEFAULT_CONCURRENCY = 64;

/** Adds `gomodfs prefetch` to the program. */
export function addPrefetch(program: Command, exit: (code: number) => void): void {
  program
    .command("prefetch")
    .argument("[what...]", "directories of modules or workspaces, or MODULE@QUERY (default: .)")
    .description("fetch all that builds of a project need, ahead of them")
    .addOption(
      new Option("--into <place>", "where modules go (default: modcache)").choices(DESTINATIONS),
    )
    .option("--modcache <dir>", "the GOMODCACHE to fill (default: the go command's)")
    .option("--store <dir>", "the store to fill (default: $XDG_CACHE_HOME/gomodfs)")
    .option("--zips <dir>", "the directory to fill for builds with GOPROXY=file://DIR")
    .option("--all", "also what the tests of dependencies need: the whole module graph")
    .option("--toolchain", "also the Go toolchain that go.mod or go.work asks for")
    .addOption(
      new Option("-c, --concurrency <n>", "fetches under way at a time")
        .default(DEFAULT_CONCURRENCY)
        .argParser(concurrencyArgument),
    )
    .option(
      "--proxy <list>",
      "where modules come from, as GOPROXY (default: what the go command uses)",
    )
    .option("--continue-on-error", "do the rest after a failure; the exit code is still 1")
    .option("--dry-run", "tell what would be fetched, and fetch nothing")
    .option("--json", "print one JSON object a module")
    .option("--timings", "print what took how long")
    .addOption(new Option("-v, --verbose", "tell of each file").conflicts("quiet"))
    .option("-q, --quiet", "print nothing but errors")
    .option("-C, --directory <dir>", "change to this directory first", ".")
    .addHelpText("after", NOTES)
    .action(async (what: string[], flags: PrefetchFlags) => {
      const { runPrefetch } = await import("./prefetch_command.ts");
      exit(await runPrefetch(what, flags));
    });
}

function concurrencyArgument(text: string): number {
  const number = parseConcurrency(text);
  if (number !== undefined) return number;
  throw new InvalidArgumentError("It is not a number from 1 to 1024.");
}

const NOTES = `
Everything is verified against go.sum and the checksum database. Afterwards go
build, vet, mod download, mod verify, list -m all and mod graph work with
GOPROXY=off. What is there already costs next to nothing.

A query is a version (v1.2.3), the beginning of one (v1, v1.2), a range (<v1.5.0,
>=v1.2.3), latest, or a branch, tag or commit, as for "go get".

Each line of --json has path, version, parts (info, mod, zip), bytes (that were
downloaded), source (of proxies, "direct" or "resident"), time (in seconds), and
error if something failed.

Examples:
  gomodfs prefetch                        fill the GOMODCACHE for this project
  gomodfs prefetch --all service tools    two projects, with tests of dependencies
  gomodfs prefetch golang.org/x/tools/gopls@latest 'golang.org/x/mod@<v0.20.0'
  gomodfs prefetch --zips out && GOPROXY=file://$PWD/out go build ./...
  gomodfs prefetch --into store           fill the store of exec and mount`;
