import { extname } from "node:path/posix";

const OCTETS = "application/octet-stream";
const TEXT = "text/plain; charset=UTF-8";
/**
 * What a browser shows rather than saves. HTML and pictures with scripts in them are not among them: a module's author
 * must not be able to act in a page of this server.
 */
const TYPES: Readonly<Record<string, string>> = {
  ".c": TEXT,
  ".go": TEXT,
  ".h": TEXT,
  ".info": "application/json",
  ".json": "application/json",
  ".md": TEXT,
  ".mod": TEXT,
  ".proto": TEXT,
  ".s": TEXT,
  ".sh": TEXT,
  ".sum": TEXT,
  ".toml": TEXT,
  ".txt": TEXT,
  ".yaml": TEXT,
  ".yml": TEXT,
  ".zip": "application/zip",
  ".ziphash": TEXT,
};
const TEXT_NAMES: ReadonlySet<string> = new Set(["LICENSE", "Makefile", "README", "list"]);

/** The media type of a file of this name. */
export function contentType(name: string): string {
  const extension = extname(name);
  if (Object.hasOwn(TYPES, extension)) return TYPES[extension] ?? OCTETS;
  return TEXT_NAMES.has(name) ? TEXT : OCTETS;
}
