import { createHash, hash } from "node:crypto";
import { expect, it } from "vitest";
import { goModHash, hash1 } from "./dirhash.ts";

const sha256 = (content: string) => hash("sha256", content, "buffer");

it("hash1() hashes sorted lines of hashes and names", () => {
  const files = [
    { name: "xyz", sha256: sha256("data for xyz") },
    { name: "abc", sha256: sha256("data for abc") },
  ];
  const lines = `${sha256("data for abc").toString("hex")}  abc\n${sha256("data for xyz").toString("hex")}  xyz\n`;
  expect(hash1(files)).toBe(`h1:${createHash("sha256").update(lines).digest("base64")}`);
});

it("hash1() refuses a newline in a name", () => {
  const files = [{ name: "a\nb", sha256: sha256("") }];
  expect(() => hash1(files)).toThrow('file name "a\\nb" contains a newline');
});

it("goModHash() is what go.sum has for /go.mod", () => {
  // cmd/go/internal/modfetch/fetch.go, emptyGoModHash.
  expect(goModHash(new Uint8Array())).toBe("h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=");
});
