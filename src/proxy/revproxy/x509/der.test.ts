import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Der,
  derBitString,
  derBoolean,
  derImplicit,
  derInteger,
  derObjectIdentifier,
  derOctetString,
  derSequence,
  derSetOfOne,
  derTagged,
  derTime,
  derUtf8String,
} from "./der.ts";

/** What OpenSSL reads: `depth: hl= header length l= length: TYPE :value`, one for each element. */
function asn1parse(der: Der): string {
  return execFileSync("openssl", ["asn1parse", "-inform", "DER"], { input: der, encoding: "utf8" });
}

describe("DER", () => {
  it.each([
    ["a boolean", derBoolean(true), "0101ff"],
    ["zero", derInteger(Buffer.of(0)), "020100"],
    ["nothing as zero", derInteger(Buffer.alloc(0)), "020100"],
    ["a number without leading zeros", derInteger(Buffer.of(0, 0, 1)), "020101"],
    ["a number whose first bit is no sign", derInteger(Buffer.of(0x80)), "02020080"],
    ["bits", derBitString(Buffer.of(0x04), 2), "03020204"],
    ["an empty sequence", derSequence(), "3000"],
    ["an explicit tag", derTagged(0, derInteger(Buffer.of(2))), "a003020102"],
    ["an implicit tag", derImplicit(2, Buffer.from("a")), "820161"],
    ["a set", derSetOfOne(derBoolean(false)), "3103010100"],
    ["a name", derUtf8String("ä"), "0c02c3a4"],
    ["a short identifier", derObjectIdentifier("2.5.4.3"), "0603550403"],
    [
      "an identifier of many digits",
      derObjectIdentifier("1.2.840.10045.4.3.2"),
      "06082a8648ce3d040302",
    ],
    ["a time", derTime(new Date("2026-11-21T05:06:07.890Z")), "170d3236313132313035303630375a"],
    [
      "a time after 2049",
      derTime(new Date("2050-01-01T00:00:00Z")),
      "180f32303530303130313030303030305a",
    ],
  ])("encodes %s", (_, encoded, expected) => {
    expect(encoded.toString("hex")).toBe(expected);
  });

  it("encodes lengths as X.690 section 10.1 wants them", () => {
    const prefixes = [0, 127, 128, 255, 256, 65_535, 65_536].map((length) => {
      const encoded = derOctetString(Buffer.alloc(length));
      return encoded.subarray(1, encoded.length - length).toString("hex");
    });
    expect(prefixes).toEqual(["00", "7f", "8180", "81ff", "820100", "82ffff", "83010000"]);
  });

  it("is read by OpenSSL as it was meant", () => {
    const arc = fc.integer({ min: 0, max: 2 ** 31 - 1 });
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 2n ** 160n }),
        fc.array(arc, { minLength: 1, maxLength: 6 }),
        (number, arcs) => {
          const hex = number.toString(16);
          const magnitude = Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex");
          const identifier = ["1", "3", "9999", ...arcs.map(String)].join(".");
          const read = asn1parse(
            derSequence(derInteger(magnitude), derObjectIdentifier(identifier)),
          );
          expect(read).toContain(`INTEGER           :${magnitude.toString("hex").toUpperCase()}`);
          expect(read).toContain(`OBJECT            :${identifier}`);
        },
      ),
      { numRuns: 40 },
    );
  });
});
