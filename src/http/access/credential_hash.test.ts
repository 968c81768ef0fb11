import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type CredentialHash,
  decoyHash,
  derivePasswordKey,
  formatCredentialHash,
  generateToken,
  hashPassword,
  hashToken,
  parseCredentialHash,
} from "./credential_hash.ts";

const bytes = (minLength: number, maxLength: number) =>
  fc.uint8Array({ minLength, maxLength }).map((array) => Buffer.from(array));

const hashes: fc.Arbitrary<CredentialHash> = fc.oneof(
  fc.record({ kind: fc.constant("sha256"), digest: bytes(32, 32) }),
  fc.record({
    kind: fc.constant("scrypt"),
    logCost: fc.integer({ min: 10, max: 14 }),
    blockSize: fc.integer({ min: 1, max: 8 }),
    parallelization: fc.integer({ min: 1, max: 16 }),
    salt: bytes(9, 64),
    key: bytes(17, 64),
  }),
);

describe("a hash of a credential", () => {
  it("is read as it was written", () => {
    fc.assert(
      fc.property(hashes, (hash) => {
        expect(parseCredentialHash(formatCredentialHash(hash))).toEqual(hash);
      }),
    );
  });

  it("of any other text is refused, and the text not repeated", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 8, unit: "binary" }), (text) => {
        fc.pre(!text.startsWith("$"));
        expect(() => parseCredentialHash(text)).toThrow(
          /^the hash is neither \$sha256\$DIGEST nor/,
        );
      }),
    );
  });

  it.each([
    ["$scrypt$ln=9,r=8,p=1", "ln=9,r=8 is out of range"],
    ["$scrypt$ln=21,r=1,p=1", "ln=21,r=1 is out of range"],
    ["$scrypt$ln=14,r=0,p=1", "ln=14,r=0 is out of range"],
    ["$scrypt$ln=17,r=8,p=1", "takes more than 64 MiB"],
    ["$scrypt$ln=10,r=999,p=1", "takes more than 64 MiB"],
    ["$scrypt$ln=14,r=8,p=0", "p=0 is out of range"],
    ["$scrypt$ln=14,r=8,p=17", "p=17 is out of range"],
  ])("%s would cost too little or too much", (cost, message) => {
    const text = `${cost}$${"A".repeat(22)}$${"A".repeat(43)}`;
    expect(() => parseCredentialHash(text)).toThrow(message);
  });

  it("of a token is its SHA-256, as sha256sum computes it", () => {
    const token = generateToken();
    expect(token).toMatch(/^gomodfs_[\w-]{43}$/);
    expect(hashToken(token).digest).toEqual(createHash("sha256").update(token).digest());
    expect(generateToken()).not.toBe(token);
  });

  it("of a password is another each time, and each derives its own key", async () => {
    const [first, second] = await Promise.all([hashPassword("s3cret"), hashPassword("s3cret")]);
    expect(first.key).not.toEqual(second.key);
    expect(await derivePasswordKey("s3cret", first)).toEqual(first.key);
    expect(await derivePasswordKey("S3cret", first)).not.toEqual(first.key);
  });

  it("derives the key of RFC 7914 section 12", async () => {
    const hash = {
      kind: "scrypt",
      logCost: 10,
      blockSize: 8,
      parallelization: 16,
      salt: Buffer.from("NaCl"),
      key: Buffer.alloc(64),
    } as const;
    const key = await derivePasswordKey("password", hash);
    expect(key.toString("hex")).toBe(
      "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162" +
        "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640",
    );
  });

  it("has a decoy that costs the same and that nothing is known of", async () => {
    const hash = await hashPassword("s3cret");
    const decoy = decoyHash(hash);
    expect({ ...decoy, salt: 0, key: 0 }).toEqual({ ...hash, salt: 0, key: 0 });
    expect(decoy.salt).not.toEqual(hash.salt);
    expect(await derivePasswordKey("s3cret", decoy)).not.toEqual(decoy.key);
  });
});
