import type { GomodfsError } from "../lib/gomodfs_error.ts";
import { GoModLexer, type Token } from "./go_mod_lexer.ts";

/** A line of a go.mod or go.work file, with the comments that belong to it. */
export interface Line {
  /** Words, punctuation and strings, as they stand in the file. */
  readonly tokens: readonly string[];
  /** Of its first character, in code units. */
  readonly offset: number;
  /** Comments on the lines above, with their slashes; "" for a blank line among them. */
  readonly before: readonly string[];
  /** The comment on the same line. */
  readonly suffix: string | undefined;
}

/** Lines in parentheses. Its own tokens are those before the opening one. */
export interface LineBlock extends Line {
  readonly lines: readonly Line[];
}

/** The statements of a file in order, and how to name places in it. */
export interface FileSyntax {
  readonly statements: readonly (Line | LineBlock)[];
  error(message: string, offset: number): GomodfsError;
}

/** Whether a statement is a block. */
export function isLineBlock(statement: Line | LineBlock): statement is LineBlock {
  return "lines" in statement;
}

/**
 * Parses the syntax that go.mod and go.work files share (x/mod/modfile).
 *
 * @param file names the text in messages
 * @throws GomodfsError `INVALID` naming line and column, `TOO_LARGE` past 16 Mi characters
 */
export function parseSyntax(text: string, file: string): FileSyntax {
  const lexer = new GoModLexer(text, file);
  const statements = new SyntaxParser(lexer).parseFile();
  return { statements, error: (message, offset) => lexer.error(message, offset) };
}

class SyntaxParser {
  readonly #lexer: GoModLexer;
  #token: Token;

  constructor(lexer: GoModLexer) {
    this.#lexer = lexer;
    this.#token = lexer.next();
  }

  parseFile(): (Line | LineBlock)[] {
    const statements: (Line | LineBlock)[] = [];
    let comments: string[] = [];
    while (this.#token.kind !== "end") {
      if (this.#token.kind === "comment") {
        comments.push(this.#take().text);
        continue;
      }
      // Comments belong to the statement that follows without a blank line.
      if (this.#token.kind === "newline") this.#take();
      else statements.push(this.#parseStatement(comments));
      comments = [];
    }
    return statements;
  }

  #take(): Token {
    const token = this.#token;
    this.#token = this.#lexer.next();
    return token;
  }

  #parseStatement(before: readonly string[]): Line | LineBlock {
    const { text, offset } = this.#take();
    const tokens = [text];
    while (!isEndOfLine(this.#token)) {
      const token = this.#take();
      const block = { tokens, offset, before, suffix: undefined };
      if (isPunctuation(token, "(") && isEndOfLine(this.#token)) {
        return { ...block, lines: this.#parseBlock(offset) };
      }
      if (isPunctuation(token, "(") && isPunctuation(this.#token, ")")) {
        const closing = this.#take();
        if (isEndOfLine(this.#token)) {
          this.#takeEndOfLine();
          return { ...block, lines: [] };
        }
        tokens.push(token.text, closing.text);
      } else {
        tokens.push(token.text);
      }
    }
    return { tokens, offset, before, suffix: this.#takeEndOfLine() };
  }

  #parseBlock(start: number): Line[] {
    const lines: Line[] = [];
    let before: string[] = [];
    this.#takeEndOfLine();
    for (;;) {
      if (this.#token.kind === "end") throw this.#unterminated(start);
      if (this.#token.kind === "newline") {
        this.#take();
        if (before.length === 0 ? lines.length > 0 : before.at(-1) !== "") before.push("");
      } else if (this.#token.kind === "comment") {
        before.push(this.#take().text);
      } else if (isPunctuation(this.#token, ")")) {
        this.#take();
        this.#expectEndOfLine();
        return lines;
      } else {
        lines.push(this.#parseLine(before));
        before = [];
      }
    }
  }

  #parseLine(before: readonly string[]): Line {
    const { offset } = this.#token;
    const tokens: string[] = [];
    while (!isEndOfLine(this.#token)) tokens.push(this.#take().text);
    return { tokens, offset, before, suffix: this.#takeEndOfLine() };
  }

  #expectEndOfLine(): void {
    if (!isEndOfLine(this.#token)) {
      const message = "syntax error (expected newline after closing paren)";
      throw this.#lexer.error(message, this.#token.offset);
    }
    this.#takeEndOfLine();
  }

  #takeEndOfLine(): string | undefined {
    if (this.#token.kind === "end") return undefined;
    const token = this.#take();
    return token.kind === "suffix" ? token.text : undefined;
  }

  #unterminated(start: number): GomodfsError {
    const { line, column } = this.#lexer.position(start);
    const message = `syntax error (unterminated block started at ${line}:${column})`;
    return this.#lexer.error(message, this.#token.offset);
  }
}

function isEndOfLine(token: Token): boolean {
  return token.kind === "end" || token.kind === "newline" || token.kind === "suffix";
}

function isPunctuation(token: Token, text: string): boolean {
  return token.kind === "punctuation" && token.text === text;
}
