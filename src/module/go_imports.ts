import { isGomodfsError } from "../lib/gomodfs_error.ts";
import { type BuildConstraint, constraintOfHeader } from "./build_constraint.ts";
import { unquote } from "./go_string.ts";

/** What the beginning of a Go file tells, up to its last import declaration. */
export interface GoImports {
  /** Other letters than those of ASCII are as their bytes of UTF-8. */
  readonly packageName: string;
  /** In the order of the file, with repetitions; "C" for cgo. */
  readonly imports: readonly string[];
  /** Undefined: the file has none. */
  readonly constraint: BuildConstraint | undefined;
  /** The number of bytes read. If that is all of them, imports may go on in bytes that were not given. */
  readonly end: number;
}

/** The largest comments before imports in real modules are some 50 KiB, of a package's documentation. */
const MAX_HEADER = 256 << 10;
/** The largest generated files import a thousand packages. */
const MAX_IMPORTS = 4096;

const TAB = 0x09;
const NEWLINE = 0x0a;
const FORM_FEED = 0x0c;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const DOUBLE_QUOTE = 0x22;
const OPENING_PARENTHESIS = 0x28;
const CLOSING_PARENTHESIS = 0x29;
const STAR = 0x2a;
const PLUS = 0x2b;
const DOT = 0x2e;
const SLASH = 0x2f;
const COLON = 0x3a;
const SEMICOLON = 0x3b;
const BACKSLASH = 0x5c;
const BACKQUOTE = 0x60;
const LETTER_G = 0x67;
const LETTER_I = 0x69;
/** What `#next` gives at the end of the source. */
const END = -1;

const PACKAGE = Buffer.from("package");
const IMPORT = Buffer.from("import");
const BYTE_ORDER_MARK = Buffer.from("\ufeff");

/** 1 for the bytes of identifiers, as go/build's isIdent. */
const IDENTIFIER_BYTES = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x80 || /[A-Za-z0-9_]/.test(String.fromCharCode(byte)) ? 1 : 0,
);
/** What import paths may not contain, besides what is not printable (go/build isValidImport). */
const ILLEGAL_CHARACTERS = "!\"#$%&'()*,:;<=>?[\\]^{|}`\ufffd";
/** 1 for the ASCII bytes of import paths. */
const PATH_BYTES = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte > SPACE && byte < 0x7f && !ILLEGAL_CHARACTERS.includes(String.fromCharCode(byte)) ? 1 : 0,
);
const GRAPHIC_PATTERN = /^[\p{L}\p{M}\p{N}\p{P}\p{S}]+$/u;

/**
 * Reads a Go file as far as its import declarations go, as go/build readGoInfo does, without parsing the rest.
 *
 * @param source the file or its beginning
 * @returns undefined if it cannot be read: it breaks the syntax, ends too early, or goes on past 256 KiB or 4,096 imports
 */
export function readGoImports(source: Uint8Array): GoImports | undefined {
  const length = Math.min(source.byteLength, MAX_HEADER);
  const imports = new ImportReader(Buffer.from(source.buffer, source.byteOffset, length)).read();
  return imports?.end === length && length < source.byteLength ? undefined : imports;
}

class ImportReader {
  readonly #source: Buffer;
  /** Start and end of each import path without its quotes. */
  readonly #paths: number[] = [];
  /** The paths that are not their bytes, by their places among all. */
  readonly #oddPaths = new Map<number, string>();
  #position = 0;
  /** Before the package clause, where a comment may be a build constraint. */
  #beforePackage = true;
  #mayHaveConstraint = false;

  constructor(source: Buffer) {
    this.#source = source;
  }

