/** A value in the Distinguished Encoding Rules (X.690 section 10): tag, length and content. */
export type Der = Buffer;

/** Universal tags (X.690 section 8), constructed where the type is. */
const BOOLEAN = 0x01;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_IDENTIFIER = 0x06;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
const SEQUENCE = 0x30;
const SET = 0x31;

const CONTEXT_SPECIFIC = 0x80;
const CONSTRUCTED = 0x20;

export function derSequence(...values: readonly Der[]): Der {
  return encode(SEQUENCE, Buffer.concat(values));
}

/** A SET OF one value: more would have to be sorted. */
export function derSetOfOne(value: Der): Der {
  return encode(SET, value);
}

export function derBoolean(value: boolean): Der {
  return encode(BOOLEAN, Buffer.of(value ? 0xff : 0));
}

/** @param magnitude of a number that is not negative, the most significant byte first */
export function derInteger(magnitude: Uint8Array): Der {
  const start = magnitude.findIndex((byte) => byte !== 0);
  const significant = start < 0 ? Buffer.of(0) : magnitude.subarray(start);
  // The first bit is the sign (X.690 section 8.3.3).
  const sign = (significant[0] ?? 0) >= 0x80 ? [Buffer.of(0)] : [];
  return encode(INTEGER, Buffer.concat([...sign, significant]));
}

/** @param unusedBits of the last byte, which must be zero */
export function derBitString(bytes: Uint8Array, unusedBits = 0): Der {
  return encode(BIT_STRING, Buffer.concat([Buffer.of(unusedBits), bytes]));
}

export function derOctetString(bytes: Uint8Array): Der {
  return encode(OCTET_STRING, bytes);
}

export function derUtf8String(text: string): Der {
  return encode(UTF8_STRING, Buffer.from(text));
}

/** @param dotted `2.5.29.17` */
export function derObjectIdentifier(dotted: string): Der {
  const [first = 0, second = 0, ...others] = dotted.split(".").map(Number);
  const components = [first * 40 + second, ...others].flatMap(base128);
  return encode(OBJECT_IDENTIFIER, Buffer.from(components));
}

/** A time as certificates have it (RFC 5280 section 4.1.2.5), whole seconds. */
export function derTime(time: Date): Der {
  const digits = time.toISOString().replace(/\.\d+Z$|[-:T]/g, "");
  return time.getUTCFullYear() < 2050
    ? encode(UTC_TIME, Buffer.from(`${digits.slice(2)}Z`))
    : encode(GENERALIZED_TIME, Buffer.from(`${digits}Z`));
}

/** A context-specific tag around whole values: `[0] EXPLICIT`, or `[0] IMPLICIT` of a SEQUENCE's elements. */
export function derTagged(tag: number, ...values: readonly Der[]): Der {
  return encode(CONTEXT_SPECIFIC | CONSTRUCTED | tag, Buffer.concat(values));
}

/** A context-specific tag instead of a primitive type's own: `[2] IMPLICIT IA5String`. */
export function derImplicit(tag: number, content: Uint8Array): Der {
  return encode(CONTEXT_SPECIFIC | tag, content);
}

function encode(tag: number, content: Uint8Array): Der {
  return Buffer.concat([Buffer.of(tag, ...lengthOctets(content.length)), content]);
}

/** X.690 section 8.1.3, as short as it can be (section 10.1). */
function lengthOctets(length: number): number[] {
  if (length < 0x80) return [length];
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest >>>= 8) octets.unshift(rest & 0xff);
  return [0x80 | octets.length, ...octets];
}

/** X.690 section 8.19.2 */
function base128(component: number): number[] {
  const octets = [component & 0x7f];
  for (let rest = component >>> 7; rest > 0; rest >>>= 7) octets.unshift(0x80 | (rest & 0x7f));
  return octets;
}
