import { GomodfsError, isGomodfsError } from "../../lib/gomodfs_error.ts";
import { quote } from "../../module/quote.ts";
import { fields } from "../../module/space.ts";
import { type Attribute, MarkupReader } from "./markup_reader.ts";

/**
 * A `<meta name="go-import" content="PREFIX VCS REPOSITORY [SUBDIRECTORY]">` tag (`go help importpath`; the
 * subdirectory since Go 1.25).
 */
export interface GoImport {
  /** The import path that it is about, and all below. */
  readonly prefix: string;
  /** The name of a version control system's command, or `mod` for a GOPROXY; whatever the page says. */
  readonly system: string;
  /** URL, unchecked. */
  readonly repository: string;
  /** The directory of the repository that `prefix` is; unchecked. */
  readonly subdirectory: string;
}

/** Tags of one page; a real one has one or two. */
const MAX_IMPORTS = 1_000;

/**
 * The go-import tags in the head of a page, in the order in which they are to be looked at: first those of GOPROXYs, which
 * supersede others of the same prefix (cmd/go/internal/vcs/discovery.go, `parseMetaGoImports` with `PreferMod`).
 *
 * @throws GomodfsError `INVALID` for a page without any that cannot be read
 */
export function parseGoImports(page: Uint8Array): GoImport[] {
  const imports = readGoImports(page);
  const ofProxies = imports.filter(({ system }) => system === "mod");
  const superseded = new Set(ofProxies.map(({ prefix }) => prefix));
  const others = imports.filter(
    ({ system, prefix }) => system !== "mod" && !superseded.has(prefix),
  );
  return [...ofProxies, ...others];
}

/**
 * The tag that is about an import path; undefined if none is.
 *
 * @throws GomodfsError `UPSTREAM` if there are several
 */
export function matchGoImport(
  imports: readonly GoImport[],
  importPath: string,
): GoImport | undefined {
  const [match, another] = imports.filter(({ prefix }) => isPathPrefix(prefix, importPath));
  // Those of GOPROXYs come first, and one of them is preferred to all that are none.
  const isPreferred = match?.system === "mod" && another?.system !== "mod";
  if (another !== undefined && !isPreferred) {
    throw new GomodfsError("UPSTREAM", `multiple meta tags match import path ${quote(importPath)}`);
  }
  return match;
}

/** Whether a path is `prefix` or below it (cmd/go/internal/str, `HasPathPrefix`). */
function isPathPrefix(prefix: string, path: string): boolean {
  if (path === prefix) return true;
  return path.startsWith(prefix.endsWith("/") ? prefix : `${prefix}/`);
}

/** Whether two tags say the same. */
export function isSameGoImport(one: GoImport, other: GoImport | undefined): boolean {
  return (
    one.prefix === other?.prefix &&
    one.system === other.system &&
    one.repository === other.repository &&
    one.subdirectory === other.subdirectory
  );
}

function readGoImports(page: Uint8Array): GoImport[] {
  const reader = new MarkupReader(page);
  const imports: GoImport[] = [];
  try {
    for (let tag = reader.next(); tag !== undefined; tag = reader.next()) {
      const name = tag.name.toLowerCase();
      if (tag.kind === "start" ? name === "body" : name === "head") break;
      if (tag.kind === "end" || name !== "meta") continue;
      const found = goImportOf(tag.attributes);
      if (found !== undefined) imports.push(found);
      if (imports.length > MAX_IMPORTS) {
        throw new GomodfsError("TOO_LARGE", `more than ${MAX_IMPORTS} go-import meta tags`);
      }
    }
  } catch (error) {
    // What stands before a mistake counts.
    if (!isGomodfsError(error, "INVALID") || imports.length === 0) throw error;
  }
  return imports;
}

function goImportOf(attributes: readonly Attribute[]): GoImport | undefined {
  if (attributeValue(attributes, "name") !== "go-import") return undefined;
  const content = fields(attributeValue(attributes, "content"));
  const [prefix, system, repository, subdirectory = "", ...more] = content;
  if (prefix === undefined || system === undefined || repository === undefined) return undefined;
  return more.length === 0 ? { prefix, system, repository, subdirectory } : undefined;
}

function attributeValue(attributes: readonly Attribute[], name: string): string {
  return attributes.find((attribute) => attribute.name.toLowerCase() === name)?.value ?? "";
}
