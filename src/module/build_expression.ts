import { GomodfsError } from "../lib/gomodfs_error.ts";

/** A boolean expression of build tags (go/build/constraint Expr). Plain data: a thread may hand it to another. */
export type BuildConstraint =
  | { readonly kind: "tag"; readonly tag: string }
  | { readonly kind: "not"; readonly operand: BuildConstraint }
  | { readonly kind: "and" | "or"; readonly operands: readonly BuildConstraint[] };

type TokenKind = "tag" | "(" | ")" | "!" | "&&" | "||" | "end";

interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** Where it begins in the expression, in code units. */
  readonly offset: number;
}

/** Bounds the depth of the recursion too: each parenthesis begins another operand (go/build/constraint maxSize). */
const MAX_OPERANDS = 1000;
/** Ten times what the longest known constraints have; go/build knows no bound. */
const MAX_LENGTH = 16_384;
const TOKEN_PATTERN = /[()!]|&&|\|\||[\p{L}\p{Nd}_.]+/uy;
const BLANKS_PATTERN = /[ \t]*/y;

/**
 * Parses the expression of a `//go:build` line: tags, `!`, `&&`, `||` and parentheses, in the order in which Go's own
 * operators bind.
 *
 * @throws GomodfsError `INVALID` naming the offset of what is wrong, `TOO_LARGE` past 16 KiB or 1,000 operands
 */
export function parseBuildExpression(text: string): BuildConstraint {
  if (text.length > MAX_LENGTH) {
    throw new GomodfsError(
      "TOO_LARGE",
      `build expression is too long (limit is ${MAX_LENGTH} characters)`,
    );
  }
  return new ExpressionParser(text).parse();
}

class ExpressionParser {
  readonly #text: string;
  #token: Token;
  #end = 0;
  #operands = 0;

  constructor(text: string) {
    this.#text = text;
    this.#token = this.#scan();
  }

  parse(): BuildConstraint {
    const expression = this.#parseOr();
    if (this.#token.kind !== "end") throw this.#unexpected();
    return expression;
  }

  #parseOr(): BuildConstraint {
    const operands = [this.#parseAnd()];
    while (this.#accept("||")) operands.push(this.#parseAnd());
    return joinConstraints("or", operands);
  }

  #parseAnd(): BuildConstraint {
    const operands = [this.#parseNot()];
    while (this.#accept("&&")) operands.push(this.#parseNot());
    return joinConstraints("and", operands);
  }

  #parseNot(): BuildConstraint {
    if (++this.#operands > MAX_OPERANDS) {
      throw new GomodfsError(
        "TOO_LARGE",
        `build expression is too large (limit is ${MAX_OPERANDS} operands)`,
      );
    }
    if (!this.#accept("!")) return this.#parseAtom();
    if (this.#token.kind === "!") {
      throw malformed("double negation not allowed", this.#token.offset);
    }
    return { kind: "not", operand: this.#parseAtom() };
  }

  #parseAtom(): BuildConstraint {
    const { kind, text, offset } = this.#token;
    if (this.#accept("tag")) return { kind: "tag", tag: text };
    if (kind !== "(") throw this.#unexpected();
    this.#advance();
    const expression = this.#parseOr();
    if (!this.#accept(")")) throw malformed("missing close paren", offset);
    return expression;
  }

  #accept(kind: TokenKind): boolean {
    if (this.#token.kind !== kind) return false;
    this.#advance();
    return true;
  }

  #advance(): void {
    this.#token = this.#scan();
  }

  #scan(): Token {
    const offset = this.#end + this.#match(BLANKS_PATTERN, this.#end).length;
    if (offset === this.#text.length) return { kind: "end", text: "", offset };
    const text = this.#match(TOKEN_PATTERN, offset);
    if (text === "") {
      const character = String.fromCodePoint(this.#text.codePointAt(offset) ?? 0);
      throw malformed(`invalid syntax at ${JSON.stringify(character)}`, offset);
    }
    this.#end = offset + text.length;
    return { kind: isOperator(text) ? text : "tag", text, offset };
  }

  /** What a sticky pattern matches at a place; "" if nothing. */
  #match(pattern: RegExp, offset: number): string {
    pattern.lastIndex = offset;
    return pattern.exec(this.#text)?.[0] ?? "";
  }

  #unexpected(): GomodfsError {
    const { kind, text, offset } = this.#token;
    return malformed(
      kind === "end" ? "unexpected end of expression" : `unexpected token ${text}`,
      offset,
    );
  }
}

/** The conjunction or disjunction of `operands`, of which there is at least one; a single one stands for itself. */
export function joinConstraints(
  kind: "and" | "or",
  operands: readonly BuildConstraint[],
): BuildConstraint {
  const [first] = operands;
  return first !== undefined && operands.length === 1 ? first : { kind, operands };
}

function isOperator(text: string): text is Exclude<TokenKind, "tag" | "end"> {
  return text === "(" || text === ")" || text === "!" || text === "&&" || text === "||";
}

function malformed(problem: string, offset: number): GomodfsError {
  return new GomodfsError("INVALID", `malformed build expression at offset ${offset}: ${problem}`);
}
