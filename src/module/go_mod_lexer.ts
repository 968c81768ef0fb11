import { GomodfsError } from "../lib/gomodfs_error.ts";
import { MAX_GO_MOD } from "./zip_rules.ts";

/** A place in a file, both counted from 1; columns are characters. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** What a token is. A comment ends its line, newline included, and is `suffix` if something stands before it. */
export type TokenKind =
  | "end"
  | "newline"
  | "comment"
  | "suffix"
  | "punctuation"
  | "string"
  | "identifier";

/** A piece of a go.mod or go.work file. */
export interface Token {
  readonly kind: TokenKind;
  /** As it stands in the file; a comment without its newline. */
  readonly text: string;
  /** Of its first character, in code units. */
  readonly offset: number;
}

/** The largest go.mod files have some ten thousands. A hostile one of 16 MiB could otherwise fill the memory. */
const MAX_TOKENS = 2 ** 20;
const PUNCTUATION = "()[]{},";
/**
 * What Go's unicode.IsPrint calls printable, without spaces and punctuation of the grammar. A match without a bound
 * would overflow the stack on words of megabytes.
 */
const IDENTIFIER_PATTERN = /[[\p{L}\p{M}\p{N}\p{P}\p{S}]--[\(\)\[\]\{\},]]{1,4096}/vy;
const BLANKS_PATTERN = /[ \t\r]*/y;

/** Cuts go.mod and go.work files into tokens, as x/mod/modfile's lexer does. */
export class GoModLexer {
  readonly #text: string;
  readonly #file: string;
  #offset = 0;
  #lineHasTokens = false;
  #count = 0;

  /**
   * @param file names the text in messages
   * @throws GomodfsError `TOO_LARGE` for more than 16 Mi characters
   */
  constructor(text: string, file: string) {
    if (text.length > MAX_GO_MOD) {
      throw new GomodfsError("TOO_LARGE", `${file} is too large (limit is ${MAX_GO_MOD} bytes)`);
    }
    this.#text = text;
    this.#file = file;
  }

  /** @throws GomodfsError `INVALID` where no token can begin or end */
  next(): Token {
    this.#offset += this.#match(BLANKS_PATTERN, this.#offset).length;
    if (++this.#count > MAX_TOKENS) throw this.error(`more than ${MAX_TOKENS} words`, this.#offset);
    const token = this.#scan(this.#offset);
    this.#offset += token.text.length;
    this.#lineHasTokens = token.kind !== "newline";
    if (token.kind !== "comment" && token.kind !== "suffix") return token;
    return this.#endComment(token);
  }

  /** An error that names the place of a token. */
  error(message: string, offset: number): GomodfsError {
    const { line, column } = this.position(offset);
    return new GomodfsError("INVALID", `${this.#file}:${line}:${column}: ${message}`);
  }

  /** Takes time in proportion to `offset`. */
  position(offset: number): Position {
    let line = 1;
    let start = 0;
    for (let end = this.#text.indexOf("\n"); end >= 0 && end < offset; line++) {
      start = end + 1;
      end = this.#text.indexOf("\n", start);
    }
    return { line, column: Array.from(this.#text.slice(start, offset)).length + 1 };
  }

  #scan(offset: number): Token {
    if (offset === this.#text.length) return { kind: "end", text: "", offset };
    const character = this.#text.charAt(offset);
    if (character === "\n") return { kind: "newline", text: character, offset };
    if (PUNCTUATION.includes(character)) return { kind: "punctuation", text: character, offset };
    if (character === '"' || character === "`") return this.#scanString(offset, character);
    if (this.#text.startsWith("//", offset)) return this.#scanComment(offset);
    return this.#scanIdentifier(offset);
  }

  #scanComment(offset: number): Token {
    const end = this.#text.indexOf("\n", offset);
    const text = this.#text.slice(offset, end < 0 ? undefined : end);
    return { kind: this.#lineHasTokens ? "suffix" : "comment", text, offset };
  }

  #endComment(token: Token): Token {
    if (this.#text[this.#offset] === "\n") this.#offset++;
    this.#lineHasTokens = false;
    return token.text.endsWith("\r") ? { ...token, text: token.text.slice(0, -1) } : token;
  }

  #scanString(offset: number, quote: string): Token {
    for (let end = offset + 1; end < this.#text.length; end++) {
      const character = this.#text[end];
      if (character === "\n") throw this.error("unexpected newline in string", end);
      if (character === quote) {
        return { kind: "string", text: this.#text.slice(offset, end + 1), offset };
      }
      if (character === "\\" && quote === '"') end++;
    }
    throw this.error("unexpected EOF in string", offset);
  }

  #scanIdentifier(offset: number): Token {
    const run = this.#text.slice(offset, this.#endOfIdentifier(offset));
    if (run === "") throw this.error(`unexpected input character ${this.#quoteAt(offset)}`, offset);
    const comment = run.search(/\/[/*]/);
    if (comment < 0) return { kind: "identifier", text: run, offset };
    if (run[comment + 1] === "/")
      return { kind: "identifier", text: run.slice(0, comment), offset };
    const message = "mod files must use // comments (not /* */ comments)";
    throw this.error(message, offset + comment);
  }

  #endOfIdentifier(start: number): number {
    let end = start;
    for (;;) {
      const length = this.#match(IDENTIFIER_PATTERN, end).length;
      if (length === 0) return end;
      end += length;
    }
  }

  #quoteAt(offset: number): string {
    return JSON.stringify(String.fromCodePoint(this.#text.codePointAt(offset) ?? 0));
  }

  /** What a sticky pattern matches at a place; "" if nothing. */
  #match(pattern: RegExp, offset: number): string {
    pattern.lastIndex = offset;
    return pattern.exec(this.#text)?.[0] ?? "";
  }
}