  read(): GoImports | undefined {
    if (startsWith(this.#source, BYTE_ORDER_MARK, 0)) this.#position = BYTE_ORDER_MARK.length;
    const start = this.#position;
    if (!this.#readKeyword(PACKAGE)) return undefined;
    const headerEnd = this.#position;
    this.#beforePackage = false;
    this.#next();
    const nameStart = this.#position;
    this.#skipIdentifier();
    const nameEnd = this.#position;
    if (nameEnd === nameStart || !this.#readDeclarations()) return undefined;
    const names = this.#decodeNames(nameStart, nameEnd);
    const end = this.#position;
    if (!this.#mayHaveConstraint) return { ...names, constraint: undefined, end };
    const constraint = parseHeader(this.#source.toString("utf8", start, headerEnd));
    return constraint && { ...names, ...constraint, end };
  }

  /** Decodes all at once and cuts it: each call of a decoder takes longer than reading an import. */
  #decodeNames(start: number, nameEnd: number): Pick<GoImports, "packageName" | "imports"> {
    const paths = this.#paths;
    const text = this.#source.toString("latin1", start, paths.at(-1) ?? nameEnd);
    const imports: string[] = [];
    for (let index = 0; index < paths.length; index += 2) {
      const path = text.slice((paths[index] ?? start) - start, (paths[index + 1] ?? start) - start);
      imports.push(this.#oddPaths.get(index) ?? path);
    }
    return { packageName: text.slice(0, nameEnd - start), imports };
  }

  /** Like those that follow, it tells whether what it reads is well-formed. */
  #readDeclarations(): boolean {
    for (;;) {
      const byte = this.#next();
      if (byte === SLASH) return false;
      if (byte !== LETTER_I) return true;
      if (!this.#readKeyword(IMPORT) || !this.#readDeclaration()) return false;
    }
  }

  #readDeclaration(): boolean {
    if (this.#next() !== OPENING_PARENTHESIS) return this.#readImport();
    this.#position++;
    while (this.#next() !== CLOSING_PARENTHESIS) if (!this.#readImport()) return false;
    this.#position++;
    return true;
  }

  #readImport(): boolean {
    if (this.#next() === DOT) this.#position++;
    else this.#skipIdentifier();
    const quote = this.#next();
    if (quote !== DOUBLE_QUOTE && quote !== BACKQUOTE) return false;
    if (this.#paths.length === 2 * MAX_IMPORTS) return false;
    return this.#readPath(quote);
  }

  #readPath(quote: number): boolean {
    const source = this.#source;
    const start = this.#position + 1;
    let end = start;
    while (end < source.length && PATH_BYTES[source[end] ?? 0] === 1) end++;
    if (source[end] !== quote || end === start) return this.#readOddPath(quote);
    this.#paths.push(start, end);
    this.#position = end + 1;
    return true;
  }

  /** A path with escapes or other characters than ASCII; a raw one may have carriage returns, which do not count. */
  #readOddPath(quote: number): boolean {
    const start = this.#position;
    const end = this.#endOfString(quote);
    if (end === undefined) return false;
    const path = unquote(this.#source.toString("utf8", start, end));
    if (path === undefined || !isValidImport(path)) return false;
    this.#oddPaths.set(this.#paths.length, path);
    this.#paths.push(start, end);
    this.#position = end;
    return true;
  }

  #endOfString(quote: number): number | undefined {
    const source = this.#source;
    for (let position = this.#position + 1; position < source.length; position++) {
      const byte = source[position];
      if (byte === quote) return position + 1;
      if (quote === BACKQUOTE) continue;
      if (byte === NEWLINE) return undefined;
      if (byte === BACKSLASH) position++;
    }
    return undefined;
  }

  #readKeyword(keyword: Uint8Array): boolean {
    this.#next();
    if (!startsWith(this.#source, keyword, this.#position)) return false;
    this.#position += keyword.length;
    return IDENTIFIER_BYTES[this.#source[this.#position] ?? 0] === 0;
  }

  #skipIdentifier(): void {
    const source = this.#source;
    let position = this.#position;
    while (position < source.length && IDENTIFIER_BYTES[source[position] ?? 0] === 1) position++;
    this.#position = position;
  }

  /**
   * Skips white space, semicolons and comments, and gives the byte after them without reading it. A slash that is not a
   * comment, or one that does not end, stays.
   */
  #next(): number {
    const source = this.#source;
    for (;;) {
      const byte = source[this.#position];
      switch (byte) {
        case undefined:
          return END;
        case SPACE:
        case TAB:
        case NEWLINE:
        case CARRIAGE_RETURN:
        case FORM_FEED:
        case SEMICOLON:
          this.#position++;
          break;
        case SLASH:
          if (!this.#skipComment()) return byte;
          break;
        default:
          return byte;
      }
    }
  }

  #skipComment(): boolean {
    const second = this.#source[this.#position + 1];
    if (second === STAR) return this.#skipBlockComment();
    if (second !== SLASH) return false;
    this.#skipLineComment();
    return true;
  }

  #skipLineComment(): void {
    if (this.#beforePackage) this.#mayHaveConstraint ||= this.#mayBeConstraint(this.#position + 2);
    const source = this.#source;
    // Lines are short: a search by the runtime takes longer.
    let end = this.#position;
    while (end < source.length && source[end] !== NEWLINE) end++;
    this.#position = end;
  }

  #skipBlockComment(): boolean {
    const source = this.#source;
    const start = this.#position + 3;
    let end = source.indexOf(SLASH, start);
    while (end >= 0 && source[end - 1] !== STAR) end = source.indexOf(SLASH, end + 1);
    if (end < 0) return false;
    this.#position = end + 1;
    return true;
  }

  /** Whether a line comment looks like `//go:build` or `// +build`: then a closer look is due. */
  #mayBeConstraint(start: number): boolean {
    const source = this.#source;
    if (source[start] === LETTER_G) return source[start + 2] === COLON;
    let position = start;
    while (isBlank(source[position])) position++;
    return source[position] === PLUS;
  }
}

/** The rare spaces beyond ASCII count here too; whether it is a constraint is decided elsewhere. */
function isBlank(byte: number | undefined): boolean {
  return byte !== undefined && byte !== NEWLINE && (byte <= SPACE || byte >= 0x80);
}

function startsWith(source: Uint8Array, prefix: Uint8Array, position: number): boolean {
  for (let index = 0; index < prefix.length; index++) {
    if (source[position + index] !== prefix[index]) return false;
  }
  return true;
}

function parseHeader(header: string): Pick<GoImports, "constraint"> | undefined {
  try {
    return { constraint: constraintOfHeader(header) };
  } catch (error) {
    if (isGomodfsError(error)) return undefined;
    throw error;
  }
}

function isValidImport(path: string): boolean {
  if (!GRAPHIC_PATTERN.test(path)) return false;
  for (const character of ILLEGAL_CHARACTERS) if (path.includes(character)) return false;
  return true;
}
