/** What the path of a request names. */
export interface ResourcePath {
  /** From the root of the tree; none for the root itself. */
  readonly names: readonly string[];
  /** Whether it ends with a slash, which only a collection's does. */
  readonly isCollection: boolean;
}

/** No module path, with all its directories, has more. */
const MAXIMUM_NAMES = 256;
/** Desktops look for these in every directory; none of them is asked for as a module's path. */
const DESKTOP_NAMES: ReadonlySet<string> = new Set([
  "autorun.inf",
  "desktop.ini",
  "folder.jpg",
  "thumbs.db",
]);

/**
 * Reads the path of a request below the handler's root, still percent-encoded: "" or beginning with a slash. Undefined
 * for what can name nothing: names that are not UTF-8 (a module's are, golang.org/x/mod/module CheckFilePath), `.` and
 * `..`, slashes that are encoded, empty names.
 */
export function parseResourcePath(path: string): ResourcePath | undefined {
  if (path === "" || path === "/") return { names: [], isCollection: true };
  if (!path.startsWith("/")) return undefined;
  const isCollection = path.endsWith("/");
  const segments = path.slice(1, isCollection ? -1 : undefined).split("/");
  if (segments.length > MAXIMUM_NAMES) return undefined;
  const names: string[] = [];
  for (const segment of segments) {
    const name = decodeName(segment);
    if (name === undefined) return undefined;
    names.push(name);
  }
  return { names, isCollection };
}

function decodeName(segment: string): string | undefined {
  try {
    const name = decodeURIComponent(segment);
    const isName = name !== "" && name !== "." && name !== ".." && !/[/\0]/.test(name);
    return isName ? name : undefined;
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

/**
 * A name for the path of a URL. All but unreserved characters are encoded (RFC 3986 section 2.3): cadaver 0.24 finds no
 * resource whose `@` is not `%40`, and others take both.
 */
export function encodeName(name: string): string {
  return encodeURIComponent(name.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Whether it is one of the names that desktops probe for in every directory. */
export function isDesktopName(name: string): boolean {
  return DESKTOP_NAMES.has(name.toLowerCase());
}
