import type { Resource } from "./resource.ts";
import { escapeText } from "./xml_text.ts";

/** Nothing in a page, or in a file of a module that a browser shows, may run or load anything. */
export const CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

const STYLE =
  "body{font:14px/1.6 monospace;margin:2em}td{padding-right:3em}td+td{text-align:right}";

/** Writes a directory as a page for people, in small pieces. */
export function* directoryPage(
  directory: Resource,
  entries: Iterable<Resource>,
  parentHref: string | undefined,
): Generator<string, undefined> {
  const title = escapeText(decodeURIComponent(directory.href));
  yield `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>
<style>${STYLE}</style></head>
<body><h1>${title}</h1>
<table>
`;
  if (parentHref !== undefined) yield row(parentHref, "../", "");
  for (const { href, name, stat } of entries) {
    yield stat.kind === "directory" ? row(href, `${name}/`, "") : row(href, name, `${stat.size}`);
  }
  yield "</table></body></html>\n";
}

function row(href: string, text: string, size: string): string {
  return `<tr><td><a href="${href}">${escapeText(text)}</a></td><td>${size}</td></tr>\n`;
}
