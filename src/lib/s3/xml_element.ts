const namedEntities: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

const highestCodePoint = 0x10ffff;

/**
 * The text of the first element of this name that holds nothing but text; undefined if there is none. Enough for S3's
 * answers, whose documents are flat where we look (Amazon S3 API Reference, "Error responses").
 *
 * @param name letters only
 */
export function xmlElement(document: string, name: string): string | undefined {
  const opening = `<${name}>`;
  const start = document.indexOf(opening);
  if (start === -1) return undefined;
  const end = document.indexOf("<", start + opening.length);
  if (end === -1 || !document.startsWith(`</${name}>`, end)) return undefined;
  return decodeEntities(document.slice(start + opening.length, end));
}

/** A text as it stands in an XML document. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** XML 1.0 section 4.1 and 4.6; a reference to something else stays as it is. */
function decodeEntities(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|([a-z]{2,4}));/g,
    (all, decimal, hex, name) => {
      if (typeof name === "string") return namedEntities[name] ?? all;
      const code = typeof decimal === "string" ? Number(decimal) : Number.parseInt(String(hex), 16);
      return code <= highestCodePoint ? String.fromCodePoint(code) : all;
    },
  );
}
