/** More of a name than this says nothing new, and what a hostile file names may be megabytes long. */
const MAXIMUM_LENGTH = 300;

/** `text` in double quotes with control characters escaped, cut when very long: how messages name what was read. */
export function quote(text: string): string {
  if (text.length <= MAXIMUM_LENGTH) return JSON.stringify(text);
  return `${JSON.stringify(text.slice(0, MAXIMUM_LENGTH))}...`;
}
