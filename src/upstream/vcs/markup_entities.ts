/** The names that XML has from the start (XML 1.0 section 4.6). Others stand for themselves, since none is declared. */
const PREDEFINED = new Map([
  ["lt", "<"],
  ["gt", ">"],
  ["amp", "&"],
  ["apos", "'"],
  ["quot", '"'],
]);

const MAX_CODE_POINT = 0x10ffff;
const REPLACEMENT_CHARACTER = 0xfffd;

/**
 * A text of markup with its entities, numeric ones too, replaced and its lines ending in "\n". What is no entity stays
 * as it is.
 *
 * @param bytes one character for each byte of UTF-8, as is the result
 */
export function fromEntities(bytes: string): string {
  return bytes
    .replace(/\r\n?/g, "\n")
    .replace(/&(?:#(\d+)|#x([0-9a-fA-F]+)|([a-z]+));/g, replaceEntity);
}

function replaceEntity(
  entity: string,
  decimal: string | undefined,
  hexadecimal: string | undefined,
  name: string | undefined,
): string {
  if (name !== undefined) return PREDEFINED.get(name) ?? entity;
  const code =
    decimal === undefined ? Number.parseInt(hexadecimal ?? "", 16) : Number.parseInt(decimal, 10);
  if (code > MAX_CODE_POINT) return entity;
  const isSurrogate = code >= 0xd800 && code <= 0xdfff;
  const character = String.fromCodePoint(isSurrogate ? REPLACEMENT_CHARACTER : code);
  return Buffer.from(character).toString("latin1");
}
