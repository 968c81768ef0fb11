/** Has the upper case I, but folds to itself. */
const DOTLESS_I = "\u0131";

/**
 * A string that two strings share exactly if Go's strings.EqualFold calls them equal (x/mod/zip strToFold): Unicode's
 * simple case folding, which maps one character to one.
 */
export function foldCase(text: string): string {
  if (!/\P{ASCII}/u.test(text)) return text.toLowerCase();
  return Array.from(text, foldCharacter).join("");
}

/** Upper case first, since several lower-case letters may share one, as sigma's two forms do. */
function foldCharacter(character: string): string {
  if (character === DOTLESS_I) return character;
  const upper = oneForOne(character, character.toUpperCase());
  return oneForOne(upper, upper.toLowerCase());
}

/** Mappings to several characters belong to full case folding. */
function oneForOne(character: string, mapped: string): string {
  return Array.from(mapped).length === 1 ? mapped : character;
}
