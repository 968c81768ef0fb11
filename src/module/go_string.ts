const SIMPLE_ESCAPES: ReadonlyMap<string, number> = new Map([
  ["a", 7],
  ["b", 8],
  ["t", 9],
  ["n", 10],
  ["v", 11],
  ["f", 12],
  ["r", 13],
  ['"', 34],
  ["\\", 92],
]);
const ESCAPE_PATTERN =
  /^\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|([abtnvfr"\\]))/;
/** The longest is "\\U" and eight digits. */
const MAX_ESCAPE_LENGTH = 10;

/**
 * The value of a Go string literal in double quotes or backquotes (strconv.Unquote); undefined if it is none. Bytes that
 * are not UTF-8 become U+FFFD.
 */
export function unquote(literal: string): string | undefined {
  const quote = literal.charAt(0);
  if (literal.length < 2 || !literal.endsWith(quote)) return undefined;
  const body = literal.slice(1, -1);
  if (quote === "`") return body.includes("`") ? undefined : body.replaceAll("\r", "");
  return quote === '"' ? unquoteInterpreted(body) : undefined;
}

function unquoteInterpreted(body: string): string | undefined {
  if (body.includes("\n")) return undefined;
  const bytes = Buffer.alloc(Buffer.byteLength(body)); // no escape is shorter than its value
  let length = 0;
  for (let position = 0; position < body.length; ) {
    const end = endOfPlainText(body, position);
    if (end > position) {
      length += bytes.write(body.slice(position, end), length);
      position = end;
      continue;
    }
    const sequence = readEscape(body, position);
    if (sequence === undefined) return undefined;
    const { value, isCharacter } = sequence;
    length = isCharacter
      ? length + bytes.write(String.fromCodePoint(value), length)
      : bytes.writeUInt8(value, length);
    position += sequence.length;
  }
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(0, length));
}

function endOfPlainText(body: string, start: number): number {
  let end = start;
  while (end < body.length && body[end] !== "\\" && body[end] !== '"') end++;
  return end;
}

interface EscapeSequence {
  /** Code units in the literal. */
  readonly length: number;
  readonly value: number;
  /** A character; hexadecimal and octal escapes are bytes. */
  readonly isCharacter: boolean;
}

function readEscape(body: string, start: number): EscapeSequence | undefined {
  const match = ESCAPE_PATTERN.exec(body.slice(start, start + MAX_ESCAPE_LENGTH));
  if (match === null) return undefined;
  const [{ length }, hexadecimal, short, long, octal, simple = ""] = match;
  if (hexadecimal !== undefined) {
    return { length, value: Number.parseInt(hexadecimal, 16), isCharacter: false };
  }
  if (octal !== undefined) return { length, value: Number.parseInt(octal, 8), isCharacter: false };
  const digits = short ?? long;
  const value = digits === undefined ? SIMPLE_ESCAPES.get(simple) : Number.parseInt(digits, 16);
  return value !== undefined && isScalar(value) ? { length, value, isCharacter: true } : undefined;
}

function isScalar(value: number): boolean {
  return value <= 0x10ffff && !(value >= 0xd800 && value <= 0xdfff);
}
