/** The directives of a Cache-Control field (RFC 9111 section 5.2): names in lower case to arguments, "" where none is given. */
export type CacheControl = ReadonlyMap<string, string>;

/** Greatest delta-seconds that need be told apart (RFC 9111 section 1.2.2). */
const MAX_SECONDS = 2 ** 31;
/** More than any server has reason to send. */
const MAX_DIRECTIVES = 50;

/** token [ "=" ( token / quoted-string ) ], one after the other with what is between them. */
const directive =
  /([!#$%&'*+\-.^_`|~0-9A-Za-z]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([^\s,;"]*)))?[^,]*(?:,|$)/y;
const separator = /[\s,]*/y;

/**
 * Reads Cache-Control. What is malformed is passed over to the next comma; of a directive given twice the first counts,
 * as RFC 9111 section 4.2.1 recommends.
 */
export function parseCacheControl(field: string | undefined): CacheControl {
  const directives = new Map<string, string>();
  if (field === undefined) return directives;
  let position = 0;
  while (position < field.length && directives.size < MAX_DIRECTIVES) {
    separator.lastIndex = position;
    position += separator.exec(field)?.[0].length ?? 0;
    directive.lastIndex = position;
    const [whole, name, quoted, plain] = directive.exec(field) ?? [];
    if (whole === undefined || name === undefined) {
      const comma = field.indexOf(",", position);
      position = comma < 0 ? field.length : comma + 1;
      continue;
    }
    const argument = quoted?.replace(/\\(.)/g, "$1") ?? plain ?? "";
    if (!directives.has(name.toLowerCase())) directives.set(name.toLowerCase(), argument);
    position += whole.length;
  }
  return directives;
}

/**
 * The seconds that a directive names.
 *
 * @returns undefined if it is not there; 0, the most careful reading, if its argument is no number (section 4.2.1)
 */
export function directiveSeconds(control: CacheControl, name: string): number | undefined {
  const argument = control.get(name);
  if (argument === undefined) return undefined;
  return /^\d+$/.test(argument) ? Math.min(Number(argument), MAX_SECONDS) : 0;
}
