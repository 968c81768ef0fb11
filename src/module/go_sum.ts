import { GomodfsError } from "../lib/gomodfs_error.ts";
import { isH1 } from "./h1.ts";
import type { H1, ModuleVersion } from "./module_version.ts";
import { isModuleVersion, parseModuleVersion } from "./path.ts";
import { quote } from "./quote.ts";
import { fields } from "./space.ts";

/** What a hash is of: a module's zip, or its go.mod alone. */
export type SumKind = "zip" | "goMod";

/** One line of a go.sum file. */
export interface SumLine {
  readonly id: ModuleVersion;
  readonly kind: SumKind;
  readonly h1: H1;
}

/**
 * The hash of a tree of one empty go.mod. A bug of early go commands wrote it for what were no modules, and cmd/go drops
 * it when it reads go.sum (cmd/go/internal/modfetch/fetch.go, emptyGoModHash).
 */
const EMPTY_GO_MOD_HASH = "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=";
const GO_MOD_SUFFIX = "/go.mod";
/** The hashes of go.sum and go.work.sum files, by module version. */
export class GoSum {
  readonly #hashes: Readonly<Record<SumKind, Map<string, Set<H1>>>> = {
    zip: new Map(),
    goMod: new Map(),
  };

  /** @param lines of one file or of several, whose hashes then count together, as in a workspace */
  constructor(lines: Iterable<SumLine> = []) {
    for (const { id, kind, h1 } of lines) {
      const hashes = this.#hashes[kind];
      const key = keyOf(id);
      const known = hashes.get(key);
      if (known === undefined) hashes.set(key, new Set([h1]));
      else known.add(h1);
    }
  }

  /** The hashes that a zip (or go.mod) of the version may have; empty if none is known. More than one is suspicious. */
  hashes(id: ModuleVersion, kind: SumKind): ReadonlySet<H1> {
    return this.#hashes[kind].get(keyOf(id)) ?? new Set();
  }
}

/**
 * Reads the text of a go.sum or go.work.sum file as cmd/go does (modfetch/fetch.go, readGoSum): lines of three fields in
 * any spacing. Passed over is what cmd/go never looks up or cannot check: module versions that nothing could require, and
 * hashes of other kinds than h1. A malformed h1 is an error: to cmd/go it is one that no module matches.
 *
 * @param file names the text in messages
 * @throws GomodfsError `INVALID` naming file and line
 */
export function parseGoSum(text: string, file = "go.sum"): SumLine[] {
  const lines: SumLine[] = [];
  let number = 0;
  for (let start = 0, end: number; start < text.length; start = end + 1) {
    end = text.indexOf("\n", start);
    if (end < 0) end = text.length;
    const line = parseLine(text.slice(start, end), `${file}:${++number}`);
    if (line !== undefined) lines.push(line);
  }
  return lines;
}

function parseLine(text: string, where: string): SumLine | undefined {
  const parts = fields(text);
  if (parts.length === 0) return undefined;
  const [path, versionAndFile, hash] = parts;
  if (
    path === undefined ||
    versionAndFile === undefined ||
    hash === undefined ||
    parts.length !== 3
  ) {
    throw new GomodfsError(
      "INVALID",
      `malformed go.sum: ${where}: wrong number of fields ${parts.length}`,
    );
  }
  if (hash === EMPTY_GO_MOD_HASH || !hash.startsWith("h1:")) return undefined;
  const isGoMod = versionAndFile.endsWith(GO_MOD_SUFFIX);
  const version = isGoMod ? versionAndFile.slice(0, -GO_MOD_SUFFIX.length) : versionAndFile;
  if (!isModuleVersion(path, version)) return undefined;
  if (!isH1(hash)) {
    throw new GomodfsError("INVALID", `malformed go.sum: ${where}: ${quote(hash)} is not a hash`);
  }
  return { id: parseModuleVersion(path, version), kind: isGoMod ? "goMod" : "zip", h1: hash };
}

function keyOf({ path, version }: ModuleVersion): string {
  return `${path}@${version}`;
}
