/** A range of code points, both ends included. */
interface CharacterRange {
  readonly low: number;
  readonly high: number;
}

/** What matches one character. */
type Term =
  | { readonly kind: "literal"; readonly character: number }
  | { readonly kind: "any" }
  | {
      readonly kind: "class";
      readonly negated: boolean;
      readonly ranges: readonly CharacterRange[];
    };

/** Terms for consecutive characters, after any characters but slashes if there is a star. */
interface Chunk {
  readonly star: boolean;
  readonly terms: readonly Term[];
}

const SLASH = 0x2f;

/**
 * Whether a shell pattern matches all of `name`, as Go's path.Match defines it: `*` any characters but slashes, `?` one
 * such character, `[a-z]` and `[^a-z]` classes, `\c` the character itself. False for a malformed pattern.
 */
export function matchPath(pattern: string, name: string): boolean {
  const chunks = new PatternParser(pattern).parse();
  if (chunks === undefined) return false;
  const characters = Array.from(name, codePoint);
  let position = 0;
  for (const [index, chunk] of chunks.entries()) {
    const end = matchChunk(chunk, characters, position, index === chunks.length - 1);
    if (end === undefined) return false;
    position = end;
  }
  return position === characters.length;
}

/** Whether {@linkcode matchPath} can match anything by this pattern: brackets are closed, and a backslash has a character. */
export function isPathPattern(pattern: string): boolean {
  return new PatternParser(pattern).parse() !== undefined;
}

/**
 * Where the chunk's first match ends, or for the last chunk its first match that reaches the end. Taking the first
 * match of each chunk makes the whole at most quadratic.
 */
function matchChunk(
  chunk: Chunk,
  name: readonly number[],
  start: number,
  isLast: boolean,
): number | undefined {
  for (let position = start; ; position++) {
    const end = matchTerms(chunk.terms, name, position);
    if (end !== undefined && (!isLast || end === name.length)) return end;
    if (!chunk.star || position === name.length || name[position] === SLASH) return undefined;
  }
}

function matchTerms(
  terms: readonly Term[],
  name: readonly number[],
  start: number,
): number | undefined {
  let position = start;
  for (const term of terms) {
    const character = name[position++];
    if (character === undefined || !matchTerm(term, character)) return undefined;
  }
  return position;
}

function matchTerm(term: Term, character: number): boolean {
  switch (term.kind) {
    case "literal":
      return term.character === character;
    case "any":
      return character !== SLASH;
    case "class":
      return (
        term.ranges.some(({ low, high }) => low <= character && character <= high) !== term.negated
      );
  }
}

function codePoint(character: string): number {
  return character.codePointAt(0) ?? 0;
}

class PatternParser {
  readonly #characters: readonly string[];
  #position = 0;

  constructor(pattern: string) {
    this.#characters = Array.from(pattern);
  }

  /** Undefined if the pattern is malformed. */
  parse(): Chunk[] | undefined {
    const chunks: Chunk[] = [];
    while (this.#peek() !== undefined) {
      const star = this.#skipStars();
      const terms = this.#parseTerms();
      if (terms === undefined) return undefined;
      chunks.push({ star, terms });
    }
    return chunks;
  }

  #peek(): string | undefined {
    return this.#characters[this.#position];
  }

  #accept(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#position++;
    return true;
  }

  #skipStars(): boolean {
    const start = this.#position;
    while (this.#accept("*"));
    return this.#position > start;
  }

  #parseTerms(): Term[] | undefined {
    const terms: Term[] = [];
    while (this.#peek() !== undefined && this.#peek() !== "*") {
      const term = this.#parseTerm();
      if (term === undefined) return undefined;
      terms.push(term);
    }
    return terms;
  }

  #parseTerm(): Term | undefined {
    if (this.#accept("?")) return { kind: "any" };
    if (this.#accept("[")) return this.#parseClass();
    this.#accept("\\");
    const character = this.#peek();
    if (character === undefined) return undefined;
    this.#position++;
    return { kind: "literal", character: codePoint(character) };
  }

  #parseClass(): Term | undefined {
    const negated = this.#accept("^");
    const ranges: CharacterRange[] = [];
    while (ranges.length === 0 || !this.#accept("]")) {
      const low = this.#parseClassCharacter();
      const high = this.#accept("-") ? this.#parseClassCharacter() : low;
      if (low === undefined || high === undefined) return undefined;
      ranges.push({ low, high });
    }
    return { kind: "class", negated, ranges };
  }

  #parseClassCharacter(): number | undefined {
    const first = this.#peek();
    if (first === "-" || first === "]") return undefined;
    this.#accept("\\");
    const character = this.#peek();
    if (character === undefined) return undefined;
    this.#position++;
    return codePoint(character);
  }
}
