import { GomodfsError } from "../../lib/gomodfs_error.ts";
import { quote } from "../../module/quote.ts";
import { fromEntities } from "./markup_entities.ts";

/** A start or end tag of a page. */
export type MarkupTag =
  | { readonly kind: "start"; readonly name: string; readonly attributes: readonly Attribute[] }
  | { readonly kind: "end"; readonly name: string };

/** An attribute of a start tag, without its name space prefix. One without a value has its own name for one. */
export interface Attribute {
  readonly name: string;
  readonly value: string;
}

/** Sticky: each matches at a place, the empty text if nothing else. */
const SPACE = /[ \r\n\t]*/y;
const NAME_BYTES = /[A-Za-z0-9_:.\-\u0080-\u00ff]*/y;
const UNQUOTED_VALUE = /[A-Za-z0-9_:-]*/y;
const DIRECTIVE_TEXT = /[^<>"']*/y;
const DIRECTIVE_DELIMITER = /<!--|[<>"']|/y;

/** Names of HTML are ASCII: of others it only matters where they end. */
const NAME = /^[A-Za-z_:\u0080-\u00ff]/;
const INCOMPLETE_ENTITY = /&(?:#(?:\d*|x[0-9a-fA-F]*)|[A-Za-z0-9_:.\-\u0080-\u00ff]*)$/;
const ASCII_TEXT = /^[\t\n\r -\u007f]*$/;
/** XML 1.0 section 2.2, production Char. */
const ILLEGAL_CHARACTER = /[^\t\n\r -\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Reads the tags of an HTML page the way cmd/go does, with Go's encoding/xml that is told not to be strict (`RawToken`):
 * nothing is nested, and tags need not match. What that takes for an error is one here, at the same place, since a page
 * is to mean the same to both. Time and memory are linear in the page.
 */
export class MarkupReader {
  /** One character for each byte: markup is ASCII, and texts are decoded when their end is found. */
  readonly #page: string;
  #at = 0;
  /** The end that a self-closing tag has as well. */
  #pending: MarkupTag | undefined;

  constructor(page: Uint8Array) {
    this.#page = Buffer.from(page.buffer, page.byteOffset, page.byteLength).toString("latin1");
  }

  /**
   * The next tag; undefined at the end of the page.
   *
   * @throws GomodfsError `INVALID` where the page cannot be read any further
   */
  next(): MarkupTag | undefined {
    const pending = this.#pending;
    if (pending !== undefined) {
      this.#pending = undefined;
      return pending;
    }
    while (this.#at < this.#page.length) {
      if (!this.#skips("<")) this.#skipText();
      else if (this.#skips("/")) return this.#endTag();
      else if (this.#skips("?")) this.#skipInstruction();
      else if (this.#skips("!")) this.#skipDeclaration();
      else return this.#startTag();
    }
    return undefined;
  }

  #startTag(): MarkupTag {
    const name = this.#name("element name after <");
    const attributes: Attribute[] = [];
    for (;;) {
      this.#skipSpace();
      if (this.#skips(">")) return { kind: "start", name, attributes };
      if (this.#skips("/")) {
        if (!this.#skips(">")) throw this.#unexpected("/> in element");
        this.#pending = { kind: "end", name };
        return { kind: "start", name, attributes };
      }
      attributes.push(this.#attribute());
    }
  }

  #endTag(): MarkupTag {
    const name = this.#name("element name after </");
    this.#skipSpace();
    if (!this.#skips(">")) throw this.#unexpected(`> after </${name}`);
    return { kind: "end", name };
  }

  #attribute(): Attribute {
    const name = this.#name("attribute name in element");
    this.#skipSpace();
    if (!this.#skips("=")) return { name, value: name };
    this.#skipSpace();
    return { name, value: this.#attributeValue() };
  }

  #attributeValue(): string {
    const mark = this.#page[this.#at];
    if (mark !== '"' && mark !== "'") return this.#match(UNQUOTED_VALUE);
    const start = this.#at + 1;
    const end = this.#indexAfter(mark, start, "closing quote");
    const raw = this.#page.slice(start, end - 1);
    if (raw.includes("<")) throw this.#unexpected("no < inside quoted string");
    this.#at = end;
    return this.#decode(fromEntities(raw));
  }

  #skipText(): void {
    const end = this.#page.indexOf("<", this.#at);
    const text = this.#page.slice(this.#at, end < 0 ? undefined : end);
    if (text.includes("]]>")) throw this.#unexpected("no ]]> outside of a CDATA section");
    if (end < 0 && INCOMPLETE_ENTITY.test(text)) throw this.#unexpected("a character entity");
    this.#at += text.length;
    this.#decode(fromEntities(text));
  }

  #skipInstruction(): void {
    const target = this.#name("target name after <?");
    this.#skipSpace();
    const start = this.#at;
    this.#at = this.#indexAfter("?>", start, "?>");
    if (target === "xml") checkXmlDeclaration(this.#page.slice(start, this.#at - 2));
  }

  /** What begins with `<!`: a comment, a CDATA section, or a directive such as DOCTYPE. */
  #skipDeclaration(): void {
    if (this.#skips("-")) {
      if (!this.#skips("-")) throw this.#unexpected("<!--");
      this.#skipComment();
    } else if (this.#skips("[")) {
      if (!this.#skips("CDATA[")) throw this.#unexpected("<![CDATA[");
      const start = this.#at;
      this.#at = this.#indexAfter("]]>", start, "]]>");
      this.#decode(this.#page.slice(start, this.#at - 3));
    } else {
      this.#skipDirective();
    }
  }

  #skipComment(): void {
    this.#at = this.#indexAfter("--", this.#at, "-->");
    if (!this.#skips(">")) throw this.#unexpected('no "--" in a comment');
  }

  /** Angle brackets in it nest, except in quotes and comments. */
  #skipDirective(): void {
    // Its first character has no meaning of its own.
    this.#at += 1;
    for (let depth = 0; depth >= 0; ) {
      this.#match(DIRECTIVE_TEXT);
      const delimiter = this.#match(DIRECTIVE_DELIMITER);
      if (delimiter === "") throw this.#ended("> of a directive");
      if (delimiter === ">") depth -= 1;
      else if (delimiter === "<") depth += 1;
      else if (delimiter === "<!--") this.#at = this.#indexAfter("-->", this.#at, "-->");
      else this.#at = this.#indexAfter(delimiter, this.#at, "closing quote");
    }
  }

  /** The local part of the name here. */
  #name(expected: string): string {
    const name = this.#match(NAME_BYTES);
    if (this.#at === this.#page.length) throw this.#unexpected(expected);
    const [prefix = "", local = "", ...more] = name.split(":", 3);
    if (more.length > 0 || !NAME.test(name)) throw this.#unexpected(expected);
    return this.#decode(prefix !== "" && local !== "" ? local : name);
  }

  #skipSpace(): void {
    this.#match(SPACE);
  }

  #skips(text: string): boolean {
    if (!this.#page.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  /** @param pattern sticky; matches the empty text too */
  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [text = ""] = pattern.exec(this.#page) ?? [];
    this.#at += text.length;
    return text;
  }

  #indexAfter(text: string, from: number, expected: string): number {
    const index = this.#page.indexOf(text, from);
    if (index < 0) throw this.#ended(expected);
    return index + text.length;
  }

  #decode(bytes: string): string {
    if (ASCII_TEXT.test(bytes)) return bytes;
    try {
      const text = UTF8.decode(Buffer.from(bytes, "latin1"));
      if (!ILLEGAL_CHARACTER.test(text)) return text;
    } catch {
      throw this.#unexpected("UTF-8");
    }
    throw this.#unexpected("no control characters");
  }

  #unexpected(expected: string): GomodfsError {
    return new GomodfsError("INVALID", `expected ${expected} at byte ${this.#at}`);
  }

  #ended(expected: string): GomodfsError {
    return new GomodfsError("INVALID", `unexpected end: expected ${expected}`);
  }
}

/** Go's encoding/xml knows version 1.0; cmd/go/internal/vcs/discovery.go, `charsetReader`, these character sets. */
function checkXmlDeclaration(declaration: string): void {
  const version = pseudoAttribute(declaration, "version");
  if (version !== "" && version !== "1.0") {
    throw new GomodfsError("INVALID", `unsupported version ${quote(version)} of XML`);
  }
  const encoding = pseudoAttribute(declaration, "encoding");
  if (encoding !== "" && !/^(utf-8|ascii)$/i.test(encoding)) {
    throw new GomodfsError("INVALID", `can't decode XML document using charset ${quote(encoding)}`);
  }
}

function pseudoAttribute(declaration: string, name: string): string {
  const found = new RegExp(`${name}=(['"])`).exec(declaration);
  if (found === null) return "";
  const start = found.index + found[0].length;
  const end = declaration.indexOf(found[1] ?? "", start);
  return end < 0 ? "" : declaration.slice(start, end);
}
